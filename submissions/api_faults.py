"""Whatever goes wrong in a request, in the one shape of every error."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from splits.errors import RematchError
from submissions.api_errors import ApiError, InternalError, TooLargeError, UnavailableError
from submissions.errors import ArtifactError, DatabaseError, SettingsError

logger = logging.getLogger(__name__)

OURS = "The board failed by a fault of its own, which is in its log. Nothing was charged. Try the same again later."
_AWAY = {
    DatabaseError: "The database of this board is away. Nothing was stored; send the same again later.",
    ArtifactError: "The file store of this board cannot be used now. Nothing was stored; send the same again later.",
    SettingsError: "This board is not set up correctly; its operator finds more in its log.",
}
_NAMES = {
    404: ("not_found", "There is nothing at {path}. The routes are listed at /api/v1/openapi.json."),
    408: ("stalled", "{detail}"),
    413: (TooLargeError.code, "{detail}"),
    405: ("method_not_allowed", "{path} does not take {method}. The routes are listed at /api/v1/openapi.json."),
}


def add_handlers(app: FastAPI) -> None:
    """Have an application answer every error in the one shape."""
    app.add_exception_handler(RematchError, _of_ours)
    app.add_exception_handler(RequestValidationError, _of_input)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(SQLAlchemyError, _unexpected)


def fault_response(request_id: str, error: ApiError) -> JSONResponse:
    """Return the answer that tells of an error."""
    return _written(request_id, error.status, error.code, str(error), error.details, error.headers)


async def _of_ours(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, ApiError):
        return fault_response(_id(request), error)
    for kind, message in _AWAY.items():
        if isinstance(error, kind):
            logger.error("A request could not be answered.", exc_info=error)
            return fault_response(_id(request), UnavailableError(message))
    return _written(_id(request), 422, "refused", str(error))


async def _of_input(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # for the type checker: it is registered for these
    problems = [_problem(item) for item in error.errors()]
    return _written(_id(request), 422, "invalid", "\n".join(problems))


async def _of_framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # same
    code, words = _NAMES.get(error.status_code, ("bad_request", "{detail}"))
    message = words.format(path=request.url.path[:200], method=request.method, detail=error.detail)
    return _written(_id(request), error.status_code, code, message, headers=dict(error.headers or {}))


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    logger.error("A request failed by a fault of ours.", exc_info=error)
    return fault_response(_id(request), InternalError(OURS))


def _problem(item: Any) -> str:
    """Say what is wrong with a part of a request, and never repeat more of it than a few characters."""
    where = ".".join(str(part)[:60] for part in item["loc"] if part != "body") or "body"
    found = "" if item.get("type") == "missing" else f", found {str(item.get('input'))[:60]!r}"
    message = str(item["msg"])
    return f"{where}: {message[:1].lower()}{message[1:]}{found}."


def _written(
    request_id: str, status: int, code: str, message: str, details: Any = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    fault: dict[str, Any] = {"code": code, "message": message, "details": details}
    return JSONResponse({"error": fault, "request_id": request_id}, status, headers=headers)


def _id(request: Request) -> str:
    return str(request.scope.get("rematch.request_id", ""))
