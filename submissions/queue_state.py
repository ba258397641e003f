"""The queue at one moment, as plain values: what waits, runs, failed and was done lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from submissions.tables import Status


@dataclass(frozen=True, slots=True)
class Whose:
    """What a line of the queue is about."""

    submission_id: UUID
    system: str
    submitter: str
    protocol: str
    version: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The evaluations of a submission under one protocol that wait."""

    whose: Whose
    n: int
    place: int | None
    """Of the first of them, from 1, among all that wait for the same kind of worker; None where none is due yet."""
    since: datetime
    not_before: datetime | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Running:
    """One evaluation that runs."""

    whose: Whose
    seed: int
    since: datetime | None
    progress: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The evaluations of a current submission under one protocol that failed with the same message."""

    whose: Whose
    n: int
    message: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Done:
    """One evaluation that succeeded or was cancelled lately."""

    whose: Whose
    seed: int
    status: Status
    started_at: datetime | None
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """How many evaluations are in one state, and how many of them belong to private submissions."""

    n: int = 0
    n_private: int = 0


@dataclass(frozen=True, slots=True)
class QueueState:
    """The queue at one moment; lines are those of public submissions."""

    at: datetime
    parts: dict[str, Part]
    """By the name of the part: waiting, running, failed, done."""
    oldest: datetime | None
    """Since when the one waits that waits longest, private or not."""
    waiting: Sequence[Waiting]
    running: Sequence[Running]
    failed: Sequence[Failed]
    done: Sequence[Done]
