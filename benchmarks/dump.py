"""How long a dump of 200,000 results takes, and its way back, and how much memory: each in a process of its own.

python -m benchmarks.dump [--results 200000] [--files 40] [--to postgresql://...]
"""

import argparse
import hashlib
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from sqlalchemy import insert, select

from benchmarks.board_rows import fill
from benchmarks.processes import used

RESULTS_OF_ONE = 13
"""What one evaluation of the generated board measures."""
RANKS_BYTES = 30_000
FILE_BYTES = 5_000_000
COMMAND = [sys.executable, "-c", "from leaderboard.cli import main; main()"]


def add_ranks_and_files(n_files: int, folder: Path) -> None:
    """Give every evaluation per-query ranks, which do not compress, and store some files."""
    from submissions.artifacts import artifact_store
    from submissions.database import session
    from submissions.tables import Artifact, Evaluation, QueryRanks, now

    rng = np.random.default_rng(1)
    with session() as opened:
        for evaluation in opened.execute(select(Evaluation.id)).scalars().all():
            ranks = {one: rng.bytes(RANKS_BYTES) for one in ("i2t", "t2i")}
            rows = [{"evaluation_id": evaluation, "direction": one, "content": two} for one, two in ranks.items()]
            opened.execute(insert(QueryRanks), rows)
        for _ in range(n_files):
            path, content = folder / "content", rng.bytes(FILE_BYTES)
            path.write_bytes(content)
            sha256 = hashlib.sha256(content).hexdigest()
            artifact_store().keep({sha256: path})
            opened.add(Artifact(sha256=sha256, size=len(content), filename="scores.npy", created_at=now()))


def measure(label: str, *arguments: str, size: Path | None = None, **settings: str) -> None:
    taken = used([*COMMAND, *arguments], settings)
    written = f"   {size.stat().st_size / 1e6:,.0f} MB" if size else ""
    print(f"{label:24} {taken.seconds:7.1f} s   largest resident memory {taken.resident:5.0f} MB{written}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=200_000)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--to", metavar="URL", help="an empty server database, to go there and back as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["REMATCH_HOME"] = str(folder / "first")
        from submissions.database import migrate, session

        migrate()
        with session() as opened:
            fill(opened, n_systems=options.results // RESULTS_OF_ONE, n_seeds=1)
        add_ranks_and_files(options.files, folder)
        plain, packed, back = (folder / one for one in ("all.tar", "all.tar.gz", "back.tar"))
        # The generated board names one file that is not there.
        measure("dump", "dump", str(plain), "--leave-out-missing", size=plain)
        measure("dump, compressed", "dump", str(packed), "--leave-out-missing", size=packed)
        measure("restore", "restore", str(plain), REMATCH_HOME=str(folder / "second"))
        measure("restore, compressed", "restore", str(packed), REMATCH_HOME=str(folder / "third"))
        if options.to:
            server = {"REMATCH_HOME": str(folder / "fourth"), "REMATCH_DATABASE_URL": options.to}
            measure("restore to the server", "restore", str(plain), **server)
            measure("dump from the server", "dump", str(back), "--leave-out-missing", size=back, **server)


if __name__ == "__main__":
    main()
