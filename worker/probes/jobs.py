"""Whether what was handed in is scored, and what waits for somebody to mend something."""

from datetime import datetime

from submissions.at_work import n_failed_through_us, n_postponed, n_silent, waiting
from submissions.database import session
from submissions.findings import count_of
from submissions.tables import now
from worker.probe import Answer, Part, Probe, fail, ok, warn
from worker.settings import get_settings

LONG_SECONDS = 3600.0
TOO_LONG_SECONDS = 24 * 3600.0
_SEE = "See which, and what they say: rematch status"


def _oldest() -> Answer:
    with session() as opened:
        found = waiting(opened)
    if not found:
        return ok("nothing waits")
    told = ", ".join(f"{one.n:,} for {one.queue.value} (the first for {_age(one.since)})" for one in found)
    oldest = max((now() - one.since).total_seconds() for one in found)
    advice = (
        "Are there workers for that queue (see `workers`)? If they are busy, start more: rematch worker --queue NAME"
    )
    if oldest > TOO_LONG_SECONDS:
        return fail(told, advice)
    return warn(told, advice) if oldest > LONG_SECONDS else ok(told)


def _waits_for_us() -> Answer:
    with session() as opened:
        number = n_postponed(opened)
    if number:
        return warn(
            f"{count_of(number, 'evaluation')} waiting after a fault of ours",
            f"{_SEE}. They are tried again by themselves; at once, when it is mended: rematch requeue --failed",
        )
    return ok("nothing waits after a fault of ours")


def _failed() -> Answer:
    with session() as opened:
        number = n_failed_through_us(opened)
    if number:
        return warn(
            f"{count_of(number, 'evaluation')} failed through us",
            f"{_SEE}; the log of the worker says why. When it is mended: rematch requeue --failed",
        )
    return ok("nothing failed through us")


def _reaping() -> Answer:
    settings = get_settings()
    # A reaper that works has found it by then.
    patience = settings.stale_seconds + 3 * settings.reap_seconds
    with session() as opened:
        number = n_silent(opened, seconds=patience)
    if number:
        return fail(
            f"{count_of(number, 'evaluation')} running without a sign of life for more than {patience:g} s",
            "No reaper is at work: every worker is one, and so is: rematch reap",
        )
    return ok("nothing runs without a sign of life")


def _age(since: datetime) -> str:
    seconds = int((now() - since).total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{max(seconds, 0)} s"


OLDEST = Probe("waiting", Part.JOBS, "nothing waits for more than an hour", _oldest, needs=("migrations",))
WAITS_FOR_US = Probe(
    "postponed", Part.JOBS, "nothing waits after a fault of ours", _waits_for_us, needs=("migrations",)
)
FAILED = Probe("failed-through-us", Part.JOBS, "nothing failed through a fault of ours", _failed, needs=("migrations",))
REAPING = Probe("reaper", Part.JOBS, "what lost its worker is queued again", _reaping, needs=("migrations",))
