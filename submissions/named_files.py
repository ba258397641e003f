"""The files that a manifest names: inside its folder or uploaded before, not too large, and each with its digest."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from splits.errors import RematchError
from submissions.artifacts import digest_of
from submissions.findings import CheckedFile
from submissions.settings import get_settings

_SHOWN = 5
"""So many names are listed in a message."""

Files: TypeAlias = Callable[[str], CheckedFile | RematchError]
"""Finds a file by the name that a manifest gives it, or says why it cannot be taken in."""


def in_folder(folder: Path) -> Files:
    """Look for files in the folder of a manifest."""
    return lambda name: look_at(folder, name)


def among_uploads(files: Mapping[str, CheckedFile]) -> Files:
    """Look for files among those that were uploaded, whose digests are known."""

    def find(name: str) -> CheckedFile | RematchError:
        if name in files:
            return files[name]
        named = ", ".join([*sorted(files)[:_SHOWN], *(["..."] if len(files) > _SHOWN else [])]) or "none"
        return RematchError(
            f"{name} is not among the files of this request, which are: {named}. Upload it, and name its SHA-256"
            " under this name in `files`."
        )

    return find


def look_at(folder: Path, name: str) -> CheckedFile | RematchError:
    """Find a file that a manifest names and take its digest, or say why it cannot be taken in.

    Args:
        folder: The folder of the manifest.
        name: The file, as the manifest names it.
    """
    path, home = folder / name, folder.resolve()
    try:
        if not path.resolve().is_relative_to(home):
            return RematchError(f"{name} leads out of the folder of the manifest. Copy the file itself into {home}.")
        if not path.is_file():
            kind = "is a folder or a device, not a file" if path.exists() else "is not there"
            # Files of a run on this machine are named from the root, and there is no manifest to look into.
            hint = "" if home == Path("/") else f" Names are taken from the folder of the manifest, {home}."
            return RematchError(f"{path} {kind}.{hint}")
        return _too_large(path) or CheckedFile(path, digest_of(path))
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its links go in a circle"
        return RematchError(f"{path} cannot be read: {reason}.")


def _too_large(path: Path) -> RematchError | None:
    size, most = path.stat().st_size, get_settings().max_file_mb * 2**20
    if size <= most:
        return None
    return RematchError(
        f"{path} has {size:,} bytes; at most {most:,} are taken in (REMATCH_MAX_FILE_MB)."
        " Saving a matrix as float16 halves it."
    )
