"""python -m benchmarks [--quick] [--json FILE] [--budget SECONDS]: everything in one run, one table."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.agreement import TOLERANCE, recalls_of
from benchmarks.list_peers import list_peer_rows
from benchmarks.material import Material, generate
from benchmarks.matrix_peers import matrix_peer_rows
from benchmarks.ours import report_on, road_rows, scoring_rows
from benchmarks.parallel_read import parallel_read
from benchmarks.processes import process_rows
from benchmarks.table import document, lines, machine
from benchmarks.timing import Clock, Row

SEED = 20


def rows(material: Material, clock: Clock) -> Iterator[Row]:
    """Measure everything, in the order of the table."""
    ours = recalls_of(report_on(material))
    yield from scoring_rows(material, clock)
    yield from process_rows(material, clock)
    yield from road_rows(material, clock)
    yield from matrix_peer_rows(material, clock, ours)
    yield from list_peer_rows(material, clock, ours)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed of scoring, as ratios.")
    parser.add_argument("--quick", action="store_true", help="a small matrix, every row once or twice")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything to a file")
    parser.add_argument("--budget", type=float, default=6.0, metavar="SECONDS", help="how long a row is repeated")
    options = parser.parse_args()
    at_start = machine()
    with tempfile.TemporaryDirectory(prefix="rematch-bench-") as folder:
        material = generate(Path(folder), seed=SEED, quick=options.quick)
        clock = Clock(parallel_read(material.scores), 0.05 if options.quick else options.budget)
        found = []
        for row in rows(material, clock):
            print(f"{row.section}: {row.name}", file=sys.stderr, flush=True)
            # Aims are for the real size.
            found.append(replace(row, aim=None) if options.quick else row)
        shape = (material.split.n_images, material.split.n_captions)
    print(
        f"{shape[0]:,} x {shape[1]:,} float32, seed {SEED}; {at_start['processor']}, {at_start['threads']} threads,"
        f" load {at_start['load']} at the start."
    )
    print("x read: every repetition against a read of the array beside it, median of the ratios.")
    print("of bests: the fastest repetition against the fastest read, which others on the machine disturb least.\n")
    print("\n".join(lines(found)))
    print(f"\nAll peers that ran find the same R@1, R@5 and R@10 of both directions, to {TOLERANCE:g}.")
    if options.json:
        text = json.dumps(document(found, shape, at_start, seed=SEED), indent=2)
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
