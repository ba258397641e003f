"""The rows as one table for people and as one JSON object for machines."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.timing import Row
from evaluator.passes import thread_count

HEAD = ("", "median", "best", "x read", "of bests", "n", "aim", "")
PACKAGES = ("rematch", "numpy", "numba", "torch", "clip-benchmark", "eccv-caption", "ranx")


def machine() -> dict[str, Any]:
    """Say on what the times were taken."""
    return {
        "processor": _processor(),
        "threads": thread_count(),
        "load": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version for name in PACKAGES if (version := _version(name))},
    }


def lines(rows: Sequence[Row]) -> list[str]:
    """Lay the rows out in columns, under a line for each section."""
    cells = [_cells(row) for row in rows]
    widths = [max(len(line[k]) for line in [HEAD, *cells]) for k in range(len(HEAD) - 1)]
    found = [_laid_out(HEAD, widths)]
    section = None
    for row, line in zip(rows, cells, strict=True):
        if row.section != section:
            section = row.section
            found += ["", section]
        found.append(_laid_out(line, widths))
    return found


def document(rows: Sequence[Row], shape: tuple[int, int], at_start: Mapping[str, Any], *, seed: int) -> dict[str, Any]:
    """Return everything of a run as plain values."""
    return {
        "shape": list(shape),
        "seed": seed,
        "machine": {**at_start, "load_at_end": round(os.getloadavg()[0], 2)},
        "rows": [{**asdict(row), "met": row.met} for row in rows],
    }


def _cells(row: Row) -> tuple[str, ...]:
    return (
        f"  {row.name}",
        _amount(row.value, row.unit),
        _amount(row.best, row.unit),
        _times(row.ratio),
        _times(row.best_ratio),
        str(row.repetitions) if row.repetitions else "",
        _aim(row),
        row.note,
    )


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:,.2f}" if ratio < 100 else f"{ratio:,.0f}"


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit == "s":
        return f"{value * 1000:,.1f} ms" if value < 1 else f"{value:,.2f} s"
    return f"{value:,.0f} {unit}"


def _aim(row: Row) -> str:
    if row.aim is None:
        return ""
    limit = f"{row.aim.limit:g} x" if row.aim.of_ratio else f"{row.aim.limit:g} {row.unit}"
    word = {True: "met", False: "MISSED", None: "unknown"}[row.met]
    return f"{limit} {word}"


def _laid_out(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, *numbers, aim, note = cells
    first, *between, last = widths
    right = [number.rjust(width) for number, width in zip(numbers, between, strict=True)]
    return "  ".join([name.ljust(first), *right, aim.ljust(last), note]).rstrip()


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
