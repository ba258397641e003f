"""How many submissions a minute 1, 2 and 4 workers score, and how long each takes from hand-in to result.

python -m benchmarks.load [--submissions 200] [--workers 1,2,4]

All are handed in as fast as one process can; the time of each is from its record to its stored result, so it holds the
wait for those before it. Then some more one after the other, each alone: what somebody waits for on an idle board.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from benchmarks.soak import by_intake
from benchmarks.soak_world import Kept
from tests.servers import own_postgres, own_redis, wait_until
from tests.submission_files import write_submission

WORKER = "from worker.cli import app\napp(['worker'])"
ALONE = 20
"""How many are handed in one after the other."""


def seconds_of(ids: list[UUID]) -> list[float]:
    """Return how long each submission took from its record to its result, in ascending order."""
    from submissions.database import session
    from submissions.status import read_status
    from submissions.tables import Status

    found = []
    with session() as opened:
        for submission_id in ids:
            status = read_status(opened, submission_id)
            [one] = status.evaluations
            assert one.status is Status.SUCCEEDED, one
            assert one.finished_at is not None
            found.append((one.finished_at - status.created_at).total_seconds())
    return sorted(found)


def wait_for(ids: list[UUID]) -> None:
    from submissions.database import session
    from submissions.status import count_states
    from submissions.tables import Status

    def is_done() -> bool:
        with session() as opened:
            return count_states(opened, ids)[Status.SUCCEEDED] == len(ids)

    wait_until(is_done, "The scoring of all", seconds=600)


def measure(n_workers: int, n: int, folder: Path) -> str:
    """Measure one number of workers, and return its row of the table."""
    from submissions import database

    with own_redis() as redis, own_postgres() as postgres, ExitStack() as ending:
        postgres.administer("CREATE DATABASE rematch")
        os.environ["REMATCH_HOME"] = str(folder / "home")
        os.environ["REMATCH_DATABASE_URL"] = f"{postgres.url}/rematch"
        os.environ["REMATCH_BROKER_URL"] = f"redis://127.0.0.1:{redis.port}/0"
        database.migrate()
        ending.callback(database.forget_connections)
        workers = [Kept(WORKER, folder / f"worker-{number}.log") for number in range(n_workers)]
        for one in workers:
            one.start()
            ending.callback(one.end)
            wait_until(lambda: b" ready." in one.log.read_bytes(), "A ready worker")  # noqa: B023  # called at once
        manifests = [write_submission(folder / f"s{i}", n_runs=1, system=f"system {i}") for i in range(n + ALONE)]
        warm = [
            by_intake(write_submission(folder / f"w{i}", n_runs=1, system=f"warm {i}")) for i in range(4 * n_workers)
        ]
        wait_for(warm)
        began = time.monotonic()
        together = [by_intake(manifest) for manifest in manifests[:n]]
        handed_in = time.monotonic() - began
        wait_for(together)
        took = time.monotonic() - began
        alone = []
        for manifest in manifests[n:]:
            alone.append(by_intake(manifest))
            wait_for(alone[-1:])
        many, few = seconds_of(together), seconds_of(alone)
    p50, p95 = statistics.median(many), many[int(0.95 * len(many))]
    return (
        f"| {n_workers} | {60 * n / took:,.0f} | {60 * n / handed_in:,.0f} | {p50:.2f} s | {p95:.2f} s |"
        f" {statistics.median(few):.2f} s | {few[int(0.95 * len(few))]:.2f} s |"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="Submissions a minute.")
    parser.add_argument("--submissions", type=int, default=200, metavar="N")
    parser.add_argument("--workers", default="1,2,4", metavar="N,N", help="how many workers, one after the other")
    options = parser.parse_args()
    print("| workers | scored a minute | handed in a minute | p50 of all | p95 of all | p50 alone | p95 alone |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for text in options.workers.split(","):
        with tempfile.TemporaryDirectory(prefix="rematch-load-") as folder:
            print(measure(int(text), options.submissions, Path(folder)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
