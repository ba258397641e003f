"""Hand in many submissions over HTTP, as several submitters do, for the soak and the load."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from uuid import UUID

from submissions.client import Client, ServerError

SUBMITTER = "Somebody"
"""The account that hands in; manifests must name it."""
MAY_PASS = frozenset({408, 409, 429})
"""What a board says no to now, and not for ever."""


def make_token() -> str:
    """Add an account to the database that the settings name, and return a token of it."""
    from submissions.account_tables import Role
    from submissions.accounts import create_account, create_token
    from submissions.database import session

    with session() as opened:
        return create_token(opened, create_account(opened, SUBMITTER, role=Role.SUBMITTER), label="many", days=1).secret


@contextmanager
def clients(url: str, token: str, n: int) -> Iterator[list[Client]]:
    """Open so many clients, each with connections of its own."""
    with ExitStack() as opened:
        yield [opened.enter_context(Client(url, token, timeout=20.0)) for _ in range(n)]


def hand_in_patiently(board: Client, manifest: Path, given_up: Event | None = None) -> UUID:
    """Hand in as often as it takes until the board says that it has it, and return the id that it gave."""
    while given_up is None or not given_up.is_set():
        try:
            return UUID(board.submit(manifest)["submission"])
        except ServerError as error:
            if error.status is not None and error.status < 500 and error.status not in MAY_PASS:
                raise
            time.sleep(0.5)
    raise InterruptedError(f"{manifest} was given up.")


def hand_in_all(
    url: str,
    token: str,
    manifests: Sequence[Path],
    *,
    submitters: int,
    per_second: float = float("inf"),
    before: Callable[[int], None] = lambda number: None,
    and_then: Callable[[int, UUID], None] = lambda number, submission_id: None,
) -> list[UUID]:
    """Hand in submissions, and return the ids of what was accepted.

    Args:
        url: The board.
        token: Of an account there.
        manifests: What to hand in, in this order.
        submitters: How many hand in at the same time.
        per_second: At what pace; at once if it is not finite.
        before: Takes the number of a submission before it is uploaded.
        and_then: Takes the number and the id of a submission once it is accepted.
    """
    begun, given_up = time.monotonic(), Event()
    with clients(url, token, submitters) as boards, ThreadPoolExecutor(submitters) as pool:

        def hand_in(number: int) -> UUID:
            time.sleep(max(begun + number / per_second - time.monotonic(), 0))
            before(number)
            board = free.pop()
            try:
                submission_id = hand_in_patiently(board, manifests[number], given_up)
            finally:
                free.append(board)
            and_then(number, submission_id)
            return submission_id

        free = list(boards)
        try:
            return list(pool.map(hand_in, range(len(manifests))))
        finally:
            # Whoever stops this does not wait for a board that is no more.
            given_up.set()
