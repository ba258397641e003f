"""The value of one system in a list, with what is known of its exactness: digits and noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from statistics import mean, stdev

from evaluator.audit.printed import Printed

TOLERANCE = 1e-9
"""Far below any digit that is printed, far above what floating point makes of one."""


@dataclass(frozen=True, slots=True)
class SystemValue:
    """A value, how it was rounded, and its standard error where one is known; nothing is made up where none is."""

    value: float
    rounding: float = 0.0
    """Half a step of the last printed digit; 0 for what was computed."""
    error: float | None = None
    """Standard error, over seeds or over images; None where nobody says."""
    freedom: float = inf
    """Degrees of freedom of the error: n - 1 for n seeds, infinite for an error over many images."""

    def __post_init__(self) -> None:
        """Check that it is a number.

        Raises:
            ValueError: It is not finite, or its rounding or error is negative.
        """
        if not isfinite(self.value) or self.rounding < 0 or (self.error is not None and not 0 <= self.error < inf):
            raise ValueError(f"A system's value must be finite, and its rounding and error at least 0; this is {self}.")

    @classmethod
    def of_printed(cls, printed: Printed, *, error: float | None = None, freedom: float = inf) -> "SystemValue":
        """Take a printed number with its digits.

        Args:
            printed: The number.
            error: Its standard error as a fraction, where one is known.
            freedom: The degrees of freedom of the error.
        """
        return cls(float(printed.value), float(printed.unit) / 2, error, freedom)

    @classmethod
    def of_seeds(cls, values: Sequence[float], *, rounding: float = 0.0) -> "SystemValue":
        """Average the runs of a system; one run says nothing of its noise.

        >>> SystemValue.of_seeds([0.71, 0.73]).value
        0.72
        """
        if len(values) < 2:
            return cls(values[0], rounding)
        return cls(mean(values), rounding, stdev(values) / sqrt(len(values)), len(values) - 1)


def rounding_tie(one: SystemValue, other: SystemValue) -> bool:
    """Tell whether the printed digits leave open which of two values is greater.

    >>> rounding_tie(SystemValue(0.725, 0.0005), SystemValue(0.7252, 0.00005))
    True
    """
    gap = abs(one.value - other.value)
    return gap < TOLERANCE or gap < one.rounding + other.rounding - TOLERANCE
