"""One connection to a board: requests that are sent again where no answer comes, and errors in words."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from splits.errors import RematchError

MOST_TRIES = 8
"""How often a request is sent that gets no answer, or one that says to come again."""
LONGEST_CHECK_SECONDS = 1800.0
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_COME_AGAIN = frozenset({429, 502, 503, 504})
_BROKE_OFF = frozenset({408, 409})
"""Answers to a part of a file after which one asks how much arrived."""


class ServerError(RematchError):
    """A board that says no, or does not answer."""

    def __init__(
        self, message: str, *, code: str = "no_answer", status: int | None = None, details: Any = None
    ) -> None:
        super().__init__(message)
        self.code = code
        """For machines; see the reference of the API."""
        self.status = status
        self.details = details


class Connection:
    """Sends requests to one board."""

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        timeout: float,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare; nothing is sent yet."""
        # Whoever hands in waits for the check, which may take long; another request would only start another one.
        self.patience = httpx.Timeout(timeout, read=LONGEST_CHECK_SECONDS)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.url = url.rstrip("/")
        self.sleep = sleep
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1", headers=headers, timeout=timeout, transport=transport, follow_redirects=False
        )

    def close(self) -> None:
        """End it."""
        self._http.close()

    def json(self, method: str, path: str, **options: Any) -> Any:
        """Send a request that can be repeated, again where no answer comes or the board says so.

        Raises:
            ServerError: The board says no, or does not answer.
        """
        return _document(self._patiently(method, path, **options))

    def created(self, path: str, **options: Any) -> tuple[Any, bool]:
        """Post like `json`, and say also whether that made something new."""
        answer = self._patiently("POST", path, **options)
        return _document(answer), answer.status_code == httpx.codes.CREATED

    def _patiently(self, method: str, path: str, **options: Any) -> httpx.Response:
        for n_tries in range(1, MOST_TRIES):
            try:
                answer = self._http.request(method, path, **options)
            except httpx.TransportError:
                self.pause(n_tries)
                continue
            if answer.status_code not in _COME_AGAIN or _is_quota(answer):
                return answer
            self.pause(n_tries, told=answer.headers.get("Retry-After"))
        try:
            return self._http.request(method, path, **options)
        except httpx.TransportError as error:
            reason = str(error).strip().rstrip(".") or type(error).__name__
            raise ServerError(f"{self.url} does not answer: {reason}. Is the address right?") from error

    def send(self, path: str, blocks: Iterator[bytes], offset: int) -> Any:
        """Send a part of a file, and return what the board says of it then, however it went.

        Raises:
            ServerError: The board says no, or does not answer.
        """
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        try:
            answer = self._http.patch(path, content=blocks, headers=headers)
        except httpx.TransportError:
            return self.json("GET", path)
        if answer.status_code in _COME_AGAIN | _BROKE_OFF:
            return self.json("GET", path)
        return _document(answer)

    def pause(self, n_tries: int, told: str | None = None) -> None:
        """Wait before another try, the longer the more there were, and as long as the board asks for."""
        own = 0.0 if n_tries == 0 else _FIRST_PAUSE_SECONDS * 2.0 ** (n_tries - 1)
        asked = float(told) if told is not None and told.isdecimal() else 0.0
        self.sleep(min(max(own, asked), _LONGEST_PAUSE_SECONDS))


def _document(answer: httpx.Response) -> Any:
    try:
        document = answer.json() if answer.content else None
    except ValueError:
        document = None
    if answer.is_success:
        return document
    fault: Mapping[str, Any] | None = document.get("error") if isinstance(document, dict) else None
    if not isinstance(fault, dict):
        raise ServerError(
            f"{answer.url.host} answered {answer.status_code}, not as a board of Rematch does. Is the address right?",
            status=answer.status_code,
        )
    raise ServerError(
        str(fault.get("message")), code=str(fault.get("code")), status=answer.status_code, details=fault.get("details")
    )


def _is_quota(answer: httpx.Response) -> bool:
    """Whether the board will say the same for hours."""
    return answer.status_code == 429 and '"quota"' in answer.text
