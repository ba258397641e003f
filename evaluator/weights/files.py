"""Files of weights before they are read: whether they are there, and whether they are those that were named."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from evaluator.model import MissingHereError, ModelError


def refuse_missing(path: Path) -> None:
    """Refuse a path at which there is no file of weights.

    Raises:
        MissingHereError: With what there is.
    """
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing"
        raise MissingHereError(
            f"Expected a file of weights, found {found} at {path}. Put the file there, or name another."
        )


def refuse_other(files: Sequence[Path], digest: str, wanted: str | None) -> None:
    """Refuse weights that are not those which were named.

    Args:
        files: Where they are.
        digest: What they have; see `files_digest`.
        wanted: What they must have, with or without `sha256:` before it; None takes any.

    Raises:
        ModelError: They have another SHA-256.
    """
    expected = wanted.strip().lower().removeprefix("sha256:") if wanted else digest
    if digest != expected:
        which = f"{files[0]} is" if len(files) == 1 else f"The {len(files)} files in {files[0].parent} are"
        raise ModelError(
            f"{which} not the weights that were named: expected SHA-256 {expected}, found {digest}."
            " Obtain the weights again, or correct the SHA-256."
        )


def files_digest(files: Sequence[Path]) -> str:
    """Compute the SHA-256 of weights in hexadecimal digits; of several files, over their digests in the order given.

    Raises:
        ModelError: A file cannot be read.
    """
    digests = [file_digest(path) for path in files]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Compute a file's SHA-256 in hexadecimal digits.

    Raises:
        ModelError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error
