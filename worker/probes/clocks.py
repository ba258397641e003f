"""Whether the clocks agree: waits, signs of life and time limits compare the times of several machines."""

import time
from collections.abc import Callable

from sqlalchemy import text

from submissions.database import get_engine, session
from worker.broker_client import asked
from worker.probe import Answer, Part, Probe, fail, ok, skip, warn
from worker.queue import is_embedded
from worker.settings import get_settings

MOST_SECONDS = 2.0
EXPECTED = f"within {MOST_SECONDS:g} s of the clock of this machine"
_ADVICE = "Set the clocks of both machines by the network (NTP, chrony), and look which of them is wrong: date -u"


def _of_database() -> Answer:
    if get_engine().dialect.name == "sqlite":
        return ok("SQLite has the clock of this machine")

    def ask() -> float:
        with session() as opened:
            return float(opened.connection().execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())

    return _compared(ask)


def _of_broker() -> Answer:
    if is_embedded():
        return skip("no broker is set")

    def ask() -> float:
        seconds, microseconds = asked(lambda client: client.time())
        return float(seconds + microseconds / 1e6)

    return _compared(ask)


def _compared(ask: Callable[[], float]) -> Answer:
    before = time.time()
    there = ask()
    after = time.time()
    # Only what the time of asking cannot explain.
    difference = max(there - after, before - there, 0.0)
    word = "ahead of" if there > after else "behind"
    if difference <= MOST_SECONDS:
        return ok(f"no more than {difference + after - before:.1f} s apart")
    found = f"{difference:.0f} s {word} this machine"
    # By then who is alive is taken for dead, or who is dead for alive.
    return (fail if difference > get_settings().stale_seconds / 2 else warn)(found, _ADVICE)


DATABASE_CLOCK = Probe("database-clock", Part.DATABASE, EXPECTED, _of_database, needs=("database",))
BROKER_CLOCK = Probe("broker-clock", Part.BROKER, EXPECTED, _of_broker, needs=("broker",))
