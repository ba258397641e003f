"""What became of all that was accepted in a soak: scored once, failed with a reason, lost, or doubled."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Thread
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, func, select

from splits.errors import RematchError
from submissions.database import session
from submissions.reasons import Reason
from submissions.tables import Evaluation, Result, Status, Submission, SubmittedRun

FINAL = (Status.SUCCEEDED, Status.FAILED)
UNFINISHED = (Status.QUEUED, Status.RUNNING)
End = tuple[str, datetime | None, int]
"""How an evaluation ended, when, and at which claim: none of it may change any more."""


@dataclass
class Counted:
    """The figures of a soak."""

    accepted: int
    scored: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    doubled: int = 0
    blamed: int = 0
    """Failures that were charged to their submitters, whose files are all sound."""
    claimed_again: int = 0
    anew: int = 0
    starts: int = 0

    def figures(self) -> dict[str, int]:
        stated = {f"failed as stated: {reason}": number for reason, number in sorted(self.failed.items())}
        return {
            "accepted": self.accepted,
            "scored": self.scored,
            **stated,
            "lost": self.lost,
            "doubled": self.doubled,
            "blamed on their submitters": self.blamed,
            "claimed more than once": self.claimed_again,
            "workers that started anew by themselves": self.anew,
            "processes started": self.starts,
        }


def first_ends(stop: Event) -> Callable[[], dict[UUID, End]]:
    """Watch from now on how evaluations end; returns what tells how each was first seen to have ended."""
    ends: dict[UUID, End] = {}

    def watch() -> None:
        while not stop.wait(1.0):
            try:
                with session() as opened:
                    for one in opened.exec(select(Evaluation).where(col(Evaluation.status).in_(FINAL))):
                        ends.setdefault(one.id, _end(one))
            except (SQLAlchemyError, RematchError):
                # The database is away, as it is meant to be.
                continue

    thread = Thread(target=watch, daemon=True)
    thread.start()

    def tell() -> dict[UUID, End]:
        thread.join()
        return ends

    return tell


def count(accepted: Sequence[UUID], ends: dict[UUID, End], *, patience_seconds: float) -> Counted:
    """Wait until nothing waits or runs any more, but not for ever, and count.

    Args:
        accepted: The submissions that were accepted, in the words of whoever handed them in.
        ends: How evaluations were first seen to have ended.
        patience_seconds: How long to wait; what is not done by then is lost.
    """
    deadline = time.monotonic() + patience_seconds
    while _n_unfinished() and time.monotonic() < deadline:
        time.sleep(0.5)
    counted, found = Counted(len(accepted)), dict[UUID, list[Evaluation]]()
    with session() as opened:
        joined = select(Evaluation, SubmittedRun.submission_id).join(
            SubmittedRun, col(SubmittedRun.id) == col(Evaluation.run_id)
        )
        for evaluation, submission_id in opened.exec(joined):
            found.setdefault(submission_id, []).append(evaluation)
        n_results = Counter(opened.exec(select(Result.evaluation_id)))
        systems = Counter(opened.exec(select(Submission.system)))
    # The same submission recorded twice, or two that were told the same id.
    counted.doubled += systems.total() - len(systems) + len(accepted) - len(set(accepted))
    complete = max(n_results.values(), default=0)
    for submission_id in set(accepted):
        own = found.get(submission_id, [])
        counted.lost += not own
        counted.doubled += max(len(own) - 1, 0)
        for one in own:
            _judge(one, n_results[one.id], complete, ends, counted)
    return counted


def _judge(one: Evaluation, n_results: int, complete: int, ends: dict[UUID, End], counted: Counted) -> None:
    counted.claimed_again += one.claims > 1
    counted.doubled += ends.get(one.id, _end(one)) != _end(one)
    if one.status is Status.SUCCEEDED and n_results == complete:
        counted.scored += 1
    elif one.status is Status.FAILED and not n_results and one.message and one.reason in set(Reason):
        counted.failed[str(one.reason)] += 1
        counted.blamed += not one.our_fault
    else:
        counted.lost += 1


def _end(one: Evaluation) -> End:
    return one.status.value, one.finished_at, one.claims


def _n_unfinished() -> int:
    with session() as opened:
        return opened.exec(select(func.count()).where(col(Evaluation.status).in_(UNFINISHED))).one()
