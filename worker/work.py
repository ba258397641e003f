"""What there is to do: all that scoring needs of one evaluation, read in one transaction."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from evaluator.model_order import ModelOrder
from submissions.artifacts import artifact_store
from submissions.tables import Artifact, Evaluation


@dataclass(frozen=True, slots=True)
class StoredContent:
    """A stored file that an evaluation needs."""

    sha256: str
    size: int

    def path(self) -> Path:
        """Return where it lies, once all of it was read and found whole."""
        return artifact_store().open_path(self.sha256, self.size)


@dataclass(frozen=True, slots=True)
class Work:
    """All that scoring needs of a claimed evaluation, so that no transaction stays open meanwhile."""

    evaluation_id: UUID
    submission_id: UUID
    claim: int
    attempts: int
    log_tail: str | None
    """What earlier attempts logged."""
    content: StoredContent | None
    """The score file, or the weights that came with a model."""
    order: ModelOrder | None
    """The model to be run; None for a score file."""
    split_file: StoredContent | None
    format: str
    orientation: str | None
    protocol: str
    protocol_version: int
    split: str
    split_digest: str
    seed: int


def read_work(opened: Session, evaluation: Evaluation) -> Work:
    """Read what scoring needs of an evaluation."""
    run = evaluation.run
    return Work(
        evaluation_id=evaluation.id,
        submission_id=run.submission_id,
        claim=evaluation.claims,
        attempts=evaluation.attempts,
        log_tail=evaluation.log_tail,
        content=_content(opened, run.artifact_sha256) if run.artifact_sha256 else None,
        order=ModelOrder.from_document(run.model) if run.model else None,
        split_file=_content(opened, run.split_file_sha256) if run.split_file_sha256 else None,
        format=run.format,
        orientation=run.orientation,
        protocol=evaluation.protocol,
        protocol_version=evaluation.protocol_version,
        split=evaluation.split,
        split_digest=evaluation.split_digest,
        seed=evaluation.seed,
    )


def _content(opened: Session, sha256: str) -> StoredContent:
    artifact = opened.get_one(Artifact, sha256)
    return StoredContent(artifact.sha256, artifact.size)
