"""What a worker that is known to have ended left running: found at once, without waiting for its silence."""

import socket
from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import or_, update
from sqlmodel import col

from submissions.database import session
from submissions.store import Swept
from submissions.tables import Evaluation, Status
from worker.reaper import reap

_LONG_AGO = datetime.fromtimestamp(0, UTC)


def bring_back(pid: int, *, only: Collection[UUID] | None = None) -> Swept:
    """Queue again what an ended process of this machine left running, or fail it when it was lost too often.

    Args:
        pid: The process; it runs nothing any more.
        only: The evaluations to look at; None for all.
    """
    name = f"{socket.gethostname()}:{pid}"
    column = col(Evaluation.worker)
    own = or_(column == name, column.startswith(f"{name} ", autoescape=True))
    left = [col(Evaluation.status) == Status.RUNNING, own]
    if only is not None:
        left.append(col(Evaluation.id).in_(only))
    with session() as opened:
        opened.exec(
            update(Evaluation).where(*left).values(heartbeat_at=_LONG_AGO).execution_options(synchronize_session=False)
        )
    return reap()
