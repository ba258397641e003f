"""Times and durations in few words, with the exact moment for whoever points at them."""

from datetime import datetime, timedelta

from leaderboard.components import MISSING, text

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def lasted(seconds: float) -> str:
    """Show how long something took, in at most two units.

    >>> lasted(0.42), lasted(75), lasted(7_210), lasted(-1)
    ('0.4 s', '1 min 15 s', '2 h', '0.0 s')
    """
    if seconds < 10:
        return f"{max(seconds, 0.0):.1f} s"
    parts: list[tuple[int, str]] = []
    rest = round(seconds)
    for size, unit in _UNITS:
        number, rest = divmod(rest, size)
        if number or parts:
            parts.append((number, unit))
    return " ".join(f"{number} {unit}" for number, unit in parts[:2] if number)


def ago(then: datetime | None, now: datetime) -> str:
    """Draw how long ago something was, with the moment as a tooltip."""
    if then is None:
        return MISSING
    seconds = (now - then) / timedelta(seconds=1)
    words = "just now" if seconds < 5 else f"{lasted(max(seconds, 10))} ago"
    return f'<span title="{text(exact(then))}">{words}</span>'


def exact(moment: datetime) -> str:
    """Show a moment in UTC to the second."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
