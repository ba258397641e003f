"""What takes long to compute and is asked for often: shown at once as it was, while it is computed as it is."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

Found = TypeVar("Found")

PATIENCE_SECONDS = 0.3
"""How long the present state may take before the one before it is shown."""
N_THREADS = 1
"""One: the products of matrices that ranks are made of use all cores already."""


@dataclass(frozen=True, slots=True)
class Shown(Generic[Found]):
    """What there is to show."""

    found: Found
    state: str
    """What it was computed from: the key for whatever is derived from it."""
    is_fresh: bool
    """Whether that is the present state; else the present one is being computed."""


@dataclass(slots=True)
class _Slot(Generic[Found]):
    """What is known under one key."""

    kept: tuple[str, Found] | None = None
    working: tuple[str, float, "Future[Found]"] | None = None
    """The state that is being computed, since when, and what will hold it."""


class Fresh(Generic[Found]):
    """Keeps for every key what was computed last, with the state it was computed from; safe to be shared by threads.

    The first time, and whenever it is quick, whoever asks gets what is. Else they get what was, at once, and the work
    goes on for those who ask next: nobody waits for a board of thousands because somebody handed something in.
    """

    def __init__(self, *, most: int, patience_seconds: float | None = None) -> None:
        """Start with nothing.

        Args:
            most: How many keys are kept; those asked for longest ago go first.
            patience_seconds: See `PATIENCE_SECONDS`, its default.
        """
        self._most, self._patience = most, patience_seconds
        self._lock = threading.Lock()
        self._slots: OrderedDict[Hashable, _Slot[Found]] = OrderedDict()
        self._pool = ThreadPoolExecutor(N_THREADS, thread_name_prefix="fresh")

    def get(self, key: Hashable, state: str, compute: Callable[[], Found]) -> Shown[Found]:
        """Return what belongs to a state, or what belonged to an earlier one.

        Args:
            key: What is asked for.
            state: Names the present state: as long as it is the same, so is what is computed.
            compute: Computes it, in another thread.

        Raises:
            Exception: What the computation raised.
        """
        patience = PATIENCE_SECONDS if self._patience is None else self._patience
        while True:
            with self._lock:
                slot = self._slot(key)
                before = slot.kept
                if before is not None and before[0] == state:
                    return Shown(before[1], state, is_fresh=True)
                since, future = self._work(slot, state, compute)
            wait([future], None if before is None else max(0.0, since + patience - time.monotonic()))
            if future.done() and not future.cancelled():
                return Shown(future.result(), state, is_fresh=True)
            if before is not None:
                return Shown(before[1], before[0], is_fresh=False)

    def is_working(self) -> bool:
        """Whether anything is being computed."""
        with self._lock:
            return any(slot.working is not None and not slot.working[2].done() for slot in self._slots.values())

    def _slot(self, key: Hashable) -> _Slot[Found]:
        slot = self._slots.setdefault(key, _Slot())
        self._slots.move_to_end(key)
        if len(self._slots) > self._most:
            self._slots.popitem(last=False)
        return slot

    def _work(self, slot: _Slot[Found], state: str, compute: Callable[[], Found]) -> tuple[float, "Future[Found]"]:
        """Begin to compute, unless that was begun; what has not begun for an earlier state never does."""
        if slot.working is not None and slot.working[0] != state:
            slot.working[2].cancel()
            slot.working = None
        if slot.working is None:
            future = self._pool.submit(self._computed, slot, state, compute)
            slot.working = (state, time.monotonic(), future)
        return slot.working[1:]

    def _computed(self, slot: _Slot[Found], state: str, compute: Callable[[], Found]) -> Found:
        try:
            found = compute()
        except BaseException:
            with self._lock:
                # Whoever asks next tries again.
                if slot.working is not None and slot.working[0] == state:
                    slot.working = None
            raise
        with self._lock:
            slot.kept = (state, found)
        return found
