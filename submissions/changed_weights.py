"""Whether the weights behind a recorded number are still those that are found here under the same name."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from evaluator.environment import Difference
from evaluator.model import ModelRequest
from evaluator.weights.located import weights_digest
from splits.errors import RematchError
from submissions.entry_query import EntryRun

DigestOf: TypeAlias = Callable[[str, ModelRequest], str | None]


def changed_weights(run: EntryRun, *, digest_of: DigestOf = weights_digest) -> list[Difference]:
    """Compare the weights of a model's run, and of what chose its candidates, with those that are here now.

    Files of weights that were handed in are kept under their digest and cannot change. Of the hub, what is here is
    compared and what is missing is fetched.

    Args:
        run: What was recorded.
        digest_of: Reads all weights of a reference; whoever compares many runs reads them once.
    """
    found = (_difference(key, recorded, reference, run, digest_of) for key, recorded, reference in _named(run))
    return [one for one in found if one is not None]


def _named(run: EntryRun) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Return what was loaded by name: the key in the record, what is recorded there, and the reference."""
    record, order = run.run_record, run.model
    if record is None or order is None:
        return
    if run.artifact_sha256 is None:
        yield "model", record["model"], str(order["reference"])
    if record["candidates"] is not None:
        yield "candidates", record["candidates"], str(order["candidates"])


def _difference(
    key: str, recorded: dict[str, Any], reference: str, run: EntryRun, digest_of: DigestOf
) -> Difference | None:
    anywhere = bool((run.model or {}).get("anywhere"))
    request = ModelRequest(name="", revision=recorded["revision"], anywhere=anywhere)
    try:
        present = digest_of(reference, request)
    except RematchError as error:
        return Difference(key, str(recorded["weights_sha256"]), f"not here: {error}")
    if present in (None, recorded["weights_sha256"]):
        return None
    return Difference(f"{key}.weights_sha256", str(recorded["weights_sha256"]), present)
