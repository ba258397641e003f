"""How kept numbers came about: what stands in the manifest beside them, checked as it is read.

A file on a disk may hold anything: only what a run can have written is believed.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST = 2**53
"""No count is higher; every tool that reads the manifest keeps whole numbers up to it exact."""


@dataclass(slots=True)
class History:
    """How the rows of a part came about, over all runs that worked on it."""

    chunk: int
    """Rows of a chunk; the last may have fewer."""
    batch_size: int
    """The smallest that was used."""
    row_shape: list[int] | None = None
    """Of every row that is kept; None before there is one."""
    n_truncated: int | None = None
    """How many are longer than the network reads; None while nobody counted."""
    n_encoded: int = 0
    seconds: float = 0.0
    """Spent on encoding them."""
    remarks: list[str] = field(default_factory=list)
    """What a reader of the numbers should know, e.g. that a batch was halved."""
    kernels: list[str] = field(default_factory=list)
    """Those met that have no deterministic implementation."""
    environments: list[dict[str, Any]] = field(default_factory=list)
    """The machines, libraries and code they were made with: each that differs once, the oldest first."""

    def __post_init__(self) -> None:
        """Refuse what nobody wrote down."""
        if self.chunk < 1 or not 1 <= self.batch_size <= self.chunk:
            raise ValueError("A chunk holds at least one batch, and a batch at least one row.")
        counts = (self.chunk, self.n_encoded, self.n_truncated or 0, *(self.row_shape or ()))
        if not all(0 <= count <= MOST for count in counts):
            raise ValueError(f"A count lies between 0 and {MOST}.")
        if self.seconds < 0 or not math.isfinite(self.seconds) or not math.isfinite(self.per_second or 0):
            raise ValueError("A time is finite and not negative.")

    @property
    def per_second(self) -> float | None:
        """Rows encoded per second; None where no time was taken."""
        return self.n_encoded / self.seconds if self.seconds > 0 else None

    def grow(self, count: int, seconds: float, *, batch_size: int, kernels: set[str]) -> None:
        """Add some rows that were encoded."""
        self.n_encoded += count
        self.seconds += seconds
        self.batch_size = min(self.batch_size, batch_size)
        self.kernels = sorted({*self.kernels, *kernels})


@dataclass(slots=True)
class _Manifest:
    history: History


def read_history(manifest: Path) -> History:
    """Read what earlier runs wrote down.

    Raises:
        OSError: The file is not there, or cannot be read.
        ValueError: It is damaged.
    """
    from pydantic import TypeAdapter

    return TypeAdapter(_Manifest).validate_json(manifest.read_bytes(), strict=True).history
