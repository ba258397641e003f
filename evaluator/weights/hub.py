"""Where the files of models come from: a folder the user fills, or the Hugging Face hub and its cache."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from evaluator.model import MissingHereError, ModelError

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

    return _fetched(fetch, f"the file {filename}", filename, repository, revision)


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

    return _fetched(fetch, f"its files ({', '.join(patterns)})", None, repository, revision)


def hub_revision(path: Path) -> str | None:
    """Return the commit that a path in the hub's cache belongs to; None for any other path."""
    parts = path.parts
    place = len(parts) - 1 - parts[::-1].index("snapshots") if "snapshots" in parts else len(parts)
    commit = parts[place + 1] if place + 1 < len(parts) else ""
    return commit if re.fullmatch(r"[0-9a-f]{40}", commit) else None


def _check_repository(repository: str) -> None:
    if not _REPOSITORY.fullmatch(repository) or ".." in repository:
        raise ModelError(f"{repository!r:.120} is no repository of the hub; expected ORGANISATION/NAME.")


def _fetched(
    fetch: Callable[[], str], wanted: str, filename: str | None, repository: str, revision: str | None
) -> Path:
    """Fetch, turning whatever keeps the hub from answering into one message."""
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    # The web client, and so the errors of a network, is another one from version to version of the hub's library.
    expected: tuple[type[BaseException], ...] = (EntryNotFoundError, ValueError, OSError, *HfHubHTTPError.__bases__)
    try:
        return Path(fetch())
    except expected as error:
        sought = f"Wanted {wanted} of the hub's repository {repository}, revision {revision or 'newest'};"
        folder = weights_folder() / repository
        refusal = _refusal(error)
        if refusal:
            raise ModelError(f"{sought} {refusal}") from error
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        at = f" --revision {revision}" if revision else ""
        download = f"hf download {repository}{f' {filename}' if filename else ''}{at}"
        raise MissingHereError(
            f"{sought} it is neither here nor to be fetched ({type(error).__name__}: {reason:.160}). On a machine with"
            f" the hub run: {download} --local-dir FOLDER, and put the content of FOLDER into {folder}."
        ) from error


def _refusal(error: BaseException | None) -> str | None:
    """Say what to do about an answer of the hub that no waiting changes; None where it gave no such answer."""
    from huggingface_hub import errors

    # What was not found in the cache because the hub refused it has the refusal for its cause.
    while isinstance(error, errors.LocalEntryNotFoundError):
        error = error.__cause__
    # A closed repository is also one that is not found.
    if isinstance(error, errors.GatedRepoError):
        return (
            "the hub gives it only to those who accepted its terms. Name an open repository, or ask whoever runs this"
            " board to accept them or to put the files into its folder of weights."
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return "there is no such repository, or it is private. Correct the name, or make the repository public."
    if isinstance(error, errors.RevisionNotFoundError):
        return "it has no such revision. Name a commit, a branch or a tag of it, or leave the revision out."
    if isinstance(error, errors.EntryNotFoundError):
        return "it has no such file. Name a repository with a checkpoint of this family."
    return None
