"""Whether the broker is there, keeps what it is told, and has room for it."""

import time
from typing import Any

from splits.shown import shown
from submissions.tables import Queue
from worker.broker_client import BrokerAwayError, asked, shown_broker
from worker.probe import Answer, Part, Probe, fail, ok, skip, warn
from worker.queue import is_embedded

OLDEST = (6, 2)
SLOW_SECONDS = 1.0
FULL_SHARE = 0.8
UNACKNOWLEDGED = "unacked"
"""Where Celery keeps what workers took and have not done yet."""
_SET = "In its configuration or at once: redis-cli CONFIG SET"


def _reach() -> Answer:
    if is_embedded():
        return skip("no broker is set: a local worker takes its work from the database")
    version, seconds = asked(_version)
    found = f"{shown_broker()}, Redis {version}, answers in {1000 * seconds:.0f} ms"
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST:
        return warn(found, f"Use Redis {'.'.join(map(str, OLDEST))} or newer.")
    return (
        warn(found, "Look at the load of its machine and the network between.") if seconds > SLOW_SECONDS else ok(found)
    )


def _version(client: Any) -> tuple[str, float]:
    """Return the version of the server, and how long it took to say it once there was a connection."""
    # Not `PING`, which a server refuses that cannot write its snapshots.
    client.time()
    started = time.monotonic()
    return str(client.info("server")["redis_version"]), time.monotonic() - started


def _memory() -> Answer:
    info = asked(lambda client: client.info("memory"))
    used, most, policy = int(info["used_memory"]), int(info["maxmemory"]), str(info["maxmemory_policy"])
    found = f"{used / 2**20:.0f} MB used of {f'{most / 2**20:.0f} MB' if most else 'no limit'}, {policy}"
    if policy != "noeviction":
        return warn(
            f"{found}: it forgets messages when its memory is full",
            f"{_SET} maxmemory-policy noeviction. What is forgotten is found again, after REMATCH_RESEND_SECONDS.",
        )
    if most and used > FULL_SHARE * most:
        advice = f"Find out what fills it (redis-cli --bigkeys), or allow more. {_SET} maxmemory {2 * most // 2**20}mb"
        return (fail if used >= most else warn)(found, advice)
    return ok(found)


def _persistence() -> Answer:
    info = asked(lambda client: client.info("persistence"))
    for what in ("aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"):
        if info.get(what, "ok") != "ok":
            return fail(
                f"it cannot write what it keeps ({what} is {shown(str(info[what]), 40)}), and may refuse messages",
                "Look at the free space and the permissions of its folder (redis-cli CONFIG GET dir), and at its log.",
            )
    if int(info.get("aof_enabled", 0)):
        return ok("it keeps every message (append-only file)")
    if _saves():
        return ok("it keeps a snapshot now and then")
    return warn(
        "it forgets every message when it restarts",
        f"Nothing is lost by that, but what waits is begun later. {_SET} appendonly yes",
    )


def _saves() -> bool:
    """Whether it is configured to save snapshots; taken for granted where it does not tell."""
    try:
        return bool(asked(lambda client: client.config_get("save")).get("save", ""))
    except BrokerAwayError:
        return True


def _queues() -> Answer:
    def lengths(client: Any) -> tuple[dict[str, int], int]:
        return {queue.value: int(client.llen(queue.value)) for queue in Queue}, int(client.hlen(UNACKNOWLEDGED))

    waiting, taken = asked(lengths)
    told = ", ".join(f"{number:,} for {name}" for name, number in waiting.items())
    return ok(f"messages: {told}; {taken:,} taken and not done")


BROKER = Probe(
    "broker",
    Part.BROKER,
    f"answers within {SLOW_SECONDS:g} s",
    _reach,
    remedy="Start Redis, or correct REMATCH_BROKER_URL and its password. Nothing is lost: what was handed in waits in"
    " the database.",
    needs=("settings",),
)
MEMORY = Probe("broker-memory", Part.BROKER, "room for messages, of which none is dropped", _memory, needs=("broker",))
PERSISTENCE = Probe("broker-persistence", Part.BROKER, "messages survive a restart", _persistence, needs=("broker",))
QUEUES = Probe("broker-queues", Part.BROKER, "the queues can be read", _queues, needs=("broker",))
