"""Which files hold a model's weights, and whether they are those that were named, before any of them is loaded."""

from collections.abc import Sequence
from pathlib import Path

from evaluator.model import ModelRequest, parse_reference, refuse_missing_packages
from evaluator.weights.files import files_digest, refuse_missing, refuse_other


def weights_files(reference: str, request: ModelRequest) -> tuple[Path, ...]:
    """Find the files of a checkpoint's weights; those of the hub that are not here yet are fetched.

    Args:
        reference: Family and name.
        request: As `evaluator.model.load_model` takes it.

    Returns:
        The files, in the order of their names; none of a model that is trained when it is loaded.

    Raises:
        MissingHereError: They, or a package that is needed to find them, are not on this machine.
        ModelError: There is no such checkpoint.
        UnknownNameError: There is no such family.
    """
    family, name = parse_reference(reference)
    if family.locate is None:
        return ()
    refuse_missing_packages(reference, family)
    files = tuple(family.locate(family.asked_for(name, request)))
    for path in files:
        refuse_missing(path)
    return files


def weights_digest(reference: str, request: ModelRequest) -> str | None:
    """Return the SHA-256 that a run record has of a checkpoint's weights, without loading them; see `weights_files`.

    None of a model that is trained when it is loaded.
    """
    files = weights_files(reference, request)
    return files_digest(files) if files else None


def check_weights(reference: str, request: ModelRequest) -> Sequence[Path]:
    """Find a checkpoint's weights and compare them with their stated SHA-256, if there is one; see `weights_files`.

    Raises:
        ModelError: They are not those that were named.
    """
    files = weights_files(reference, request)
    if files and request.weights_sha256 is not None:
        refuse_other(files, files_digest(files), request.weights_sha256)
    return files
