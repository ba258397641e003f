"""What takes long to compute and is asked for often: shown at once as it was, while it is computed as it is."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

Found = TypeVar("Found")

PATIENCE_SECONDS = 0.6
"""How long somebody who looks waits for the present state before the one before it is shown."""


@dataclass(frozen=True, slots=True)
class Shown(Generic[Found]):
    """What there is to show."""

    found: Found
    is_fresh: bool
    """Whether it is of the present state; else it is of an earlier one, and the present one is being computed."""


class Fresh(Generic[Found]):
    """Keeps what was computed last, under the state that it was computed from; safe to be shared by threads.

    The first time, and whenever it is quick, whoever asks gets what is. Else they get what was, at once, and the work
    goes on for those who ask next: nobody waits for a board of thousands because somebody handed something in.
    """

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Start with nothing."""
        self._patience = patience_seconds
        self._lock = threading.Lock()
        self._kept: tuple[str, Found] | None = None
        self._working: tuple[str, Future[Found]] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="fresh")

    def get(self, state: str, compute: Callable[[], Found]) -> Shown[Found]:
        """Return what belongs to a state, or what belonged to an earlier one.

        Args:
            state: Names the present state: as long as it is the same, so is what is computed.
            compute: Computes it, in another thread.

        Raises:
            Exception: What the computation raised, where there is nothing else to show.
        """
        while True:
            with self._lock:
                before = self._kept
                if before is not None and before[0] == state:
                    return Shown(before[1], is_fresh=True)
                future = self._work(state, compute)
            wait([future], None if before is None else self._patience)
            if future.done() and not future.cancelled():
                return Shown(future.result(), is_fresh=True)
            if before is not None:
                return Shown(before[1], is_fresh=False)

    def _work(self, state: str, compute: Callable[[], Found]) -> "Future[Found]":
        """Begin to compute, unless that was begun; what has not begun for an earlier state never does."""
        if self._working is not None and self._working[0] != state:
            self._working[1].cancel()
            self._working = None
        if self._working is None:
            self._working = (state, self._pool.submit(self._computed, state, compute))
        return self._working[1]

    def _computed(self, state: str, compute: Callable[[], Found]) -> Found:
        try:
            found = compute()
        except BaseException:
            with self._lock:
                # Whoever asks next tries again.
                if self._working is not None and self._working[0] == state:
                    self._working = None
            raise
        with self._lock:
            self._kept = (state, found)
        return found
