"""How many submissions a minute 1, 2 and 4 workers score, and how long each takes from its upload to its result.

python -m benchmarks.load [--submissions 200] [--large 40] [--workers 1,2,4]

Over HTTP, as submitters do it. First several clients hand in as fast as they can; the time of each submission is from
the begin of its upload to its stored result, so it holds the wait for those before it. Then some more one after the
other, each alone: what somebody waits for on an idle board. Small submissions (12 images) show what a submission costs
whatever it holds, large ones (Flickr30k's 1,000 x 5,000 scores, 20 MB) what it costs in life.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import numpy as np

from benchmarks.hand_in import SUBMITTER, clients, hand_in_all, hand_in_patiently, make_token
from benchmarks.served import GENEROUS, Kept, answers, api_on, settings
from tests.servers import free_port, own_postgres, own_redis, wait_until
from tests.submission_files import write_submission

WORKER = "from worker.cli import app\napp(['worker'])"
ALONE = 15
"""How many are handed in one after the other."""
CLIENTS = 4
"""How many hand in together."""
Write = Callable[[Path, int], Path]


def write_small(folder: Path, number: int) -> Path:
    """Write a submission over a split of 12 images."""
    return write_submission(folder, n_runs=1, system=f"system {number}")


def write_large(folder: Path, number: int) -> Path:
    """Write a submission over Flickr30k's test split, 20 MB of scores that no other has."""
    folder.mkdir()
    scores = np.random.default_rng(number).standard_normal((1000, 5000), dtype=np.float32)
    np.save(folder / "scores.npy", scores)
    manifest = folder / "submission.yaml"
    manifest.write_text(
        f"system: system {number}\nsubmitter: {SUBMITTER}\nsetting: zero-shot\nprotocols: [flickr30k-1k]\n"
        "runs:\n  - {file: scores.npy, seed: 0, seed_governs: [sampling]}\n"
    )
    return manifest


def finished(ids: Sequence[UUID]) -> list[float]:
    """Return when each submission had its result, as seconds since 1970."""
    from submissions.database import session
    from submissions.status import read_status
    from submissions.tables import Status

    found = []
    with session() as opened:
        for submission_id in ids:
            for one in read_status(opened, submission_id).evaluations:
                assert one.status is Status.SUCCEEDED, one
                assert one.finished_at is not None
            found.append(max(one.finished_at.timestamp() for one in read_status(opened, submission_id).evaluations))
    return found


def wait_for(ids: Sequence[UUID]) -> None:
    from submissions.database import session
    from submissions.status import count_states
    from submissions.tables import Status

    def is_done() -> bool:
        with session() as opened:
            states = count_states(opened, ids)
        return sum(states.values()) == states[Status.SUCCEEDED]

    wait_until(is_done, "The scoring of all", seconds=600)


def one_by_one(url: str, token: str, manifests: Sequence[Path]) -> list[float]:
    """Hand in each when the one before is scored; returns the seconds from upload to result."""
    seconds = []
    with clients(url, token, 1) as [board]:
        for manifest in manifests:
            began = time.time()
            submission_id = hand_in_patiently(board, manifest)
            wait_for([submission_id])
            seconds.append(finished([submission_id])[0] - began)
    return seconds


def together(url: str, token: str, manifests: Sequence[Path]) -> tuple[list[float], float, float]:
    """Hand in all; returns each one's seconds from upload to result, and when all were accepted and scored."""
    begins = dict[int, float]()

    def write_down(number: int) -> None:
        begins[number] = time.time()

    began = time.time()
    ids = hand_in_all(url, token, manifests, submitters=CLIENTS, before=write_down)
    accepted = time.time() - began
    wait_for(ids)
    ends = finished(ids)
    return [end - begins[number] for number, end in enumerate(ends)], accepted, max(ends) - began


def percentiles(seconds: Sequence[float]) -> str:
    """Return two cells: the median and the 95th percentile."""
    ordered = sorted(seconds)
    return f"{statistics.median(ordered):.2f} s | {ordered[int(0.95 * len(ordered))]:.2f} s"


def measure(n_workers: int, n: int, write: Write, folder: Path) -> str:
    """Measure one number of workers, and return its row of the table without the kind."""
    from submissions import database

    n_warm = 4 * n_workers
    manifests = [write(folder / f"s{number}", number) for number in range(n + n_warm + ALONE)]
    with own_redis() as redis, own_postgres() as postgres, ExitStack() as ending:
        postgres.administer("CREATE DATABASE rematch")
        places = {
            "REMATCH_HOME": str(folder / "home"),
            "REMATCH_DATABASE_URL": f"{postgres.url}/rematch",
            "REMATCH_BROKER_URL": redis.url,
        }
        ending.enter_context(settings({**GENEROUS, **places}))
        database.migrate()
        ending.callback(database.forget_connections)
        token, port = make_token(), free_port()
        workers = [Kept(WORKER, folder / f"worker-{number}.log") for number in range(n_workers)]
        for one in (*workers, api_on(port, folder / "api.log")):
            one.start()
            ending.callback(one.end)
        for one in workers:
            wait_until(lambda: b" ready." in one.log.read_bytes(), "A ready worker")  # noqa: B023  # called at once
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(url), "An answer of the API")
        wait_for(hand_in_all(url, token, manifests[n + ALONE :], submitters=CLIENTS))
        many, accepted, took = together(url, token, manifests[:n])
        few = one_by_one(url, token, manifests[n : n + ALONE])
    rates = f"{60 * n / took:,.0f} | {60 * n / accepted:,.0f}"
    return f"{n_workers} | {rates} | {percentiles(many)} | {percentiles(few)} |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="Submissions a minute.")
    parser.add_argument("--submissions", type=int, default=200, metavar="N", help="small ones")
    parser.add_argument("--large", type=int, default=40, metavar="N", help="large ones")
    parser.add_argument("--workers", default="1,2,4", metavar="N,N", help="how many workers, one after the other")
    options = parser.parse_args()
    print("| kind | workers | scored a minute | accepted a minute | p50 of all | p95 of all | p50 alone | p95 alone |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for kind, n, write in (("small", options.submissions, write_small), ("large", options.large, write_large)):
        for text in options.workers.split(",") if n else ():
            with tempfile.TemporaryDirectory(prefix="rematch-load-") as folder:
                print(f"| {kind} | {measure(int(text), n, write, Path(folder))}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
