"""How long a board of 2,000 systems takes: queries, means and ranks, each in one warm process.

python -m benchmarks.board [--systems 2000] [--seeds 8]
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.board_rows import fill

ROOT = Path(__file__).resolve().parent.parent


def measure_standings(*, repeats: int = 5) -> None:
    """Print the time of the queries and of the whole board, each in one warm process."""
    from leaderboard.paired_ranks import Effects, read_effects
    from leaderboard.shared_ranks import shared_ranks
    from leaderboard.standings import board_standings, contenders_of
    from submissions.board_query import board_keys, board_results, evaluated_runs
    from submissions.database import session

    with session() as opened:
        board = board_keys(opened)[0]
        table = board_standings(opened, board)
        number_of = {submission: number for number, submission in enumerate(table["submission"])}
        system_of = {run.evaluation_id: number_of[str(run.submission_id)] for run in evaluated_runs(opened, board)}

        def effects() -> Effects:
            return read_effects(opened, board, "rsum", system_of, len(table))

        contenders = contenders_of(table.assign(distinct=table["seeds"]), effects())
        for label, work in (
            ("board list", lambda: board_keys(opened)),
            ("queries", lambda: (evaluated_runs(opened, board), board_results(opened, board))),
            ("queries, means and ranks", lambda: board_standings(opened, board)),
            ("of which reading effects", effects),
            ("of which shared ranks", lambda: shared_ranks(contenders)),
        ):
            times = []
            for _ in range(repeats):
                started = time.perf_counter()
                work()
                times.append(time.perf_counter() - started)
            print(f"{label:28} {statistics.median(times) * 1000:8.0f} ms   ({len(table)} systems)")


@contextmanager
def web_server(script: Path, *, program: str = "leaderboard.board_server") -> Iterator[tuple[str, int]]:
    """Run a page as `rematch serve` does, or by another program; gives its address and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", program, "run", str(script), f"--server.port={port}"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://localhost:{port}"
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)  # noqa: S310 - our own server
                break
            except OSError:
                time.sleep(0.2)
        yield address, server.pid
    finally:
        server.terminate()
        server.wait(timeout=20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "board.db"
        os.environ["REMATCH_DATABASE_URL"] = f"sqlite:///{path}"
        from submissions.database import migrate, session

        migrate()
        with session() as opened:
            fill(opened, n_systems=options.systems, n_seeds=options.seeds)
        measure_standings()


if __name__ == "__main__":
    main()
