"""A thousand submissions with a fault every few seconds: is any lost, is any done twice?

python -m benchmarks.soak [--submissions 1000] [--workers 3] [--reapers 2] [--every 3] [--per-second 2.5] [--seed 0]

Exit code 1 if one is lost, doubled, or blamed on its submitter: all files are sound. Some submissions are made to kill
their worker every time, or to ask for too much memory: those must end as failures with their reason.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from threading import Event, Thread
from uuid import UUID

from benchmarks.soak_count import Counted, count, first_ends
from benchmarks.soak_world import HARMS, REAPER, SOON, WORKER, Kept, World
from tests.servers import own_postgres, own_redis

HandIn = Callable[[Path], UUID]
"""Takes a manifest and returns the submission that was accepted; raises while that is not possible."""
POISONED_EVERY = 50
DRAIN_SECONDS = 240.0


def by_intake(manifest: Path) -> UUID:
    """Hand in as `rematch submit` does; the same twice is the same submission."""
    from submissions.database import session
    from submissions.errors import AlreadySubmittedError
    from submissions.intake import check, record
    from submissions.status import read_status
    from worker.queue import BrokerError, enqueue_evaluations

    checked = check(manifest)
    try:
        with session() as opened:
            submission_id = record(opened, checked).id
    except AlreadySubmittedError as known:
        # The answer to an earlier try was lost, not the submission.
        return known.submission_id
    with suppress(BrokerError), session() as opened:
        enqueue_evaluations(read_status(opened, submission_id).queued)
    return submission_id


def poison(submission_id: UUID, number: int) -> None:
    """Let a submission be deadly for whoever scores it, unless it is scored already."""
    from submissions.database import session
    from submissions.status import read_status
    from tests.integration.faults import points

    with session() as opened:
        [one] = read_status(opened, submission_id).evaluations
    points.plan(one.id, "ranking", "kill" if number % (2 * POISONED_EVERY) else "memory", times=99)


def hand_in_all(n: int, folder: Path, hand_in: HandIn, *, per_second: float) -> list[UUID]:
    """Hand in submissions like no other at an even pace, each as often as it takes, as a patient client does."""
    from sqlalchemy.exc import SQLAlchemyError

    from splits.errors import RematchError
    from tests.submission_files import write_submission

    accepted, begun = [], time.monotonic()
    for number in range(n):
        time.sleep(max(begun + number / per_second - time.monotonic(), 0))
        manifest, submission_id = write_submission(folder / f"s{number}", n_runs=1, system=f"system {number}"), None
        while submission_id is None:
            try:
                submission_id = hand_in(manifest)
                if number % POISONED_EVERY == POISONED_EVERY - 1:
                    poison(submission_id, number + 1)
            except (RematchError, SQLAlchemyError):
                time.sleep(0.5)
        accepted.append(submission_id)
    return accepted


def harm_until(stop: Event, world: World, random: Random, *, every: float, done: Counter[str]) -> None:
    """Do harm again and again, by a plan that the seed decides."""
    kinds: list[str] = []
    while not stop.wait(random.uniform(0.5 * every, 1.5 * every)):
        # Every kind once before any comes again.
        kinds = kinds or random.sample(list(HARMS), len(HARMS))
        kind = kinds.pop()
        world.harm(kind, random)
        done[kind] += 1


def soak(options: argparse.Namespace, folder: Path) -> tuple[Counted, Counter[str], float]:
    """Run all of it and count what came of it."""
    from submissions import database

    with own_redis() as redis, own_postgres() as postgres:
        postgres.administer("CREATE DATABASE rematch")
        os.environ.update(SOON)
        os.environ["REMATCH_HOME"] = str(folder / "home")
        os.environ["REMATCH_DATABASE_URL"] = f"{postgres.url}/rematch"
        os.environ["REMATCH_BROKER_URL"] = f"redis://127.0.0.1:{redis.port}/0"
        database.migrate()
        workers = [Kept(WORKER, folder / f"worker-{n}.log") for n in range(options.workers)]
        reapers = [Kept(REAPER, folder / f"reaper-{n}.log") for n in range(options.reapers)]
        world, stop, harms = World(redis, postgres, workers, reapers), Event(), Counter[str]()
        plan = Random(options.seed)  # noqa: S311  # a plan that can be repeated, no secret
        with world.looked_after():
            began = time.monotonic()
            harming = Thread(
                target=harm_until, args=(stop, world, plan), kwargs={"every": options.every, "done": harms}
            )
            harming.start()
            seen = first_ends(stop)
            try:
                accepted = hand_in_all(options.submissions, folder, by_intake, per_second=options.per_second)
            finally:
                stop.set()
                harming.join()
            counted = count(accepted, seen(), patience_seconds=DRAIN_SECONDS)
            took = time.monotonic() - began
        database.forget_connections()
        counted.anew = sum(path.read_text().count("It starts anew") for path in folder.glob("worker-*.log"))
        counted.starts = sum(one.n_starts for one in (*workers, *reapers))
    return counted, harms, took


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description="Many submissions, many faults.")
    parser.add_argument("--submissions", type=int, default=1000, metavar="N")
    parser.add_argument("--workers", type=int, default=3, metavar="N", help="each with two children")
    parser.add_argument("--reapers", type=int, default=2, metavar="N")
    parser.add_argument("--every", type=float, default=3.0, metavar="SECONDS", help="between two faults, on average")
    parser.add_argument("--per-second", type=float, default=2.5, metavar="N", help="how many are handed in")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the plan of faults")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to a file")
    options = parser.parse_args()
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
