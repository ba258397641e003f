"""What surrounds every request: its id, a bound on what it sends, a line in the log, its time."""

import logging
import re
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from submissions.api_errors import InternalError, TooLargeError
from submissions.api_faults import OURS, fault_response
from submissions.measures import REQUEST_SECONDS

logger = logging.getLogger("rematch.api")

MOST_BODY = 2 * 2**20
"""Bytes of a request that is no upload: a manifest of 200 runs with everything stated has about 60 kB."""
_UPLOAD = re.compile(r"/api/v1/uploads/[^/]+")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


class Surroundings:
    """Gives requests an id, bounds their bodies, logs and times them."""

    def __init__(self, app: ASGIApp) -> None:
        """Surround an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers)
        scope["rematch.request_id"] = request_id
        began, status, began_answer = time.perf_counter(), 500, False

        async def sent(message: Message) -> None:
            nonlocal status, began_answer
            if message["type"] == "http.response.start":
                status, began_answer = message["status"], True
                MutableHeaders(scope=message).update({"X-Request-ID": request_id, **_HEADERS})
            await send(message)

        try:
            if _is_too_large(scope, headers):
                await fault_response(request_id, _too_large())(scope, receive, sent)
            else:
                await self._app(scope, _bounded(scope, receive), sent)
        except Exception:  # the edge of a request: what is left is a fault of ours
            logger.exception("A request failed by a fault of ours.", extra={"request_id": request_id})
            if began_answer:
                raise
            await fault_response(request_id, InternalError(OURS))(scope, receive, sent)
        finally:
            _note(scope, status, time.perf_counter() - began, request_id)


def _request_id(headers: Headers) -> str:
    given = headers.get("X-Request-ID", "")
    return given if _GIVEN_ID.fullmatch(given) else uuid4().hex


def _is_upload(scope: Scope) -> bool:
    return scope["method"] == "PATCH" and _UPLOAD.fullmatch(scope["path"]) is not None


def _is_too_large(scope: Scope, headers: Headers) -> bool:
    stated = headers.get("Content-Length", "")
    return not _is_upload(scope) and stated.isdecimal() and int(stated[:20]) > MOST_BODY


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """Count what comes of a body whose length was not stated; an upload counts by itself."""
    if _is_upload(scope):
        return receive
    n_bytes = 0

    async def counted() -> Message:
        nonlocal n_bytes
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > MOST_BODY:
            # Of this kind, because the framework takes any other for a body that cannot be read.
            raise HTTPException(413, str(_too_large()))
        return message

    return counted


def _too_large() -> TooLargeError:
    return TooLargeError(
        f"The body of this request: expected at most {MOST_BODY:,} bytes. Files go to /api/v1/uploads."
    )


def _note(scope: Scope, status: int, seconds: float, request_id: str) -> None:
    route = getattr(scope.get("route"), "path", "none")
    REQUEST_SECONDS.labels(scope["method"] if route != "none" else "none", route, str(status)).observe(seconds)
    if route in ("/health", "/ready", "/metrics"):
        return
    logger.info(
        "%s %s %d", scope["method"], scope["path"], status,
        extra={"request_id": request_id, "milliseconds": round(seconds * 1000, 1)},
    )  # fmt: skip
