"""How to compute a recorded number once more: the command, and what differs here from where it was computed."""

import shlex
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from evaluator.environment import Difference, differences
from submissions.changed_weights import changed_weights
from submissions.entry_query import EntryRun, read_entry
from submissions.errors import SubmissionError
from submissions.tables import Artifact, Evaluation, SubmittedRun


def read_run(session: Session, run_id: UUID) -> EntryRun:
    """Read one evaluation by its own id, or by that of its run where the run has one evaluation only.

    Raises:
        SubmissionError: There is none, or there are several.
    """
    found = session.exec(
        select(Evaluation.id, SubmittedRun.submission_id)
        .join(SubmittedRun, col(SubmittedRun.id) == col(Evaluation.run_id))
        .where(
            (col(Evaluation.id) == run_id)
            | (col(SubmittedRun.id) == run_id)
            | (col(SubmittedRun.submission_id) == run_id)
        )
        .order_by(col(SubmittedRun.position), col(Evaluation.protocol))
    ).all()
    if not found:
        raise SubmissionError(
            f"There is no run {run_id}. Its page on the board names it, and so does: rematch status SUBMISSION --json"
        )
    if len(found) > 1:
        names = ", ".join(str(evaluation_id) for evaluation_id, _ in found[:3])
        raise SubmissionError(f"{run_id} has {len(found)} evaluations; name one of them, such as {names}.")
    ((evaluation_id, submission_id),) = found
    entry = read_entry(session, submission_id)
    if entry is None:
        raise SubmissionError(f"There is no run {run_id}; it was removed just now.")
    return next(run for run in entry.runs if run.evaluation_id == evaluation_id)


def again_command(run: EntryRun, *, file: Path | None = None, split_file: Path | None = None) -> str:
    """Write the command that gives the same numbers at home.

    Args:
        run: The evaluation.
        file: Where its score file or weights are; in the current folder, as they were called, if omitted.
        split_file: Where a split file of its own is; in the current folder if omitted.
    """
    own_split = str(split_file or "./SPLIT_FILE.json") if run.split_file_sha256 else None
    words = _model_words(run, file, own_split) if run.model else _score_words(run, file, own_split)
    return shlex.join(words)


def differences_of(run: EntryRun) -> list[Difference]:
    """Say what differs between where a number was computed and here: code, libraries, device and data."""
    from evaluator import __version__

    if run.run_record is None:
        same = run.evaluator_version == __version__
        return [] if same else [Difference("evaluator", run.evaluator_version, __version__)]
    from evaluator.environment import environment

    recorded = run.run_record["environment"]
    found = [
        Difference(one.key, one.recorded, one.present)
        for one in differences(recorded, environment(_device_here(recorded)))
    ]
    return [*found, *changed_weights(run), *_changed_data(run)]


def _device_here(recorded: dict[str, Any]) -> str:
    from evaluator.devices import choose_device
    from evaluator.model import ModelError

    try:
        return choose_device(str(recorded.get("device", "cpu")))
    except ModelError:
        return "cpu"


def _changed_data(run: EntryRun) -> list[Difference]:
    """Compare split, captions and pictures, of which every byte is read."""
    from splits.content import load_content
    from splits.errors import RematchError
    from splits.loading import load_split

    recorded = (run.run_record or {})["data"]
    try:
        split = load_split(stored_file(run.split_file_sha256) or run.split)
        content = load_content(split)
        found = {"captions_digest": content.captions_digest, "pictures_digest": content.pictures_digest}
    except RematchError as error:
        return [Difference("data", "as recorded", f"not here: {error}")]
    present = {"split_digest": split.digest, **found}
    return [Difference(key, recorded[key], value) for key, value in present.items() if recorded[key] != value]


def _score_words(run: EntryRun, file: Path | None, own_split: str | None) -> list[str]:
    # A file's name may start with a dash: a path never looks like an option.
    words = ["rematch", "score", str(file or f"./{run.filename}"), "--protocol", run.protocol]
    words += ["--seed", str(run.evaluation_seed), "--format", run.format]
    if run.orientation:
        words += ["--orientation", run.orientation]
    return [*words, *_split_words(run, own_split), "--split-digest", run.split_digest]


def _split_words(run: EntryRun, own_split: str | None) -> list[str]:
    from evaluator.protocol import PROTOCOLS

    if own_split:
        return ["--split", own_split]
    if run.protocol not in PROTOCOLS or PROTOCOLS[run.protocol].split is None:
        return ["--split", run.split]
    return []


def _model_words(run: EntryRun, file: Path | None, own_split: str | None) -> list[str]:
    order, record = run.model or {}, run.run_record or {}
    words = ["rematch", "run", str(order["reference"]), "--protocol", run.protocol, "--seeds", str(run.seed)]
    recorded = {
        "--governs": ",".join(run.seed_governs) or "none",
        "--setting": run.setting,
        "--revision": record.get("model", {}).get("revision") or order.get("revision"),
        "--prompt": order.get("prompt"),
        "--precision": order.get("precision"),
        "--device": record.get("environment", {}).get("device"),
        "--batch-size": order.get("batch_size"),
        "--candidates": order.get("candidates"),
        "--rerank-depth": (record.get("reranking") or {}).get("depth") or order.get("rerank_depth"),
        "--weights-sha256": _named_weights(run),
        "--weights": None if run.artifact_sha256 is None else file or f"./{run.filename}",
        "--split": own_split,
    }
    words += [word for option, value in recorded.items() if value is not None for word in (option, str(value))]
    return [*words, *(["--truncated-reranking"] if order.get("truncated_reranking") else [])]


def _named_weights(run: EntryRun) -> str | None:
    """Return what weights that were loaded by name must have; a stored file is known by its name already."""
    from evaluator.model import parse_reference

    if run.run_record is None or run.artifact_sha256 is not None or run.model is None:
        return None
    if parse_reference(str(run.model["reference"]))[0].trains:
        return None
    digest = run.run_record["model"]["weights_sha256"]
    return None if digest is None else str(digest)


def stored_file(sha256: str | None) -> Path | None:
    """Return where a file that was handed in lies on this machine, once found whole; None if none was handed in.

    Raises:
        ArtifactError: It is missing or damaged, or the store cannot be reached.
    """
    from submissions.artifacts import artifact_store
    from submissions.database import session

    if sha256 is None:
        return None
    with session() as opened:
        size = opened.get_one(Artifact, sha256).size
    return artifact_store().open_path(sha256, size)
