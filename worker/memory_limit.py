"""A bound on what one evaluation may allocate, so that no file can take the memory of a whole machine.

The bound is on allocated memory (RLIMIT_DATA): files that are mapped, and address space that is only reserved, as GPU
libraries do by the terabyte, do not count. What would go beyond it fails with a MemoryError in the one process, which
goes on; the kernel, which would end whatever it chose, is not asked.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.settings import get_settings

logger = logging.getLogger(__name__)

SHARE = 0.8
"""Of the memory there is; the rest is for what reads, beats and records beside the evaluation."""
_GROUPS = Path("/sys/fs/cgroup")


def limit_memory() -> None:
    """Bound what this process may allocate from now on; does nothing where the system has no such bound."""
    allowed = allowed_bytes()
    if allowed is None or sys.platform != "linux":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = _allocated() + allowed
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))
    logger.info("One evaluation may allocate %s MB.", f"{allowed // 2**20:,}")


@contextmanager
def limited_memory() -> Iterator[None]:
    """Bound what this process may allocate inside the block."""
    if sys.platform != "linux":
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    limit_memory()
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def allowed_bytes() -> int | None:
    """Return how much one evaluation may allocate; None for as much as there is."""
    settings = get_settings()
    if settings.job_memory_mb is not None:
        return settings.job_memory_mb * 2**20 or None
    return int(SHARE * memory_here() / settings.concurrency)


def memory_here() -> int:
    """Return how many bytes of memory the machine or, where that is less, the container has."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_limits_of_groups()])


def _limits_of_groups() -> Iterator[int]:
    """Yield what the control groups of this process, and those above them, may use, in both versions of them."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        root, name = (_GROUPS / "memory", "memory.limit_in_bytes") if controllers else (_GROUPS, "memory.max")
        # Inside a container its own group lies at the root, whatever the kernel calls it.
        inner = Path(group.lstrip("/"))
        for folder in (root / inner, *(root / above for above in inner.parents)):
            try:
                text = (folder / name).read_text().strip()
            except OSError:
                continue
            if text.isdecimal():
                yield int(text)


def _allocated() -> int:
    """Return how many bytes count towards the bound already."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0
