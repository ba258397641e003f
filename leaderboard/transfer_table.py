"""The numbers below the pictures of scenes against objects, and the same as files."""

from leaderboard.components import DAGGER, percent
from leaderboard.listing import Column
from leaderboard.transfer import Transfer


def place_columns(found: Transfer) -> list[Column]:
    """Return the columns of the table of places."""
    return [
        _SYSTEM,
        Column("scene rank", f"Place on {found.scene}", about=_PLACE),
        Column("object rank", f"Place on {found.object}", about=_PLACE),
        Column("change", "Order", is_words=True, about="Whether a pair with this system changes its order"),
    ]


def value_columns(found: Transfer, *, claimed: bool) -> list[Column]:
    """Return the columns of the table of values; claims carry a dagger."""
    mark = DAGGER if claimed else ""
    columns = [_SYSTEM]
    for kind, name in (("scene", found.scene), ("object", found.object)):
        columns.append(Column(kind, f"rsum on {name}", lambda value: percent(value) + mark, about=_RSUM))
        if not claimed:
            columns += [
                Column(f"{kind} low", "from", percent, about=_SPREAD),
                Column(f"{kind} high", "to", percent, about=_SPREAD),
            ]
    return columns


def drop_columns(*, claimed: bool) -> list[Column]:
    """Return the columns of the table of what is lost."""
    mark = DAGGER if claimed else ""
    return [_SYSTEM, Column("lost", "Lost, % of rsum", lambda share: percent(share) + mark, about=_LOST)]


_SYSTEM = Column("system", "System", is_words=True)
_PLACE = "1 + the number of systems here with a greater mean rsum, noise not regarded"
_RSUM = "R@1 + R@5 + R@10 of both directions, in percent: 600 at most"
_SPREAD = "mean ± standard deviation over seeds; of a single run, the 95 % interval over images"
_LOST = "(rsum on scenes - rsum on objects) ÷ rsum on scenes; below 0 for a gain"
