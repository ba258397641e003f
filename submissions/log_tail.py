"""The last lines of what was done for an evaluation, kept with it: few enough to be read, written and shown at ease."""

from collections.abc import Sequence

from splits.shown import shown
from submissions.tables import now

MOST_LINES = 100
MOST_BYTES = 8192
LONGEST_LINE = 300


def stamped(text: str, attempt: int) -> str:
    """Return one line of a log: when, in which attempt, what; of a longer text the first line alone."""
    first = (text.strip().splitlines() or [""])[0]
    return f"{now():%Y-%m-%d %H:%M:%S} UTC, attempt {attempt}: {shown(first, LONGEST_LINE)}"


def extended(log_tail: str | None, lines: Sequence[str]) -> str:
    """Return a log with some lines more; where it grows too long, its oldest lines go.

    >>> extended("one", ["two"]).splitlines()
    ['one', 'two']
    """
    kept: list[str] = []
    size = 0
    for line in reversed([*(log_tail or "").splitlines(), *lines]):
        size += len(line.encode()) + 1
        if len(kept) == MOST_LINES or size > MOST_BYTES:
            break
        kept.append(line)
    return "\n".join(reversed(kept))
