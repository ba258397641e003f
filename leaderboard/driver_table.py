"""The numbers below the pictures of what goes with a higher R@1."""

from leaderboard.components import DAGGER, percent
from leaderboard.listing import Column


def count_words(number: float) -> str:
    """Show a large number as papers do.

    >>> count_words(151277313), count_words(1.2e9), count_words(67000)
    ('151M', '1.2B', '67K')
    """
    for factor, letter in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if number >= factor:
            return f"{number / factor:.3g}{letter}"
    return f"{number:.0f}"


def point_columns(metric: str, *, claimed: bool) -> list[Column]:
    """Return the columns of the table of points; claims stand as printed, with a dagger."""
    value = (
        Column("printed", metric, lambda printed: f"{printed}{DAGGER}", about="As printed")
        if claimed
        else Column("value", metric, percent)
    )
    return [
        Column("system", "System", is_words=True),
        value,
        Column("parameters", "Parameters", count_words),
        Column("pairs", "Pairs", count_words, about="Pairs of image and text that it was pre-trained on"),
        Column("data", "Pre-training data", is_words=True),
        Column("interaction", "Interaction", is_words=True, about="Where image and text meet before their similarity"),
        Column("hard negatives", "Hard negatives", is_words=True, about=_HARD),
    ]


def gain_columns(metric: str) -> list[Column]:
    """Return the columns of the table of pairs with and without hard negatives."""
    return [
        Column("system", "System", is_words=True),
        Column("with printed", f"{metric} with", lambda printed: f"{printed}{DAGGER}", about=_HARD),
        Column("without printed", "without", lambda printed: f"{printed}{DAGGER}", about=_HARD),
        Column("gain", "Difference", lambda gain: f"{100 * gain:+.1f}{DAGGER}", about="With less without, in points"),
    ]


_HARD = "Whether training took, of every batch, the wrong candidate that comes closest"
