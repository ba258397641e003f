"""A number as a source prints it: its digits are kept, because they say how exactly it is known."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from evaluator.errors import ClaimError


class Scale(StrEnum):
    """What a printed number counts in; never guessed."""

    PERCENT = "percent"
    FRACTION = "fraction"
    PLAIN = "plain"
    """A number that is no share of anything, such as a median rank."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed number. `text` holds its digits and nothing else: no percent sign, no thousands separator.

    >>> score = Printed("72.5", Scale.PERCENT)
    >>> score.value, score.low, score.high
    (Decimal('0.725'), Decimal('0.7245'), Decimal('0.7255'))
    """

    text: str
    scale: Scale

    def __post_init__(self) -> None:
        """Check that it is a finite decimal number without an exponent.

        Raises:
            ClaimError: It is none.
        """
        digits = self.text.removeprefix("-").replace(".", "", 1)
        try:
            number = Decimal(self.text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not digits.isascii() or not digits.isdigit():
            raise ClaimError(
                f"{self.text!r:.60} is no number as a table prints it. Expected digits with at most one point, such as"
                " 72.5, on the scale that the file declares."
            )

    @property
    def value(self) -> Decimal:
        """Return the number as a fraction, or as it stands where the scale is plain."""
        return self._scaled(Decimal(self.text))

    @property
    def unit(self) -> Decimal:
        """Return what one step of the last printed digit is worth, on the scale of `value`."""
        exponent = Decimal(self.text).as_tuple().exponent
        return self._scaled(Decimal(1).scaleb(int(exponent)))

    @property
    def low(self) -> Decimal:
        """Return the least value that is printed so, however halves are rounded."""
        return self.value - self.unit / 2

    @property
    def high(self) -> Decimal:
        """Return the largest value that is printed so, however halves are rounded."""
        return self.value + self.unit / 2

    @property
    def decimals(self) -> int:
        """Return how many digits follow the point."""
        return max(0, -int(Decimal(self.text).as_tuple().exponent))

    def _scaled(self, number: Decimal) -> Decimal:
        return number / 100 if self.scale is Scale.PERCENT else number

    def __str__(self) -> str:
        """Return the digits."""
        return self.text
