"""What takes long to compute and is asked for often: shown at once as it was, while it is computed as it is."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from splits.errors import RematchError

logger = logging.getLogger(__name__)
Found = TypeVar("Found")

PATIENCE_SECONDS = 0.3
"""How long the present state may take before the one before it is shown."""
RETRY_SECONDS = 10.0
"""What failed for a state is tried again after so long, and told until then."""


@dataclass(frozen=True, slots=True)
class State:
    """What things are computed from."""

    name: str
    """As long as it is the same, so is what is computed."""
    read_at: float = field(default_factory=time.monotonic)
    """When it was found to be the present one: of two states the later one counts."""


@dataclass(frozen=True, slots=True)
class Shown(Generic[Found]):
    """What there is to show."""

    found: Found
    state: str
    """The name of the state it was computed from: the key for whatever is derived from it."""
    is_fresh: bool
    """Whether that is the state asked for, or a later one; else the one asked for is being computed."""


@dataclass(slots=True)
class _Slot(Generic[Found]):
    """What is known under one key."""

    kept: tuple[State, Found] | None = None
    working: tuple[State, float, "Future[Found]"] | None = None
    """The state that is being computed, since when, and what will hold it."""
    failed: tuple[State, float, BaseException] | None = None

    def answer(self, state: State) -> Shown[Found] | None:
        """Return what was computed from a state or a later one."""
        if self.kept is None:
            return None
        own, found = self.kept
        is_answer = own.name == state.name or own.read_at > state.read_at
        return Shown(found, own.name, is_fresh=True) if is_answer else None


class Fresh(Generic[Found]):
    """Keeps for every key what was computed last, with the state it was computed from; safe to be shared by threads.

    The first time, and whenever it is quick, whoever asks gets what is. Else they get what was, at once, and the work
    goes on for those who ask next: nobody waits for a board of thousands because somebody handed something in. One
    thing is computed at a time, as the products of matrices that ranks are made of use all cores already.
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
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def begin(self, key: Hashable, state: State, compute: Callable[[], Found]) -> None:
        """See to it that something is computed, and wait for nothing; see `get`."""
        with self._lock:
            slot = self._slot(key)
            if slot.answer(state) is None and self._failure(slot, state) is None:
                self._work(slot, state, compute)

    def get(self, key: Hashable, state: State, compute: Callable[[], Found]) -> Shown[Found]:
        """Return what belongs to a state or a later one, or what belonged to an earlier one.

        Args:
            key: What is asked for.
            state: The state that whoever asks found.
            compute: Computes it, in another thread.

        Raises:
            Exception: What the computation raised.
        """
        patience = PATIENCE_SECONDS if self._patience is None else self._patience
        while True:
            with self._lock:
                slot = self._slot(key)
                if (answer := slot.answer(state)) is not None:
                    return answer
                if (error := self._failure(slot, state)) is not None:
                    raise error
                before = slot.kept
                since, future = self._work(slot, state, compute)
            wait([future], None if before is None else max(0.0, since + patience - time.monotonic()))
            if before is not None and not future.done():
                return Shown(before[1], before[0].name, is_fresh=False)

    def is_settled(self, key: Hashable, state: State) -> bool:
        """Whether nothing of a state is left to wait for: it was computed, or a later one, or it failed."""
        with self._lock:
            slot = self._slots.get(key)
            return slot is None or slot.answer(state) is not None or self._failure(slot, state) is not None

    def _slot(self, key: Hashable) -> _Slot[Found]:
        slot = self._slots.setdefault(key, _Slot())
        self._slots.move_to_end(key)
        if len(self._slots) > self._most:
            self._slots.popitem(last=False)
        return slot

    @staticmethod
    def _failure(slot: _Slot[Found], state: State) -> BaseException | None:
        if slot.failed is None:
            return None
        own, at, error = slot.failed
        return error if own.name == state.name and time.monotonic() - at < RETRY_SECONDS else None

    def _work(self, slot: _Slot[Found], state: State, compute: Callable[[], Found]) -> tuple[float, "Future[Found]"]:
        """Begin to compute, unless that or a later state was begun; what waits for an earlier state never begins."""
        if slot.working is not None:
            own, since, future = slot.working
            if own.name == state.name or own.read_at > state.read_at:
                return since, future
            future.cancel()
        future = Future()
        slot.working = (state, time.monotonic(), future)
        self._jobs.put(lambda: self._compute(slot, state, future, compute))
        if self._thread is None:
            # A daemon: the end of the server waits for no ranks.
            self._thread = threading.Thread(target=self._run, name="fresh", daemon=True)
            self._thread.start()
        return slot.working[1:]

    def _run(self) -> None:
        while True:
            self._jobs.get()()

    def _compute(self, slot: _Slot[Found], state: State, future: "Future[Found]", compute: Callable[[], Found]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        found: Any = None
        error: BaseException | None = None
        try:
            found = compute()
        except Exception as raised:  # whoever asked raises it
            error = raised
            if not isinstance(raised, RematchError):
                logger.exception("What a page shows could not be computed.")
        with self._lock:
            if error is not None:
                slot.failed = (state, time.monotonic(), error)
            elif slot.kept is None or slot.kept[0].read_at <= state.read_at:
                slot.kept = (state, found)
            if slot.working is not None and slot.working[2] is future:
                slot.working = None
        future.set_result(found)
