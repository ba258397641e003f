"""Whether the home can be written, and how much room there is on every disk that is written to."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from submissions.settings import get_settings
from worker.probe import Answer, Part, Probe, fail, ok, warn

GB = 10**9
LITTLE_BYTES = 10 * GB
TOO_LITTLE_BYTES = GB
FEW_FILES = 10_000
_ADVICE = (
    "Free some space, or move the folder to a larger disk. What may go: old dumps, logs, and `cache` under the home,"
    " which is computed again. Never remove a file of the store of artifacts."
)


def _home() -> Answer:
    home = get_settings().home.absolute()
    place = _nearest(home)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"doctor")
            file.flush()
    except OSError as error:
        return fail(
            f"{place} cannot be written: {os.strerror(error.errno or 0)}",
            "Check the free space and the permissions of that folder, or name another one: REMATCH_HOME",
        )
    return ok(f"{home} can be written" if place == home else f"{home} is not there yet, and can be made")


def _space() -> Answer:
    told, worst = [], float("inf")
    for label, place in _places():
        free, names = shutil.disk_usage(place).free, os.statvfs(place)
        told.append(f"{label} {free / GB:,.1f} GB")
        worst = min(worst, free)
        # Some file systems do not count their files.
        if names.f_files and names.f_favail < FEW_FILES:
            told[-1] += f" but room for only {names.f_favail:,} more files"
            worst = min(worst, LITTLE_BYTES - 1)
    found = f"free: {', '.join(told)}"
    if worst < TOO_LITTLE_BYTES:
        return fail(found, _ADVICE)
    return warn(found, _ADVICE) if worst < LITTLE_BYTES else ok(found)


def _places() -> Iterator[tuple[str, Path]]:
    """Return one folder of every disk that is written to."""
    settings = get_settings()
    named: dict[str, Path] = {"home": settings.home.absolute()}
    if isinstance(settings.artifacts, Path):
        named["artifacts"] = settings.artifacts
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database:
        named["database"] = Path(url.database).absolute().parent
    named["temporary files"] = Path(tempfile.gettempdir())
    seen = set[int]()
    for label, path in named.items():
        place = _nearest(path)
        if place.stat().st_dev not in seen:
            seen.add(place.stat().st_dev)
            yield label, place


def _nearest(path: Path) -> Path:
    """Return the folder, or the nearest above it that is there."""
    return next(one for one in (path, *path.parents) if one.is_dir())


HOME = Probe("home", Part.FILES, "can be written", _home, needs=("settings",))
SPACE = Probe(
    "disk-space",
    Part.FILES,
    f"{LITTLE_BYTES // GB} GB free on every disk that is written to, {TOO_LITTLE_BYTES // GB} GB at the least",
    _space,
    needs=("settings",),
)
