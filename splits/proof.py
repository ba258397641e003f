"""Hold a split that was built from official files against the split it should be."""

from pathlib import Path

from splits.comparison import explain_difference
from splits.errors import SplitError
from splits.split import Split
from splits.traps import explain_ids


def prove(expected: Split, built: Split, source: Path) -> Split:
    """Return the expected split, with its judgments, if what was built is the same.

    Raises:
        SplitError: Ids, order or pairs differ; the message names a known trap where it is one.
    """
    difference = explain_difference(expected, built)
    if difference is None:
        return expected
    trap = explain_ids(expected, built.image_ids, built.caption_ids)
    raise SplitError(f"{source} is not {expected.name}. {difference}{' ' + trap if trap else ''}")
