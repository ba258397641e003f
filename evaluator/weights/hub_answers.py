"""What the Hugging Face hub answers, or does not: one message for each, with what to do."""

from collections.abc import Callable
from pathlib import Path
from textwrap import shorten

from evaluator.model import MissingHereError, ModelError


def fetched(
    fetch: Callable[[], str], wanted: str, filename: str | None, repository: str, revision: str | None, *, folder: Path
) -> Path:
    """Fetch, turning whatever keeps the hub from answering into one message.

    Args:
        fetch: Fetches, and returns where it lies.
        wanted: What it is, for the message.
        filename: The file, if it is one.
        repository: Organisation and name.
        revision: A commit, branch or tag; None is the newest.
        folder: Where it can be put by hand.

    Raises:
        MissingHereError: The hub does not answer; the message says where to put what was wanted.
        ModelError: The hub answered that it does not give it.
    """
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    # The web client, and so the errors of a network, is another one from version to version of the hub's library.
    expected: tuple[type[BaseException], ...] = (EntryNotFoundError, ValueError, OSError, *HfHubHTTPError.__bases__)
    try:
        return Path(fetch())
    except expected as error:
        sought = f"Wanted {wanted} of the hub's repository {repository}, revision {revision or 'newest'};"
        refusal = _refusal(error)
        if refusal:
            raise ModelError(f"{sought} {refusal}") from error
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        reason = shorten(reason, 160, placeholder=" ...")
        at = f" --revision {revision}" if revision else ""
        download = f"hf download {repository}{f' {filename}' if filename else ''}{at}"
        raise MissingHereError(
            f"{sought} it is neither here nor to be fetched ({type(error).__name__}: {reason}). On a machine with"
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
