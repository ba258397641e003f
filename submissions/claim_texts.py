"""The texts in a claims file: made plain when read, and kept from being run by a spreadsheet when written."""

import re

from evaluator.errors import ClaimError
from splits.catalog import near_names

MOST = 2000
"""The most characters of one cell."""
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠]")
_KEPT_FORMULA = re.compile(r"''*[=+\-@＝＋－＠]")


def plain_text(text: str, where: str) -> str:
    """Return a text on one line, single-spaced.

    Args:
        text: The text as it stands in the file.
        where: Where it stands, for messages.

    Raises:
        ClaimError: It is too long, or holds what cannot be seen or steers a terminal.
    """
    if len(text) > MOST:
        raise ClaimError(f"{where}: expected at most {MOST:,} characters, found {len(text):,}. Shorten it.")
    single = " ".join(text.split())
    unseen = next((one for one in single if not one.isprintable()), None)
    if unseen is not None:
        raise ClaimError(
            f"{where}: expected text that can be printed, found the character U+{ord(unseen):04X} in"
            f" {single[:60]!r}. Take it out."
        )
    return single


def kept_from_running(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula: an apostrophe in front of one that could be."""
    return f"'{text}" if _FORMULA.match(text) else text


def without_guard(text: str) -> str:
    """Return a text without the apostrophe that `kept_from_running` put there."""
    return text[1:] if _KEPT_FORMULA.match(text) else text


def not_one_of(text: str, known: tuple[str, ...], where: str) -> ClaimError:
    """Return the error that a text is none of the words that can stand there, with near ones."""
    found = f"found {text[:60]!r}" if text else "found nothing"
    return ClaimError(f"{where}: expected {', '.join(known)}; {found}.{near_names(text[:60], list(known))}")
