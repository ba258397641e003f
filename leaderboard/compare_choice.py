"""Which systems of which board the address of the page that compares them names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from leaderboard.comparison import MOST
from leaderboard.entry_page import parse_id
from submissions.board_query import BoardKey


@dataclass(frozen=True, slots=True)
class Choice:
    """A board and some systems on it."""

    board: BoardKey
    submissions: tuple[str, ...]


def asked_ids(words: str) -> tuple[str, ...]:
    """Read the ids of an address, each once, in the form in which tables hold them; what is no id stays as it is.

    >>> asked_ids("1B4E28BA-2fa1-41d2-883f-0016d3cca427, x,x")
    ('1b4e28ba-2fa1-41d2-883f-0016d3cca427', 'x')
    """
    named = (one.strip() for one in words.split(","))
    return tuple(dict.fromkeys(str(parse_id(one) or one) for one in named if one))


def board_of(wanted: Sequence[str], boards: Mapping[str, Collection[str]]) -> str:
    """Return the board on which most of the wanted systems stand, the first of several.

    Args:
        wanted: Ids of submissions.
        boards: The ids on each board, by its name.
    """
    return max(boards, key=lambda name: sum(one in boards[name] for one in wanted))


def first_choice(wanted: Sequence[str], named: Collection[str]) -> list[str]:
    """Return the wanted systems of a board, as many as fit; its first two where nobody wants any."""
    return [one for one in wanted if one in named][:MOST] if wanted else list(named)[:2]


def refused(wanted: Sequence[str], named: Collection[str], board: str) -> list[str]:
    """Say which of the wanted systems are not compared, and why."""
    absent = [one for one in wanted if one not in named]
    said = []
    if absent:
        said.append(
            f"Not on the board {board}: {', '.join(one[:40] for one in absent[:MOST])}. A submission that was replaced,"
            " is private, or was never scored there cannot be compared."
        )
    if len(wanted) - len(absent) > MOST:
        said.append(f"The address names {len(wanted)} systems; the first {MOST} are compared.")
    return said
