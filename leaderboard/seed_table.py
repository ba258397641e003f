"""The numbers below the picture of runs over seeds."""

from leaderboard.components import DAGGER, shown
from leaderboard.listing import Column


def seed_columns(metric: str, *, claimed: bool) -> list[Column]:
    """Return the columns of the table of seeds; what is from claims carries a dagger."""
    mark = DAGGER if claimed else ""

    def figure(value: float) -> str:
        return shown(metric, value) + mark

    return [
        Column("system", "System", is_words=True),
        Column("n", "Runs", about="Runs with the same ranks count once"),
        Column("mean", f"Mean {metric}", figure),
        Column("std", "±", figure, about="Sample standard deviation over the runs (n - 1)"),
        Column("range", "Range", figure, about="Highest run less lowest: it grows with the number of runs"),
        Column("gap", "Gap to next", figure, about="Mean less the mean of the next system below"),
        Column("least gap", "Least gap told apart", figure, about=_LEAST),
        Column("overlap", "Runs overlap", _yes_or_no, about=_OVERLAP, is_words=True),
    ]


def _yes_or_no(value: object) -> str:
    return "yes" if value else "no"


_LEAST = "The gap from which Student's test calls so many runs with this scatter different at 5 %"
_OVERLAP = "Whether the best run of the next system reaches the worst of this one"
