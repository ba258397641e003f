"""A Python client of the HTTP API: hand in, watch, read results.

    from submissions.client import Client

    with Client("https://board.example", token="rematch_...") as board:
        handed_in = board.submit("submission.yaml")
        print(board.wait(handed_in["submission"])["status"])

It needs the address, a token, and the files. What breaks off is resumed, and what is not answered is asked again: a
submission is made once, however often its request had to be sent.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from submissions.artifacts import digest_of
from submissions.connection import MOST_TRIES, Connection, ServerError
from submissions.errors import ManifestError
from submissions.manifest import parse_manifest
from submissions.yaml_document import read_yaml

__all__ = ["UNFINISHED", "Client", "ServerError"]

BLOCK = 2**20
UNFINISHED = frozenset({"queued", "running"})

Document = dict[str, Any]
Tell = Callable[[str, int, int], None]
"""Takes a file's name, how many bytes of it have arrived, and how many it has."""


class Client:
    """One board, seen by one token."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the address of a board, such as https://board.example, and a token; nothing is sent yet.

        Args:
            url: The board.
            token: Whose eyes to see it with; None for everybody's.
            timeout: Seconds to wait for a connection, and for each part of an answer.
            transport: How requests travel, for tests.
            sleep: How to wait between two tries.
        """
        self._connection = Connection(url, token, timeout=timeout, transport=transport, sleep=sleep)

    def __enter__(self) -> Self:
        """Use it as a context that closes its connections."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connections."""
        self._connection.close()

    @property
    def url(self) -> str:
        """The board."""
        return self._connection.url

    def me(self) -> Document:
        """Say whose token this is, and what its account used of its quota."""
        found: Document = self._connection.json("GET", "/me")
        return found

    def submit(
        self,
        manifest: str | Path,
        *,
        private: bool = False,
        supersedes: str | None = None,
        tell: Tell = lambda name, sent, size: None,
    ) -> Document:
        """Upload the files that a manifest names, hand it in, and return what the board says of it.

        The key `known` is added: whether the board had the same submission before, and so recorded nothing.

        Args:
            manifest: The manifest's path; its files are named from its folder.
            private: Whether only this account and admins see it until it is published.
            supersedes: The id of an earlier submission that this one replaces.
            tell: Takes how far each file is.

        Raises:
            ManifestError: The manifest cannot be read.
            ServerError: The board refuses it, or does not answer.
        """
        body = self._body(Path(manifest), tell) | {"private": private, "supersedes": supersedes}
        headers = {"Idempotency-Key": uuid4().hex}
        found, is_new = self._connection.created(
            "/submissions", json=body, headers=headers, timeout=self._connection.patience
        )
        return {**found, "known": not is_new}

    def check(self, manifest: str | Path, *, tell: Tell = lambda name, sent, size: None) -> Document:
        """Have the board check a manifest with its files, which stay there for a day, and record nothing."""
        body = self._body(Path(manifest), tell)
        found: Document = self._connection.json(
            "POST", "/submissions/check", json=body, timeout=self._connection.patience
        )
        return found

    def status(self, submission: str) -> Document:
        """Say what became of a submission."""
        found: Document = self._connection.json("GET", f"/submissions/{submission}")
        return found

    def submissions(self, **wanted: Any) -> Iterator[Document]:
        """List submissions, newest first; keywords are those of the API, such as `own=True`."""
        return self._pages("/submissions", wanted)

    def wait(self, submission: str, *, seconds: float = float("inf"), every: float = 1.0) -> Document:
        """Wait until nothing of a submission waits or runs, or so many seconds have passed."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.status(submission)
            if found["status"] not in UNFINISHED or time.monotonic() >= deadline:
                return found
            self._connection.sleep(every)

    def publish(self, submission: str) -> Document:
        """Show a private submission to everybody."""
        found: Document = self._connection.json("POST", f"/submissions/{submission}/publish")
        return found

    def results(self, **wanted: Any) -> Iterator[Document]:
        """List results; keywords are those of the API, such as `protocol="coco-5k"`."""
        return self._pages("/results", wanted)

    def get(self, path: str, **wanted: Any) -> Any:
        """Read anything else of the API, such as `/protocols`."""
        return self._connection.json("GET", path, params=_stated(wanted))

    def upload(self, path: Path, *, tell: Tell = lambda name, sent, size: None) -> str:
        """Send a file, unless the board has it, and return its SHA-256; what breaks off is resumed.

        Raises:
            ServerError: The board refuses it, or does not answer.
        """
        stored = digest_of(path)
        announced = {"sha256": stored.sha256, "size": stored.size, "filename": path.name}
        found = self._connection.json("POST", "/uploads", json=announced)
        n_tries, arrived = 0, -1
        while not found["complete"]:
            # Whatever got through counts as a success: only standing still uses up the tries.
            n_tries = 0 if found["offset"] > arrived else n_tries + 1
            arrived = found["offset"]
            if n_tries >= MOST_TRIES:
                raise ServerError(
                    f"{path.name} does not get through to {self._connection.url}: {arrived:,} bytes have arrived."
                )
            self._connection.pause(n_tries)
            blocks = _read(path, arrived, stored.size, tell)
            found = self._connection.send(f"/uploads/{found['id']}", blocks, arrived)
        tell(path.name, stored.size, stored.size)
        return stored.sha256

    def _body(self, manifest: Path, tell: Tell) -> Document:
        document = read_yaml(manifest)
        parsed = parse_manifest(document)
        named = dict.fromkeys([parsed.split, *(name for run in parsed.runs for name in (run.file, run.weights))])
        names = [name for name in named if name is not None]
        missing = [name for name in names if not (manifest.parent / name).is_file()]
        if missing:
            problems = [
                f"{name} is not in the folder of the manifest, {manifest.parent.resolve()}." for name in missing
            ]
            raise ManifestError(problems)
        files = {name: self.upload(manifest.parent / name, tell=tell) for name in names}
        return {"manifest": document, "files": files}

    def _pages(self, path: str, wanted: Mapping[str, Any]) -> Iterator[Document]:
        after: str | None = None
        while True:
            page = self._connection.json("GET", path, params=_stated({"limit": 100, **wanted, "after": after}))
            yield from page["items"]
            after = page["next"]
            if after is None:
                return


def _read(path: Path, offset: int, size: int, tell: Tell) -> Iterator[bytes]:
    """Read the rest of a file in blocks."""
    with path.open("rb") as stream:
        stream.seek(offset)
        while offset < size and (block := stream.read(min(BLOCK, size - offset))):
            tell(path.name, offset, size)
            yield block
            offset += len(block)


def _stated(wanted: Mapping[str, Any]) -> Document:
    return {name: value for name, value in wanted.items() if value is not None}
