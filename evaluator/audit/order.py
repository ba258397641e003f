"""Whether two lists of values put the same systems in the same order, and what the lists' own noise leaves open.

The definitions, and what the numbers do not say, are in `docs/explanation/order.md`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from evaluator.audit.order_chance import chance_pvalue
from evaluator.audit.order_noise import tau_interval
from evaluator.audit.pair_signs import agreement_share, pair_signs, tau_b
from evaluator.audit.seed_noise import Noise, gap_pvalues
from evaluator.audit.system_value import SystemValue, rounding_tie
from evaluator.errors import ClaimError

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Flip:
    """Two systems whose order differs between the lists."""

    ahead_in_first: str
    ahead_in_second: str
    gap_in_first: float
    """By how much the one is ahead in the first list; at least 0."""
    gap_in_second: float
    """By how much the other is ahead in the second list; at least 0."""
    beyond_in_first: bool | None
    """Whether the gap is more than noise and rounding; None where the noise of a side is unknown."""
    beyond_in_second: bool | None

    @property
    def is_certain(self) -> bool | None:
        """Whether the order changed beyond noise, which both gaps must be; None where that cannot be known."""
        if self.beyond_in_first is False or self.beyond_in_second is False:
            return False
        return None if None in (self.beyond_in_first, self.beyond_in_second) else True


@dataclass(frozen=True, slots=True)
class OrderAgreement:
    """How far two lists agree on the order of the systems that both have."""

    systems: tuple[str, ...]
    """Those in both lists, in the order of the first."""
    only_in_first: tuple[str, ...]
    only_in_second: tuple[str, ...]
    tau: float | None
    """Kendall's tau-b; None where one list ties all systems."""
    pvalue: float | None
    """How often orders that have nothing to do with each other have a tau as far from 0, or farther."""
    interval: tuple[float, float] | None
    """The middle 95 % of the taus that the noise of the values leaves open; None where no noise is known."""
    n_noise_known: int
    """Of how many of the values in both lists, two for each system, the noise is known: with fewer than all of them the
    interval is too narrow."""
    same: int
    """Pairs in the same order in both lists."""
    tied_in_both: int
    tied_in_one: int
    flips: tuple[Flip, ...]
    agreement: float
    """Share of pairs in the same order; one that is tied in both lists counts whole, one that is tied in one half."""

    @property
    def n_pairs(self) -> int:
        """Count the pairs of systems."""
        return self.same + self.tied_in_both + self.tied_in_one + len(self.flips)


def agreement_of_order(
    first: Mapping[str, SystemValue], second: Mapping[str, SystemValue], *, seed: int = 0
) -> OrderAgreement:
    """Compare the order of the systems that both lists have; systems in one list only are named and left out.

    Args:
        first: Values by system, such as the reported ones.
        second: Values by system, such as the reproduced ones. Both lists count in the same direction.
        seed: Governs the draws behind interval and p-value.

    Raises:
        ClaimError: Fewer than two systems are in both lists.
    """
    common = sorted((name for name in first if name in second), key=lambda name: -first[name].value)
    if len(common) < 2:
        raise ClaimError(
            f"An order needs at least two systems that both lists have, found {len(common)}."
            " Compare lists that share systems, under the same names."
        )
    lists = [[values[name] for name in common] for values in (first, second)]
    signs = [pair_signs(values) for values in lists]
    product = signs[0] * signs[1]
    tied = [sign == 0 for sign in signs]
    noisy = sum(value.error is not None for values in lists for value in values)
    return OrderAgreement(
        systems=tuple(common),
        only_in_first=tuple(name for name in first if name not in second),
        only_in_second=tuple(name for name in second if name not in first),
        tau=tau_b(*signs),
        pvalue=chance_pvalue(*lists, seed=seed),
        interval=tau_interval(*lists, seed=seed) if noisy else None,
        n_noise_known=noisy,
        same=int((product > 0).sum()),
        tied_in_both=int((tied[0] & tied[1]).sum()),
        tied_in_one=int((tied[0] ^ tied[1]).sum()),
        flips=_flips(common, lists, product),
        agreement=agreement_share(*signs),
    )


def _flips(names: Sequence[str], lists: Sequence[Sequence[SystemValue]], product: NDArray[np.int8]) -> tuple[Flip, ...]:
    pairs = list(combinations(range(len(names)), 2))
    found = []
    for number in np.flatnonzero(product < 0).tolist():
        one, other = pairs[number]
        if lists[0][one].value < lists[0][other].value:
            one, other = other, one
        first, second = ((values[one], values[other]) for values in lists)
        flip = Flip(
            ahead_in_first=names[one],
            ahead_in_second=names[other],
            gap_in_first=first[0].value - first[1].value,
            gap_in_second=second[1].value - second[0].value,
            beyond_in_first=beyond_noise(*first),
            beyond_in_second=beyond_noise(*second),
        )
        found.append(flip)
    return tuple(found)


def beyond_noise(one: SystemValue, other: SystemValue, *, alpha: float = ALPHA) -> bool | None:
    """Tell whether a gap is more than rounding and noise; None where the noise of a side is unknown.

    The gap is the least that the printed digits allow. Rounding alone can settle the question with no.
    """
    if rounding_tie(one, other):
        return False
    if one.error is None or other.error is None:
        return None
    gap = max(abs(one.value - other.value) - one.rounding - other.rounding, 0.0)
    sides = [Noise(side.error or 0.0, side.freedom) for side in (one, other)]
    return bool(gap_pvalues(gap, *sides) < alpha)
