"""Where the files of models come from: a folder the user fills, or the Hugging Face hub and its cache."""

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from evaluator.model import MissingHereError, ModelError
from evaluator.weights.hub_answers import fetched

DATA_FILES = ("*.json", "*.txt", "*.safetensors", "*.model")
"""What is fetched of a repository unless told otherwise: no code, no pickles."""
_REPOSITORY = re.compile(r"[\w-][\w.-]{0,95}(/[\w-][\w.-]{0,95})?", re.ASCII)
"""The hub's own names are no longer either."""


def weights_folder() -> Path:
    """The folder where users put weights: REMATCH_WEIGHTS, or `weights` below REMATCH_HOME."""
    named = os.environ.get("REMATCH_WEIGHTS")
    return Path(named) if named else Path(os.environ.get("REMATCH_HOME", "var")) / "weights"


def stays_inside(name: str) -> bool:
    """Whether a name, on any system, means something below the folder it is looked up in, links aside.

    >>> [stays_inside(name) for name in ("clip/base", "../clip", "/clip", "~/clip", "C:clip", ".")]
    [True, False, False, False, False, False]
    """
    path, windows = PurePosixPath(name), PureWindowsPath(name)
    leads_out = path.is_absolute() or windows.drive or windows.root or ".." in path.parts or ".." in windows.parts
    return bool(path.parts) and not leads_out and not name.startswith("~") and name.isprintable()


def local_path(name: str | Path, *, anywhere: bool = False) -> Path:
    """Find a file or folder by name below the folder of weights, links followed.

    Args:
        name: What may lie nowhere; then the place where it was expected is returned.
        anywhere: Whether whoever names it owns this machine: then any path is taken, `~` stands for a home, and what
            is not below the folder of weights is looked up from here.

    Raises:
        ModelError: It leads out of the folder of weights, and may not; or it can be no path.
    """
    try:
        return _anywhere(Path(name)) if anywhere else _below_weights(str(name))
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"{str(name)!r:.120} can be no path here: {error!s:.120}. Name another.") from error


def _anywhere(path: Path) -> Path:
    as_given = path.expanduser()
    expected = weights_folder() / as_given
    return as_given if as_given.exists() and not expected.exists() else expected


def _below_weights(name: str) -> Path:
    folder, path = weights_folder(), weights_folder() / name
    if not stays_inside(name) or folder.resolve() not in path.resolve().parents:
        raise ModelError(
            f"{name!r:.120} leads out of the folder of weights (REMATCH_WEIGHTS), and a manifest names only what lies"
            " below it. Name such a folder or file; to use any other, run the model on your own machine: rematch run."
        )
    return path


def is_repository(name: str) -> bool:
    """Whether a name has the form of a hub's repository with its organisation."""
    return "/" in name and ".." not in name and _REPOSITORY.fullmatch(name) is not None


def hub_file(repository: str, filename: str, revision: str | None = None) -> Path:
    """Return one file of a repository: from the folder of weights, the hub's cache, or the hub.

    A file at `<folder of weights>/<repository>/<filename>` is taken before any other, whatever its revision.

    Raises:
        MissingHereError: It is in none of them, and the hub does not answer; the message says where to put it.
        ModelError: The hub has no such repository, revision or file, or keeps it closed.
    """
    _check_repository(repository)
    own = weights_folder() / repository / filename
    if own.is_file():
        return own

    def fetch() -> str:
        from huggingface_hub import hf_hub_download

        return str(hf_hub_download(repository, filename, revision=revision))

    return fetched(fetch, f"the file {filename}", filename, repository, revision, folder=own.parent)


def first_hub_file(repository: str, filenames: Sequence[str], revision: str | None = None) -> Path:
    """Return the first of some files of a repository that can be had; what is here goes before what has to be fetched.

    Raises:
        MissingHereError: None is here, and the hub does not answer; the message is of the first.
        ModelError: The hub has none of them; the message is of the first.
    """
    _check_repository(repository)
    here = (_here(repository, filename, revision) for filename in filenames)
    found = next((path for path in here if path is not None), None)
    if found is not None:
        return found
    refusals: list[ModelError] = []
    for filename in filenames:
        try:
            return hub_file(repository, filename, revision)
        except MissingHereError:
            # The hub did not answer: it will not for the next file either, and asking takes long.
            raise
        except ModelError as error:
            refusals.append(error)
    raise refusals[0]


def _here(repository: str, filename: str, revision: str | None) -> Path | None:
    """Return a file that lies in the folder of weights or in the hub's cache."""
    from huggingface_hub import try_to_load_from_cache

    own = weights_folder() / repository / filename
    if own.is_file():
        return own
    cached = try_to_load_from_cache(repository, filename, revision=revision)
    return Path(cached) if isinstance(cached, str) else None


def hub_snapshot(repository: str, revision: str | None = None, *, patterns: Sequence[str] = DATA_FILES) -> Path:
    """Return the folder with a repository's files: from the folder of weights, the hub's cache, or the hub.

    A folder `<folder of weights>/<repository>` is taken before any other, whatever its revision.

    Args:
        repository: Organisation and name.
        revision: A commit, branch or tag; the newest if omitted.
        patterns: Which files are fetched.

    Raises:
        MissingHereError: It is in none of them, and the hub does not answer; the message says where to put it.
        ModelError: The hub has no such repository or revision, or keeps it closed.
    """
    _check_repository(repository)
    own = weights_folder() / repository
    if own.is_dir():
        return own

    def fetch() -> str:
        from huggingface_hub import snapshot_download

        return str(snapshot_download(repository, revision=revision, allow_patterns=list(patterns)))

    return fetched(fetch, f"its files ({', '.join(patterns)})", None, repository, revision, folder=own)


def hub_revision(path: Path) -> str | None:
    """Return the commit that a path in the hub's cache belongs to; None for any other path."""
    parts = path.parts
    place = len(parts) - 1 - parts[::-1].index("snapshots") if "snapshots" in parts else len(parts)
    commit = parts[place + 1] if place + 1 < len(parts) else ""
    return commit if re.fullmatch(r"[0-9a-f]{40}", commit) else None


def _check_repository(repository: str) -> None:
    if not _REPOSITORY.fullmatch(repository) or ".." in repository:
        raise ModelError(f"{repository!r:.120} is no repository of the hub; expected ORGANISATION/NAME.")
