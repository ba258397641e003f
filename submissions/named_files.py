"""The files that a manifest names: inside its folder, ordinary, not too large, and each with its digest."""

from pathlib import Path

from splits.errors import RematchError
from submissions.artifacts import digest_of
from submissions.findings import CheckedFile
from submissions.settings import get_settings


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
