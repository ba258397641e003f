"""The tables of submissions and their results, in one module, so that relationships never become circular imports.

It is longer than other modules for that reason.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, Enum, Index, LargeBinary, UniqueConstraint, false
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Relationship, SQLModel


class Status(StrEnum):
    """Where an evaluation stands; transitions are in `store.py`."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Queue(StrEnum):
    """Who does an evaluation: any worker, or one that can run models."""

    SCORES = "scores"
    MODELS = "models"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, with its zone also where the database keeps none, as SQLite does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring a moment of any zone to UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give a moment its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)


def _time(*, nullable: bool = True) -> Any:
    return Column(UtcDateTime(), nullable=nullable)


class Artifact(SQLModel, table=True):
    """An uploaded file, stored under its SHA-256 and never changed."""

    sha256: str = Field(primary_key=True, max_length=64)
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    filename: str
    """The name under which it was first handed in; never used as a path."""
    created_at: datetime = Field(default_factory=now, sa_column=_time(nullable=False))


class Submission(SQLModel, table=True):
    """A manifest and its artifacts as handed in by someone; never edited, only superseded."""

    __table_args__ = (UniqueConstraint("submitter", "digest"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    system: str = Field(index=True)
    submitter: str
    setting: str
    """zero-shot, fine-tuned or trained-from-scratch: groups of a board."""
    deterministic: bool = False
    """Declared by the submitter: seeds change nothing, so a standard deviation of 0 is no evidence."""
    manifest: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(default_factory=now, sa_column=_time(nullable=False))
    superseded_by: UUID | None = Field(default=None, foreign_key="submission.id")
    digest: str | None = Field(default=None, max_length=64)
    """SHA-256 over manifest and artifacts: handing in the same twice is recognised, also by two at once."""
    account_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    """Who handed it in over the HTTP API; None for somebody with access to the database."""
    is_private: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether only its owner and admins see it and what came of it, until it is published."""
    runs: list["SubmittedRun"] = Relationship(back_populates="submission")


class SubmittedRun(SQLModel, table=True):
    """One score file of a submission, or one model to be run: what the system returns for its splits under one seed."""

    __tablename__ = "submitted_run"
    __table_args__ = (UniqueConstraint("submission_id", "position"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    submission_id: UUID = Field(foreign_key="submission.id", index=True)
    position: int
    """The place in the manifest, from 0."""
    artifact_sha256: str | None = Field(default=None, foreign_key="artifact.sha256", index=True)
    """The score file; or the weights of a model that come with the submission, None where they come from elsewhere."""
    format: str
    """The score format; `model` where a model is to be run."""
    model: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    """Which model is run, and how: the document of `evaluator.model_run.ModelOrder`. None for a score file."""
    orientation: str | None = None
    seed: int
    seed_governs: list[str] = Field(sa_column=Column(JSON, nullable=False))
    split_file_sha256: str | None = Field(default=None, foreign_key="artifact.sha256")
    """The artifact with the user's own split file, None for a split of the catalogue."""
    submission: Submission = Relationship(back_populates="runs")
    evaluations: list["Evaluation"] = Relationship(back_populates="run")


class Evaluation(SQLModel, table=True):
    """One execution of one protocol version on one submitted run."""

    __table_args__ = (
        UniqueConstraint("run_id", "protocol", "protocol_version", "evaluator_version"),
        # Lists go through what is done in the order in which it was done, page by page.
        Index("ix_evaluation_finished", "finished_at", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    run_id: UUID = Field(foreign_key="submitted_run.id", index=True)
    protocol: str = Field(index=True)
    protocol_version: int
    split: str
    split_digest: str
    judgments: str
    judgments_digest: str | None = None
    centricity: str = Field(index=True)
    evaluator_version: str
    seed: int = 0
    """The seed of everything random in the evaluation: bootstrap, fold draws and caption draws."""
    queue: Queue = Field(
        default=Queue.SCORES,
        sa_column=Column(
            Enum(Queue, native_enum=False, length=16, values_callable=lambda e: [m.value for m in e]),
            nullable=False,
        ),
    )
    status: Status = Field(
        default=Status.QUEUED,
        sa_column=Column(
            Enum(Status, native_enum=False, length=16, values_callable=lambda e: [m.value for m in e]),
            nullable=False,
            index=True,
        ),
    )
    message: str | None = None
    """Why it failed or waits, written for the submitter."""
    our_fault: bool = False
    """Whether it failed through this board and not through its file, so that queueing it again may help."""
    reason: str | None = Field(default=None, max_length=32)
    """Why it failed or waits, in one word of `reasons.Reason`, for counting."""
    log_tail: str | None = None
    """The last lines of what its worker did, as of the last sign of life."""
    badges: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    warnings: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    n_images: int | None = None
    n_captions: int | None = None
    ranks_sha256: str | None = Field(default=None, max_length=64, index=True)
    """SHA-256 of the per-query rank counts: equal digests under different seeds are flagged."""
    attempts: int = 0
    """How often it was begun, of `reasons.MAX_ATTEMPTS`; what no file and no code is to blame for is not counted."""
    claims: int = 0
    """How often a worker took it; never decreases, so that what an earlier one records can be told from a later."""
    worker: str | None = None
    """Host, process and device that ran it."""
    progress: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    """How far a running model has come: stage, done, total and rate, as of the last sign of life."""
    run_record: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    """How the scores of a model came about; see `evaluator.run_record`."""
    queued_at: datetime = Field(default_factory=now, sa_column=_time(nullable=False))
    not_before: datetime | None = Field(default=None, sa_column=_time())
    """When it may be tried again after a fault of ours; None is at once."""
    reserved_until: datetime | None = Field(default=None, sa_column=_time())
    """Until when it is kept for the process that handed it in and runs it itself; None is free for all."""
    enqueued_at: datetime | None = Field(default=None, sa_column=_time())
    """When a broker was last told of it; unused without a broker."""
    started_at: datetime | None = Field(default=None, sa_column=_time())
    heartbeat_at: datetime | None = Field(default=None, sa_column=_time())
    finished_at: datetime | None = Field(default=None, sa_column=_time())
    run: SubmittedRun = Relationship(back_populates="evaluations")
    results: list["Result"] = Relationship(back_populates="evaluation")


class Result(SQLModel, table=True):
    """One stored measurement. Values are fractions between 0 and 1, ranks are plain numbers."""

    evaluation_id: UUID = Field(foreign_key="evaluation.id", primary_key=True)
    metric: str = Field(primary_key=True)
    direction: str = Field(primary_key=True)
    """i2t, t2i, or "both" for rsum."""
    expected: float
    pessimistic: float
    optimistic: float
    low: float | None = None
    high: float | None = None
    spread: float | None = None
    evaluation: Evaluation = Relationship(back_populates="results")


class QueryRanks(SQLModel, table=True):
    """The compressed per-query rank counts of one evaluation, from which later metrics need no rescoring."""

    __tablename__ = "query_ranks"

    evaluation_id: UUID = Field(foreign_key="evaluation.id", primary_key=True)
    direction: str = Field(primary_key=True)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ImageEffects(SQLModel, table=True):
    """What every image does to the value that boards rank on: all that paired tests between two results need."""

    __tablename__ = "image_effects"

    evaluation_id: UUID = Field(foreign_key="evaluation.id", primary_key=True)
    metric: str = Field(primary_key=True)
    """The value: `rsum`, or a metric of which the mean over both directions is meant."""
    n_clusters: int
    """Images with a query."""
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
