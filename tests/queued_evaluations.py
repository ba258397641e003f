"""Puts evaluations in any state into a real database, at known moments."""

from datetime import datetime, timedelta
from uuid import UUID

from submissions import database
from submissions.tables import Evaluation, Queue, Status, Submission, SubmittedRun, now


def add_evaluations(
    system: str,
    status: Status,
    *,
    queued: float = 60,
    started: float | None = None,
    finished: float | None = None,
    n: int = 1,
    protocol: str = "toy-scene",
    queue: Queue = Queue.SCORES,
    is_private: bool = False,
    not_before: float | None = None,
    superseded_by: UUID | None = None,
    at: datetime | None = None,
    **values: object,
) -> UUID:
    """Store a submission with n runs; moments are seconds ago or before `at`, each further run a second later."""
    present = at or now()

    def moment(seconds: float | None, later: int = 0):
        return None if seconds is None else present - timedelta(seconds=seconds - later)

    with database.session() as session:
        submission = Submission(
            system=system,
            submitter="a group",
            setting="zero-shot",
            manifest={},
            is_private=is_private,
            superseded_by=superseded_by,
        )
        session.add(submission)
        session.flush()
        for seed in range(n):
            run = SubmittedRun(
                submission_id=submission.id, position=seed, format="npy", seed=seed, seed_governs=["training"]
            )
            session.add(run)
            session.flush()
            session.add(
                Evaluation(
                    run_id=run.id,
                    protocol=protocol,
                    protocol_version=2,
                    split="toy-scene/test",
                    split_digest="sha256:" + "0" * 64,
                    judgments="original",
                    centricity="scene",
                    evaluator_version="0.1.0",
                    queue=queue,
                    status=status,
                    queued_at=moment(queued, seed),
                    started_at=moment(started, seed),
                    finished_at=moment(finished, seed),
                    not_before=moment(not_before),
                    **values,
                )
            )
        return submission.id
