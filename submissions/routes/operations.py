"""Whether the API is alive and ready, and what there is to watch."""

import logging

from fastapi import APIRouter, Response

from splits.errors import RematchError
from submissions.api_access import Here
from submissions.api_documents import HealthDocument
from submissions.database import is_current
from submissions.measures import written_measures

router = APIRouter(tags=["operations"])
logger = logging.getLogger(__name__)


@router.get("/health")
async def health() -> HealthDocument:
    """Say that the process is alive; whatever else is away, restarting it would not help."""
    return HealthDocument(status="ok")


@router.get("/ready", responses={503: {"model": HealthDocument}})
def ready(here: Here, response: Response) -> HealthDocument:
    """Say whether requests can be answered: the database is there and migrated, and the broker is there."""
    checks = {"database": _database(), "broker": _broker(here)}
    if set(checks.values()) <= {"ok"}:
        return HealthDocument(status="ok", checks=checks)
    response.status_code = 503
    return HealthDocument(status="unavailable", checks=checks)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics() -> Response:
    """Give what there is to watch, for Prometheus."""
    content, media_type = written_measures()
    return Response(content, media_type=media_type)


def _database() -> str:
    try:
        return "ok" if is_current() else "not migrated: rematch migrate"
    except RematchError:
        logger.warning("The database is away.", exc_info=True)
        return "away"


def _broker(here: Here) -> str:
    try:
        here.check_broker()
    except RematchError:
        logger.warning("The broker is away.", exc_info=True)
        return "away"
    return "ok"
