"""What else the same scores may be said to be: another way of evaluating them, and the catalogue of such ways."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from evaluator.protocol import RECALLS
from splits.catalog import Catalog
from splits.split import Direction

if TYPE_CHECKING:
    from evaluator.audit.case import Case

Key: TypeAlias = tuple[str, Direction | None]
"""Metric and direction; no direction for rsum."""


@dataclass(frozen=True, slots=True)
class Span:
    """A value, and between which values it may lie where something is left to chance or to a script."""

    value: float
    low: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> "Span":
        """Return a value of which nothing is left open."""
        return cls(value, value, value)

    @classmethod
    def around(cls, value: float, half_width: float) -> "Span":
        """Return a value that may lie as far away on either side."""
        return cls(value, value - half_width, value + half_width)


Values: TypeAlias = Mapping[Key, Span]


@dataclass(frozen=True, slots=True)
class Form:
    """The values of one form of an alternative, such as one depth of re-ranking."""

    values: Values
    label: str = ""
    """What tells it from the alternative's other forms; empty where there is one."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way of evaluating the same scores."""

    name: str
    title: str
    """What is done differently, to follow "The numbers fit"."""
    forms: Callable[["Case"], Iterable[Form]]
    """Takes the case; returns nothing where it would change nothing. May raise what derives from RematchError."""


ALTERNATIVES: Catalog[Alternative] = Catalog(Alternative, "evaluator.audit.alternatives")


def swapped(values: Values) -> Values:
    """Return the values of either direction under the other's name."""
    other = {Direction.I2T: Direction.T2I, Direction.T2I: Direction.I2T, None: None}
    return {(metric, other[direction]): span for (metric, direction), span in values.items()}


def summed(values: Values) -> Values:
    """Return values with rsum computed anew, where the recalls that it adds up are among them."""
    keys: list[Key] = [(recall, direction) for direction in Direction for recall in RECALLS]
    if not all(key in values for key in keys):
        return values
    parts = [values[key] for key in keys]
    total = Span(sum(p.value for p in parts), sum(p.low for p in parts), sum(p.high for p in parts))
    return {**values, ("rsum", None): total}
