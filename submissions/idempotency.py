"""Requests with a key: sent again after a lost answer, each gets the answer of the first, and nothing is done twice."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col

from submissions.account_tables import Account, IdempotentRequest
from submissions.api_errors import ConflictError
from submissions.tables import now

KEPT = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered."""

    status_code: int
    document: dict[str, Any]


def request_digest(document: Any) -> str:
    """Digest what a request asks for."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()


def earlier_answer(session: Session, account: Account, key: str | None, digest: str) -> Answer | None:
    """Return the answer to an earlier request with this key, None where there was none.

    Raises:
        ConflictError: The key was used for another request.
    """
    if key is None:
        return None
    found = session.get(IdempotentRequest, (account.id, key), populate_existing=True)
    if found is None:
        return None
    if found.request_sha256 != digest:
        raise ConflictError(
            f"Idempotency-Key {key!r:.80} was used for another request before. Take a new key for a new request."
        )
    return Answer(found.status_code, found.response)


def keep_answer(session: Session, account: Account, key: str | None, digest: str, answer: Answer) -> None:
    """Keep the answer to a request with a key, in the transaction that did what was asked."""
    if key is not None:
        session.add(
            IdempotentRequest(
                account_id=account.id,
                key=key,
                request_sha256=digest,
                status_code=answer.status_code,
                response=answer.document,
            )
        )
        session.flush()


def forget_old_answers(session: Session) -> None:
    """Forget answers that nobody asks for again."""
    session.exec(delete(IdempotentRequest).where(col(IdempotentRequest.created_at) < now() - KEPT))
