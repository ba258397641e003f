"""The HTTP API: submissions come in and results go out, for people elsewhere and for programs.

`create_app` makes the application; `rematch api` serves it. What lies above this package, such as the queue, is handed
in, so that nothing here knows of it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext

from fastapi import APIRouter, FastAPI

from evaluator import __version__
from submissions.api_access import Announce, Services
from submissions.api_documents import FaultDocument
from submissions.api_faults import add_handlers
from submissions.api_middleware import Surroundings
from submissions.rates import Rates
from submissions.routes import accounts, catalogues, claims, operations, results, submissions, uploads
from submissions.tidying import tidying
from submissions.uploaded_check import Check, checking

PREFIX = "/api/v1"
_DESCRIPTION = """Hand in and read results of image-text cross-modal retrieval.

Reading needs no token. To hand in: announce each file (`POST /uploads`), send it (`PATCH /uploads/{id}`, in one piece
or many, resumed from `Upload-Offset`), then hand in the manifest (`POST /submissions`) and watch it
(`GET /submissions/{id}`). Values are fractions between 0 and 1, ranks are plain numbers. Every error has one shape.
"""
_ERRORS = (400, 401, 403, 404, 409, 413, 422, 429, 500, 503)
_TAGS = [
    {"name": "submissions", "description": "Hand in, watch, publish, cancel."},
    {"name": "uploads", "description": "Send files, in pieces if need be."},
    {"name": "results", "description": "Every number with all that it depends on."},
    {"name": "claims", "description": "What papers print."},
    {"name": "audits", "description": "What was found of it."},
    {"name": "splits", "description": "What systems are measured on."},
    {"name": "protocols", "description": "How."},
    {"name": "accounts", "description": "Your account and tokens."},
    {"name": "admin", "description": "Everybody's, for admins."},
    {"name": "operations", "description": "Alive, ready, and what there is to watch."},
]


def create_app(
    *, announce: Announce, check_broker: Callable[[], None], redis_url: str | None, check: Check | None = None
) -> FastAPI:
    """Make the application.

    Args:
        announce: Tells the queue of committed, queued evaluations.
        check_broker: Raises a `RematchError` when the broker is away.
        redis_url: Where requests are counted for all processes; None for this process alone.
        check: Looks at what is handed in; processes of its own by default.
    """

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        with nullcontext(check) if check is not None else checking() as chosen:
            app.state.services = Services(announce, check_broker, Rates(redis_url), chosen)
            async with tidying():
                yield

    app = FastAPI(
        title="Rematch",
        version=__version__,
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        openapi_url=f"{PREFIX}/openapi.json",
        lifespan=living,
        responses={status: {"model": FaultDocument} for status in _ERRORS},
    )
    api = APIRouter(prefix=PREFIX)
    for part in (submissions, uploads, results, claims, catalogues, accounts):
        api.include_router(part.router)
    app.include_router(api)
    app.include_router(operations.router)
    app.add_middleware(Surroundings)
    add_handlers(app)
    return app
