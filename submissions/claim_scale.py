"""Whether numbers can be on the scale that is declared for them: the commonest mistake in a claims file."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from evaluator.audit.claim import Claim
from evaluator.audit.printed import Scale
from evaluator.errors import ClaimError

_MOST = {"rsum": Decimal(6)}
"""What a metric can be at most, as a fraction, where that is not one."""


class Placed(NamedTuple):
    """A claim with where it stands."""

    where: str
    claim: Claim
    has_own_scale: bool
    """Whether its row, and not the file, says the scale."""


def check_scale(placed: Sequence[Placed]) -> None:
    """Refuse numbers that are not on the scale declared for them.

    A number above 100 percent is taken: it is a printed mistake, which an audit should see.

    Raises:
        ClaimError: A fraction is above one, or all percentages of the file are at most one.
    """
    for one in placed:
        most = _MOST.get(one.claim.metric, Decimal(1))
        if one.claim.printed.scale is Scale.FRACTION and one.claim.printed.value > most:
            raise ClaimError(
                f"{one.where}, value: the scale declared is fraction, but {one.claim.metric} is {one.claim.printed},"
                f" more than {most}. If the numbers are percent, declare that; if this one is not what it seems, mend"
                " it."
            )
    percent = [one for one in placed if one.claim.printed.scale is Scale.PERCENT and not one.has_own_scale]
    values = [100 * one.claim.printed.value for one in percent]
    if values and 0 < max(values) <= 1:
        raise ClaimError(
            "The scale declared is percent, but no number of the file is above 1; the first is"
            f" {percent[0].claim.printed} ({percent[0].where}). If they are fractions, declare that; if they are"
            " percent indeed, say so in every row, in the column scale."
        )
