"""How long a board of 2,000 results takes: queries, means and ranks, each in one warm process.

python -m benchmarks.board [--results 2000] [--seeds 1]
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
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert
from sqlmodel import Session, SQLModel

ROOT = Path(__file__).resolve().parent.parent
PROTOCOL = "coco-5k"
N_IMAGES = 5000


def fill(session: Session, *, n_results: int, n_seeds: int, seed: int = 0, name: str = "system") -> None:
    """Store generated results on a board, every system with as many seeds."""
    from uuid import uuid4

    from submissions.tables import Artifact, Evaluation, ImageEffects, Queue, Result, Status, Submission, SubmittedRun

    rng = np.random.default_rng(seed)
    now = datetime.now(UTC)
    rows: dict[type[SQLModel], list[dict[str, object]]] = {
        k: [] for k in (Artifact, Submission, SubmittedRun, Evaluation, Result, ImageEffects)
    }
    difficulty = rng.uniform(-0.3, 0.3, N_IMAGES)
    if session.get(Artifact, "0" * 64) is None:
        rows[Artifact].append({"sha256": "0" * 64, "size": 1, "filename": "scores.npy", "created_at": now})
    for number in range(n_results // n_seeds):
        submission = uuid4()
        rows[Submission].append(
            {
                "id": submission,
                "system": f"{name} {number:04d}",
                "submitter": f"group {number % 37}",
                "setting": ("zero-shot", "fine-tuned", "trained-from-scratch")[number % 3],
                "deterministic": False,
                "manifest": {"runs": [{"file": "scores.npy"}] * n_seeds},
                "created_at": now,
            }
        )
        level = rng.uniform(0.2, 0.6)
        for position in range(n_seeds):
            run, evaluation = uuid4(), uuid4()
            rows[SubmittedRun].append(
                {
                    "id": run,
                    "submission_id": submission,
                    "position": position,
                    "artifact_sha256": "0" * 64,
                    "format": "npy",
                    "seed": position,
                    "seed_governs": ["training"],
                }
            )
            rows[Evaluation].append(
                {
                    "id": evaluation,
                    "run_id": run,
                    "protocol": PROTOCOL,
                    "protocol_version": 1,
                    "split": "coco/karpathy-test-25000",
                    "split_digest": "sha256:" + "1" * 64,
                    "judgments": "original",
                    "centricity": "scene",
                    "evaluator_version": "0.1.0",
                    "queue": Queue.SCORES,
                    "status": Status.SUCCEEDED,
                    "badges": [],
                    "warnings": [],
                    "n_images": N_IMAGES,
                    "n_captions": 5 * N_IMAGES,
                    "ranks_sha256": f"{number:032d}{position:032d}",
                    "attempts": 1,
                    "queued_at": now,
                    "finished_at": now - timedelta(seconds=(number * n_seeds + position) * 7 % 100_003),
                }
            )
            rows[Result] += _results(evaluation, level + rng.normal(0, 0.004))
            rows[ImageEffects].append(_effects(rng, evaluation, np.clip(level + difficulty, 0, 1)))
    for table, values in rows.items():
        if values:
            session.execute(insert(table), values)


def _effects(rng: np.random.Generator, evaluation: object, chance: NDArray[np.float64]) -> dict[str, object]:
    """Three recalls of every image and of its five captions, all around one chance."""
    from evaluator.effects_codec import encode_effects

    hits = rng.random((3, N_IMAGES)) < chance
    of_captions = rng.binomial(5, chance, (3, N_IMAGES)) / 5
    sums = hits.sum(axis=0) + of_captions.sum(axis=0)
    content = encode_effects(np.round(sums - sums.mean(), 12) / N_IMAGES)
    return {"evaluation_id": evaluation, "metric": "rsum", "n_clusters": N_IMAGES, "content": content}


def _results(evaluation: object, level: float) -> list[dict[str, object]]:
    def row(metric: str, direction: str, value: float, half: float) -> dict[str, object]:
        return {
            "evaluation_id": evaluation,
            "metric": metric,
            "direction": direction,
            "expected": value,
            "pessimistic": value,
            "optimistic": value,
            "low": value - half,
            "high": value + half,
        }

    rows, total = [], 0.0
    for direction, shift in (("i2t", 0.1), ("t2i", 0.0)):
        for metric, lift in (("R@1", 0.0), ("R@5", 0.2), ("R@10", 0.29)):
            value = min(level + shift + lift, 1.0)
            total += value
            rows.append(row(metric, direction, value, 0.012))
        rows += [
            row("MedR", direction, 2.0, 0.5),
            row("MeanR", direction, 9.1, 1.0),
            row("MRR", direction, level, 0.01),
        ]
    return [*rows, row("rsum", "both", total, 0.05)]


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
    parser.add_argument("--results", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "board.db"
        os.environ["REMATCH_DATABASE_URL"] = f"sqlite:///{path}"
        from submissions.database import migrate, session

        migrate()
        with session() as opened:
            fill(opened, n_results=options.results, n_seeds=options.seeds)
        measure_standings()


if __name__ == "__main__":
    main()
