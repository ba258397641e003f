"""A thousand submissions over HTTP with a fault every few seconds: is any lost, is any done twice?

python -m benchmarks.soak [--submissions 1000] [--workers 3] [--reapers 2] [--every 4] [--per-second 2.5] [--seed 0]

Exit code 1 if one is lost, doubled, or blamed on its submitter: all files are sound. Some submissions are made to kill
their worker every time, or to ask for too much memory: those must end as failures with their reason.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Event, Thread
from uuid import UUID

from benchmarks.hand_in import hand_in_all, make_token
from benchmarks.served import GENEROUS, Kept, answers, api_on, settings
from benchmarks.soak_count import Counted, count, first_ends
from benchmarks.soak_world import HARMS, REAPER, SOON, WORKER, World
from splits.errors import RematchError
from tests.servers import free_port, own_postgres, own_redis, wait_until
from tests.submission_files import write_submission

CLIENTS = 8
"""How many hand in at the same time."""
POISONED_EVERY = 50
DRAIN_SECONDS = 240.0


def poison(number: int, submission_id: UUID) -> None:
    """Let every fiftieth submission be deadly for whoever scores it, unless it is scored already."""
    if (number + 1) % POISONED_EVERY:
        return
    from sqlalchemy.exc import SQLAlchemyError

    from submissions.database import session
    from submissions.status import read_status
    from tests.integration.faults import points

    while True:
        try:
            with session() as opened:
                [one] = read_status(opened, submission_id).evaluations
            break
        except (SQLAlchemyError, RematchError):
            # The database is away, as it is meant to be.
            time.sleep(0.5)
    points.plan(one.id, "ranking", "kill" if (number + 1) % (2 * POISONED_EVERY) else "memory", times=99)


def harm_until(stop: Event, world: World, random: Random, *, every: float, done: Counter[str]) -> None:
    """Do harm again and again, by a plan that the seed decides."""
    kinds: list[str] = []
    while not stop.wait(random.uniform(0.5 * every, 1.5 * every)):
        # Every kind once before any comes again.
        kinds = kinds or random.sample(list(HARMS), len(HARMS))
        kind = kinds.pop()
        world.harm(kind, random)
        done[kind] += 1


@contextmanager
def harmed(world: World, random: Random, *, every: float) -> Iterator[Counter[str]]:
    """Do harm until the block ends; gives how often which kind was done."""
    stop, done = Event(), Counter[str]()
    thread = Thread(target=harm_until, args=(stop, world, random), kwargs={"every": every, "done": done})
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


@contextmanager
def made(options: argparse.Namespace, folder: Path) -> Iterator[tuple[World, str]]:
    """Make servers, a migrated database, and all processes, not started; gives also the address of the API."""
    from submissions import database

    with own_redis() as redis, own_postgres() as postgres:
        postgres.administer("CREATE DATABASE rematch")
        places = {
            "REMATCH_HOME": str(folder / "home"),
            "REMATCH_DATABASE_URL": f"{postgres.url}/rematch",
            "REMATCH_BROKER_URL": redis.url,
        }
        with settings({**SOON, **GENEROUS, **places}):
            database.migrate()
            port = free_port()
            workers = [Kept(WORKER, folder / f"worker-{n}.log") for n in range(options.workers)]
            reapers = [Kept(REAPER, folder / f"reaper-{n}.log") for n in range(options.reapers)]
            api = api_on(port, folder / "api.log")
            yield World(redis, postgres, api, workers, reapers), f"http://127.0.0.1:{port}"
            database.forget_connections()


def soak(options: argparse.Namespace, folder: Path) -> tuple[Counted, Counter[str], float]:
    """Run all of it and count what came of it."""
    manifests = [write_submission(folder / f"s{n}", n_runs=1, system=f"system {n}") for n in range(options.submissions)]
    with made(options, folder) as (world, url):
        token = make_token()
        with world.looked_after():
            wait_until(lambda: answers(url), "An answer of the API")
            began = time.monotonic()
            watched = Event()
            seen = first_ends(watched)
            # The plan can be repeated; it is no secret.
            with harmed(world, Random(options.seed), every=options.every) as harms:  # noqa: S311
                accepted = hand_in_all(
                    url, token, manifests, submitters=CLIENTS, per_second=options.per_second, and_then=poison
                )
            watched.set()
            counted = count(accepted, seen(), patience_seconds=DRAIN_SECONDS)
            took = time.monotonic() - began
        counted.anew = sum(path.read_text().count("It starts anew") for path in folder.glob("worker-*.log"))
        counted.starts = sum(one.n_starts for one in world.processes)
    return counted, harms, took


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description="Many submissions, many faults.")
    parser.add_argument("--submissions", type=int, default=1000, metavar="N")
    parser.add_argument("--workers", type=int, default=3, metavar="N", help="each with two children")
    parser.add_argument("--reapers", type=int, default=2, metavar="N")
    parser.add_argument("--every", type=float, default=4.0, metavar="SECONDS", help="between two faults, on average")
    parser.add_argument("--per-second", type=float, default=2.5, metavar="N", help="how many are handed in")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the plan of faults")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to a file")
    options = parser.parse_args()
    # Whoever stops it stops all that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="rematch-soak-") as folder:
        counted, harms, took = soak(options, Path(folder))
    figures = {**counted.figures(), "seconds": round(took), "faults": harms.total(), **dict(sorted(harms.items()))}
    for name, value in figures.items():
        print(f"{name:<40} {value:>8,}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 1 if counted.lost or counted.doubled or counted.blamed else 0


if __name__ == "__main__":
    sys.exit(main())
