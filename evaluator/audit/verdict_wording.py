"""The sentences with which a judgement gives its reason: numbers as they are printed, and measured ones in percent."""

from dataclasses import dataclass

from evaluator.audit.claim import Claim
from evaluator.audit.noise import is_share
from evaluator.audit.printed import Scale


@dataclass(frozen=True, slots=True)
class Wording:
    """How a claim and the value that was measured for it are told."""

    claim: Claim
    value: float

    @property
    def is_share(self) -> bool:
        """Whether values are shares, told in percent."""
        return is_share(self.claim.metric)

    @property
    def stated(self) -> str:
        """Return the claim as it is printed, and in percent where it is printed otherwise."""
        text = str(self.claim.printed)
        if self.claim.printed.scale is Scale.FRACTION:
            return f"{text} ({(self.claim.printed.value * 100).normalize():f} %)"
        return f"{text} %" if self.claim.printed.scale is Scale.PERCENT else text

    @property
    def both(self) -> str:
        """Return what is printed and what was measured."""
        return f"printed is {self.stated}, measured was {self.measured(self.value)}"

    def measured(self, value: float) -> str:
        """Return a value with one digit more than the claim has, so that its rounding can be followed."""
        return f"{self._number(value)} %" if self.is_share else self._number(value)

    def amount(self, difference: float) -> str:
        """Return a difference, without its sign."""
        return f"{self._number(abs(difference))} {'points' if self.is_share else 'ranks'}"

    def sentence(self, text: str) -> str:
        """Begin a text as a sentence."""
        return text[:1].upper() + text[1:]

    def rounded(self, n: int) -> str:
        """Say that the value is what is printed."""
        return f"{self._mean(n, self.measured(self.value))} rounds to the printed {self.stated}."

    def seeds(self, n: int, tolerance: float, *, m: int, best_of: int) -> str:
        """Say how the gap compares with what seeds alone give."""
        further = f"the best of {best_of} further runs" if best_of > 1 else _runs(m, "further ")
        return f"{self._apart(n)} by seeds alone {further} may lie {self.amount(tolerance)} away, rounding included."

    def images(self, low: float, high: float, tolerance: float) -> str:
        """Say how the gap compares with the interval over images."""
        return (
            f"{self._apart(1)} the 95 % interval over images of the one deterministic run,"
            f" {self.measured(low)} to {self.measured(high)}, reaches {self.amount(tolerance)}, rounding included."
        )

    def one_run(self, n: int) -> str:
        """Say that seed noise is unknown."""
        same = f"{n} runs that rank alike" if n > 1 else "one run"
        return self.sentence(
            f"{self.both}, but {same} of a system that is not declared deterministic say"
            f"{'' if n > 1 else 's'} nothing of seed noise: measure at least three seeds."
        )

    @property
    def no_interval(self) -> str:
        """Say that there is nothing to hold the gap against."""
        return self.sentence(f"{self.both}, and the one run has no interval over images.")

    def ties(self, low: float, high: float) -> str:
        """Say that the order of tied candidates decides."""
        return self.sentence(
            f"{self.both}, but the order of tied candidates alone moves that between {self.measured(low)}"
            f" and {self.measured(high)}, so the scores leave it open."
        )

    def _apart(self, n: int) -> str:
        gap = float(self.claim.printed.value) - self.value
        side = "above" if gap > 0 else "below"
        return f"{self.stated} lies {self.amount(gap)} {side} {self._mean(n, self.measured(self.value), start=False)};"

    def _mean(self, n: int, value: str, *, start: bool = True) -> str:
        text = f"the mean {value} of {_runs(n)}" if n > 1 else f"the measured {value}"
        return self.sentence(text) if start else text

    def _number(self, value: float) -> str:
        printed = self.claim.printed
        digits = printed.decimals - 2 if printed.scale is Scale.FRACTION else printed.decimals
        return f"{100 * value if self.is_share else value:.{max(digits, 0) + 1}f}"


def _runs(n: int, kind: str = "") -> str:
    return f"one {kind}run" if n == 1 else f"{n} {kind}runs"
