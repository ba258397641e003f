"""Where the files of models come from: a folder the user fills, or the Hugging Face hub and its cache."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from evaluator.model import MissingHereError, ModelError

DATA_FILES = ("*.json", "*.txt", "*.safetensors", "*.model")
"""What is fetched of a repository unless told otherwise: no code, no pickles."""
_REPOSITORY = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")


def weights_folder() -> Path:
    """The folder where users put weights: REMATCH_WEIGHTS, or `weights` below REMATCH_HOME."""
    named = os.environ.get("REMATCH_WEIGHTS")
    return Path(named) if named else Path(os.environ.get("REMATCH_HOME", "var")) / "weights"


def local_path(name: str | Path) -> Path:
    """Find a file or folder by name: below the folder of weights, else as given from here.

    What is nowhere is returned as the place below the folder of weights where it was expected.
    """
    expected = weights_folder() / Path(name).expanduser()
    as_given = Path(name).expanduser()
    return as_given if as_given.exists() and not expected.exists() else expected


def hub_file(repository: str, filename: str, revision: str | None = None) -> Path:
    """Return one file of a repository: from the folder of weights, the hub's cache, or the hub.

    A file at `<folder of weights>/<repository>/<filename>` is taken before any other, whatever its revision.

    Raises:
        MissingHereError: It is in none of them; the message says where to put it.
        ModelError: There is no such name of a repository.
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
        MissingHereError: It is in none of them; the message says where to put it.
        ModelError: There is no such name of a repository.
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
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        at = f" --revision {revision}" if revision else ""
        download = f"hf download {repository}{f' {filename}' if filename else ''}{at}"
        raise MissingHereError(
            f"Wanted {wanted} of the hub's repository {repository}, revision {revision or 'newest'}; it is neither"
            f" here nor to be fetched ({type(error).__name__}: {reason:.160}). On a machine with the hub run:"
            f" {download} --local-dir FOLDER, and put the content of FOLDER into {weights_folder() / repository}."
        ) from error
