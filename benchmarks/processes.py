"""Whole processes, as a user meets them: how long the command takes and how much memory of its own it holds."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.material import Material
from benchmarks.timing import Aim, Clock, Row

SECTION = "whole processes"
POLL_SECONDS = 0.005
MEMORY_LIMIT = 150.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process took."""

    seconds: float
    anonymous: float
    """Largest RssAnon seen, MB: memory of its own, without pages of mapped files."""
    resident: float
    """VmHWM, MB: with the pages of the mapped file, which the system can take back."""


def process_rows(material: Material, clock: Clock) -> Iterator[Row]:
    """Start the command again and again."""
    times = 1 if material.quick else 9
    script = Path(sys.executable).with_name("rematch")
    rematch = [str(script)] if script.exists() else [sys.executable, "-m", "leaderboard.cli"]
    yield _seconds("python -c pass", [used([sys.executable, "-c", "pass"]) for _ in range(times)])
    yield _seconds("rematch --help", [used([*rematch, "--help"]) for _ in range(times)], limit=0.5)
    command = [*rematch, "score", str(material.path), *material.score_options]
    used(command)
    runs = [used(command) for _ in range(times)]
    yield _seconds("rematch score, warm file", runs, limit=3.0)
    note = f"largest seen, asked every {POLL_SECONDS * 1000:.0f} ms"
    yield _memory("rematch score, anonymous memory", [run.anonymous for run in runs], limit=MEMORY_LIMIT, note=note)
    note = "VmHWM; the system can take the file's pages back"
    yield _memory("rematch score, with the mapped file", [run.resident for run in runs], note=note)
    with tempfile.TemporaryDirectory(dir=material.folder) as empty:
        first = used(command, {"NUMBA_CACHE_DIR": empty})
    yield _seconds("rematch score, the first of all", [first], note="compiles the kernels, once per installation")
    yield _memory("the first of all, anonymous memory", [first.anonymous], note="with the compiler")


def used(command: Sequence[str], settings: Mapping[str, str] | None = None) -> Usage:
    """Run a command to its end, looking at its memory all the while.

    Raises:
        CalledProcessError: It failed.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **(settings or {})})
        anonymous = resident = 0.0
        while process.poll() is None:
            now = _status(process.pid)
            anonymous = max(anonymous, now.get("RssAnon", 0.0))
            resident = max(resident, now.get("VmHWM", 0.0))
            time.sleep(POLL_SECONDS)
        elapsed = time.perf_counter() - started
        if process.returncode:
            output.seek(0)
            raise subprocess.CalledProcessError(process.returncode, command, output.read().decode())
    return Usage(elapsed, anonymous, resident)


def _status(pid: int) -> dict[str, float]:
    """Return the sizes in MB that Linux tells of a process; nothing elsewhere, or once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    fields = [line.replace(":", " ").split() for line in lines]
    return {field[0]: int(field[1]) * 1024 / 1e6 for field in fields if field[-1] == "kB"}


def _seconds(name: str, runs: Sequence[Usage], *, limit: float | None = None, note: str = "") -> Row:
    times = [run.seconds for run in runs]
    aim = None if limit is None else Aim(limit)
    return Row(SECTION, name, statistics.median(times), min(times), repetitions=len(times), aim=aim, note=note)


def _memory(name: str, sizes: Sequence[float], *, note: str, limit: float | None = None) -> Row:
    """Report the largest of all repetitions."""
    aim = None if limit is None else Aim(limit)
    value = max(sizes) or None
    return Row(SECTION, name, value, min(sizes) or None, "MB", repetitions=len(sizes), aim=aim, note=note)
