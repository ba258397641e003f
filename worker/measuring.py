"""From what is stored of an evaluation to its numbers: read the score file or run the model, then score."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from splits.errors import SplitError, UnknownNameError
from submissions.held_files import files_held
from worker.desk import Desk
from worker.job_log import tell
from worker.settings import get_settings
from worker.work import Work

if TYPE_CHECKING:
    from evaluator.protocol import Protocol
    from evaluator.report import Report
    from splits.split import Split


class UnfitWorkerError(Exception):
    """This worker has not what the evaluation was taken in for, such as an older version: a fault of ours."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The numbers of an evaluation, and of a model how its scores came about."""

    report: "Report"
    device: str = "cpu"
    record: dict[str, Any] | None = None


@files_held()
def measured(work: Work, desk: Desk) -> Measured:
    """Measure an evaluation."""
    if work.order is None:
        return Measured(score(work))
    from evaluator.evaluation import evaluate
    from evaluator.model_run import Place, run_model

    protocol, split = _ground(work)
    weights = work.content.path() if work.content else None
    place = Place(_device(desk), weights=weights, contents=desk.at_hand(), loaded=desk.loaded, is_fresh=desk.is_fresh)
    tell(f"Runs {work.order.reference} on {place.device}.")
    found = run_model(work.order, protocol, split, seed=work.seed, place=place, tell=desk.tell)
    report = evaluate(found.scores, protocol, split, seed=work.seed)
    return Measured(report, found.record["environment"]["device"], found.record)


def _device(desk: Desk) -> str:
    from evaluator.devices import choose_device
    from evaluator.model import ModelError

    try:
        return choose_device(desk.device or get_settings().device)
    except ModelError as error:
        raise UnfitWorkerError(str(error)) from error


def score(work: Work) -> "Report":
    """Score the stored file of an evaluation, exactly as `rematch score` does."""
    from evaluator.evaluation import evaluate
    from evaluator.reading import read_score_file
    from evaluator.score_format import Orientation, Reading

    protocol, split = _ground(work)
    reading = Reading(orientation=Orientation(work.orientation) if work.orientation else None)
    if work.content is None:
        raise UnfitWorkerError(f"The run of evaluation {work.evaluation_id} has neither a score file nor a model.")
    path = work.content.path()
    tell(f"The stored file was read and is whole, {work.content.size:,} bytes.")
    file = read_score_file(path, split, reading, format_name=work.format)
    tell(f"Read as {work.format}; ranking {split.n_images:,} images and {split.n_captions:,} captions.")
    return evaluate(file, protocol, split, seed=work.seed)


def _ground(work: Work) -> "tuple[Protocol, Split]":
    from evaluator.protocol import PROTOCOLS
    from splits.loading import load_split

    try:
        protocol = PROTOCOLS[work.protocol]
        split = load_split(work.split_file.path() if work.split_file else work.split)
    except (UnknownNameError, SplitError) as error:
        # It was there when the submission was taken in, so the submitter cannot mend it.
        raise UnfitWorkerError(f"This worker lacks what {work.protocol} needs: {error}") from error
    if (protocol.version, split.digest) != (work.protocol_version, work.split_digest):
        raise UnfitWorkerError(
            f"{work.protocol} was to be version {work.protocol_version} on {work.split_digest}; this worker has version"
            f" {protocol.version} on {split.digest}."
        )
    return protocol, split
