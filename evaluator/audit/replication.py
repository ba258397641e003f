"""Does the order of the systems carry to other datasets of the same and of the other type?

The questions are those of Hendriksen et al. (2023), asked of any tables of values: claims, or the boards' own results.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from evaluator.audit.order import OrderAgreement, agreement_of_order
from evaluator.audit.system_value import SystemValue, rounding_tie
from splits.split import Centricity


@dataclass(frozen=True, slots=True)
class DatasetValues:
    """One dataset of a table: the value of every system on it, in one metric that is higher for better systems."""

    dataset: str
    centricity: Centricity
    values: Mapping[str, SystemValue]


class Carries(StrEnum):
    """Whether an order is found again on other datasets."""

    WHOLLY = "the same order"
    WITHIN_NOISE = "the same order within noise"
    OPEN = "another order, of unknown noise"
    NOT = "another order, beyond noise"
    UNASKED = "no two such datasets share two systems"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The order of the systems on two datasets."""

    first: str
    second: str
    same_type: bool
    order: OrderAgreement


@dataclass(frozen=True, slots=True)
class Drop:
    """What a system loses from scene-centric to object-centric data."""

    system: str
    scene: float
    """Mean over the scene-centric datasets that it has a value on."""
    object: float
    n_scene: int
    n_object: int

    @property
    def relative(self) -> float | None:
        """Return the loss as a share of the scene-centric mean, below 0 for a gain; None for a mean of 0."""
        return (self.scene - self.object) / self.scene if self.scene else None


@dataclass(frozen=True, slots=True)
class Replication:
    """How the order of systems fares across datasets."""

    comparisons: tuple[Comparison, ...]
    """All pairs of datasets that share two systems or more: the matrix of taus."""
    ranks: Mapping[str, Mapping[str, int]]
    """By dataset and system: 1 + the number of systems with a greater value, digits honoured."""
    drops: tuple[Drop, ...]
    """Of the systems that have values on both types, in the order of their names."""

    def tau(self, first: str, second: str) -> float | None:
        """Return the tau of two datasets, in either order; None where there is none."""
        found = [one.order.tau for one in self.comparisons if {one.first, one.second} == {first, second}]
        return found[0] if found else None

    def carries(self, *, same_type: bool) -> Carries:
        """Answer whether the order carries to other datasets of the same type, or to the other type."""
        orders = [one.order for one in self.comparisons if one.same_type is same_type]
        if not orders:
            return Carries.UNASKED
        certain = [flip.is_certain for order in orders for flip in order.flips]
        if not certain:
            return Carries.WHOLLY
        return Carries.NOT if True in certain else Carries.OPEN if None in certain else Carries.WITHIN_NOISE


def replication(datasets: Sequence[DatasetValues], *, seed: int = 0) -> Replication:
    """Compare the order of systems between all datasets, and their levels between the types."""
    comparisons = [
        Comparison(
            first.dataset,
            second.dataset,
            first.centricity is second.centricity,
            agreement_of_order(first.values, second.values, seed=seed),
        )
        for first, second in combinations(datasets, 2)
        if len(first.values.keys() & second.values.keys()) > 1
    ]
    return Replication(tuple(comparisons), {one.dataset: _ranks(one.values) for one in datasets}, _drops(datasets))


def _ranks(values: Mapping[str, SystemValue]) -> dict[str, int]:
    return {
        name: 1 + sum(other.value > value.value and not rounding_tie(other, value) for other in values.values())
        for name, value in values.items()
    }


def _drops(datasets: Sequence[DatasetValues]) -> tuple[Drop, ...]:
    names = sorted({name for one in datasets for name in one.values})
    found = []
    for name in names:
        scene, thing = (
            [one.values[name].value for one in datasets if one.centricity is kind and name in one.values]
            for kind in (Centricity.SCENE, Centricity.OBJECT)
        )
        if scene and thing:
            means = (sum(scene) / len(scene), sum(thing) / len(thing))
            found.append(Drop(name, *means, len(scene), len(thing)))
    return tuple(found)
