"""The same handed in again: nothing is stored twice, but what failed through us, or is missing, is mended."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from submissions.artifacts import artifact_store
from submissions.findings import Checked, Planned
from submissions.intake import files_of, planned_evaluation
from submissions.reasons import OUTDATED_MESSAGE
from submissions.store import cancel, requeue
from submissions.tables import Evaluation, Status, Submission, SubmittedRun


@dataclass(frozen=True, slots=True)
class Renewed:
    """What was mended of a submission that was handed in again."""

    mended_files: int
    """Stored files that were missing or damaged, and are whole again."""
    requeued: tuple[UUID, ...]
    """Evaluations that had failed or waited through a fault of ours."""
    added: tuple[UUID, ...]
    """Evaluations under newer versions of their protocols."""

    @property
    def queued(self) -> tuple[UUID, ...]:
        """The evaluations that are queued because of it."""
        return self.requeued + self.added


def renew(session: Session, checked: Checked, submission_id: UUID) -> Renewed:
    """Mend what went wrong, through no fault of its submitter, with a submission that is handed in again.

    Args:
        session: The database; the caller commits, and tells the queue after that.
        checked: What is handed in now; its content is that of the submission.
        submission_id: The submission.

    Raises:
        ArtifactError: A stored file is damaged and cannot be replaced.
    """
    mended_files = _mend_files(checked)
    submission = session.get_one(Submission, submission_id)
    if submission.superseded_by is not None:
        return Renewed(mended_files, (), ())
    requeued: list[UUID] = []
    added: list[UUID] = []
    runs = session.exec(select(SubmittedRun).where(col(SubmittedRun.submission_id) == submission_id))
    run_ids = {run.position: run.id for run in runs}
    for run in checked.runs:
        for planned in run.planned:
            known = _evaluations(session, run_ids[run.position], planned)
            requeued += [one.id for one in known if _deserves_another_chance(one) and requeue(session, one.id)]
            if not known:
                added += _replace_outdated(session, run_ids[run.position], planned)
    return Renewed(mended_files, tuple(requeued), tuple(added))


def _mend_files(checked: Checked) -> int:
    store = artifact_store()
    damaged = {sha256: file.path for sha256, file in files_of(checked).items() if not store.is_whole(file.content)}
    if damaged:
        store.keep(damaged)
        # The records that refer to them were committed long ago.
        store.settle(damaged)
    return len(damaged)


def _evaluations(session: Session, run_id: UUID, planned: Planned) -> list[Evaluation]:
    found = session.exec(
        select(Evaluation).where(
            col(Evaluation.run_id) == run_id,
            col(Evaluation.protocol) == planned.protocol,
            col(Evaluation.protocol_version) == planned.protocol_version,
        )
    ).all()
    return list(found)


def _deserves_another_chance(one: Evaluation) -> bool:
    return (one.status is Status.FAILED and one.our_fault) or (
        one.status is Status.QUEUED and one.not_before is not None
    )


def _replace_outdated(session: Session, run_id: UUID, planned: Planned) -> list[UUID]:
    """Queue an evaluation under a newer version, and take what waits for an older one out of the queue."""
    waiting = session.exec(
        select(Evaluation.id).where(
            col(Evaluation.run_id) == run_id,
            col(Evaluation.protocol) == planned.protocol,
            col(Evaluation.protocol_version) < planned.protocol_version,
        )
    ).all()
    for evaluation_id in waiting:
        cancel(session, evaluation_id, OUTDATED_MESSAGE)
    evaluation = planned_evaluation(run_id, planned)
    try:
        with session.begin_nested():
            session.add(evaluation)
    except IntegrityError:
        # Somebody handed the same in again at this very moment.
        return []
    return [evaluation.id]
