"""What surrounds every request: its id, a bound on what it sends, a line in the log, its time."""

import logging
import re
import time
from uuid import uuid4

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from submissions.api_errors import ApiError, InternalError, TooLargeError
from submissions.api_faults import OURS, fault_response
from submissions.logs import bound
from submissions.measures import REQUEST_SECONDS

logger = logging.getLogger("rematch.api")

MOST_BODY = 2 * 2**20
"""Bytes of a request that is no upload: a manifest of 200 runs with everything stated has about 60 kB."""
_UPLOAD = re.compile(r"/api/v1/uploads/[^/]+")
BODY_SECONDS = 30.0
"""How long the body of such a request may take to arrive."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
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
        scope["rematch.request_id"] = _request_id(Headers(scope=scope))
        with bound(request=scope["rematch.request_id"]):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status, has_begun = time.perf_counter(), 500, False
        request_id: str = scope["rematch.request_id"]

        async def sent(message: Message) -> None:
            nonlocal status, has_begun
            if message["type"] == "http.response.start":
                status, has_begun = message["status"], True
                MutableHeaders(scope=message).update({"X-Request-ID": request_id, **_HEADERS})
            await send(message)

        try:
            if _holds_nothing(scope):
                message = "The address holds a character of code 0, which nothing here has in its name. Leave it out."
                await fault_response(request_id, ApiError(message))(scope, receive, sent)
            elif _is_too_large(scope):
                await fault_response(request_id, _too_large())(scope, receive, sent)
            else:
                await self._app(scope, _bounded(scope, receive), sent)
        except Exception:  # the edge of a request: what is left is a fault of ours
            logger.exception("A request failed by a fault of ours.")
            if has_begun:
                raise
            await fault_response(request_id, InternalError(OURS))(scope, receive, sent)
        finally:
            _note(scope, status, time.perf_counter() - began)


def _request_id(headers: Headers) -> str:
    given = headers.get("X-Request-ID", "")
    return given if _GIVEN_ID.fullmatch(given) else uuid4().hex


def _holds_nothing(scope: Scope) -> bool:
    # PostgreSQL keeps no such character in a text, so that one could not even ask for it.
    return "\0" in scope["path"] or b"%00" in scope["query_string"] or b"\0" in scope["query_string"]


def _is_upload(scope: Scope) -> bool:
    return scope["method"] == "PATCH" and _UPLOAD.fullmatch(scope["path"]) is not None


def _is_too_large(scope: Scope) -> bool:
    stated = Headers(scope=scope).get("Content-Length", "")
    return not _is_upload(scope) and stated.isdecimal() and int(stated[:20]) > MOST_BODY


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """Count what comes of a body whose length was not stated; an upload counts by itself."""
    if _is_upload(scope):
        return receive
    n_bytes, deadline, is_whole = 0, time.monotonic() + BODY_SECONDS, False

    async def counted() -> Message:
        nonlocal n_bytes, is_whole
        if is_whole:
            # What is still waited for is the end of the connection.
            return await receive()
        try:
            with anyio.fail_after(max(deadline - time.monotonic(), 0.0)):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"Body: expected within {BODY_SECONDS:g} seconds. Send it again.") from None
        is_whole = not message.get("more_body", False)
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


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "none")
    # Of a bounded number: a label that strangers choose would stay for ever.
    method = scope["method"] if scope["method"] in _METHODS else "other"
    REQUEST_SECONDS.labels(method, route, str(status)).observe(seconds)
    if route in ("/health", "/ready", "/metrics"):
        return
    # As it was sent: what it stands for could be a line of its own.
    path = scope["raw_path"].decode("ascii", "backslashreplace")
    logger.info("%s %s %d in %.1f ms", method, path[:500], status, seconds * 1000)
