"""One alternative held against the claims: how far off it is, and whether it fits."""

from dataclasses import dataclass

from evaluator.audit.alternative import Span
from evaluator.audit.claim import Claim

SWAPPED = "swapped-directions"
TOLERANCE = 1e-6
"""Of half a step: what the last bits of a mean may take."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A claim and what an alternative gives for it."""

    claim: Claim
    span: Span

    @property
    def gap(self) -> float:
        """Return the claim less the nearest value that the alternative may give."""
        claimed = float(self.claim.printed.value)
        return claimed - min(max(claimed, self.span.low), self.span.high)

    @property
    def steps(self) -> float:
        """Return the gap in half steps of the last printed digit: what rounds to the claim is at most 1 away."""
        return abs(self.gap) / (float(self.claim.printed.unit) / 2)

    @property
    def width(self) -> float:
        """Return how much the alternative leaves open, in half steps."""
        return (self.span.high - self.span.low) / (float(self.claim.printed.unit) / 2)


@dataclass(frozen=True, slots=True)
class Trial:
    """An alternative, or two of them together, held against all claims."""

    names: tuple[str, ...]
    title: str
    label: str
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """Return the names of what is done differently."""
        return " + ".join(self.names) + (f" ({self.label})" if self.label else "")

    @property
    def worst(self) -> Cell:
        """Return the cell that is furthest off."""
        return max(self.cells, key=lambda cell: cell.steps)

    @property
    def distance(self) -> float:
        """Return how far off the furthest cell is, in half steps of its last printed digit."""
        return self.worst.steps

    @property
    def fits(self) -> bool:
        """Whether every claim is what the alternative gives, rounded."""
        return self.distance <= 1 + TOLERANCE

    def order(self) -> tuple[bool, float, float, float]:
        """Return what sorts trials.

        Of those that fit, what leaves least open comes first, for it could have been wrong most easily; of equals what
        changes least.
        """
        if not self.fits:
            return True, self.distance, len(self.names), 0.0
        # Rounded: with the directions interchanged the same widths add up in another order, and to other last bits.
        return False, round(sum(cell.width for cell in self.cells), 6), len(self.names), self.distance
