"""How numbers and words look, the same on every page and in the terminal.

Names, messages and badges come from whoever handed something in: whatever becomes HTML passes `text` first.
"""

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

from evaluator.metric import METRICS
from leaderboard.badge_words import explanation

MISSING = "–"
DAGGER = "†"
"""Marks what a source states and nobody measured here."""
DIRECTIONS = {"i2t": "i2t (text retrieval)", "t2i": "t2i (image retrieval)", "both": "both directions"}
"""Our names with the ones most papers use; some papers use them the other way round."""

_SERIOUS = ("ties", "identical", "incomplete", "evidence")


def text(value: object) -> str:
    """Escape anything that was handed in for use inside HTML, attributes included."""
    return html.escape(str(value), quote=True)


def percent(fraction: float | None) -> str:
    """Show a fraction as percent with one decimal: the only place where this is done.

    >>> percent(0.5517), percent(None)
    ('55.2', '–')
    """
    return _one_decimal(fraction, 100.0)


def shown(column: str, value: float | None) -> str:
    """Show one value of a column such as `i2t R@1`, `rsum` or `t2i MedR` in the unit of its metric."""
    return _one_decimal(value, 1.0) if is_plain(column) else percent(value)


def is_plain(column: str) -> bool:
    """Tell whether a column holds ranks, which are shown as they are, and not shares, which are shown in percent."""
    metric = column.split(" ")[-1]
    return metric in METRICS and not METRICS[metric].is_fraction


def higher_is_better(column: str) -> bool:
    """Tell which end of a column is the good one."""
    metric = column.split(" ")[-1]
    return metric not in METRICS or METRICS[metric].higher_is_better


def plus_minus(column: str, std: float | None) -> str:
    """Show a standard deviation over seeds, or nothing where there is none."""
    return "" if _missing(std) else f"± {shown(column, std)}"


def interval(column: str, low: float | None, high: float | None) -> str:
    """Show a 95 % interval, or nothing where there is none."""
    return "" if _missing(low) or _missing(high) else f"[{shown(column, low)}, {shown(column, high)}]"


def badges(words: Iterable[str]) -> str:
    """Draw badges, each with what it means; those that weaken a number stand out."""
    return "".join(map(_badge, words))


def _badge(word: str) -> str:
    serious = " serious" if word.startswith(_SERIOUS) else ""
    return f'<span class="badge{serious}"{hover(explanation(word))}>{text(word)}</span>'


def marked(figure: str, value: float, best: tuple[float, float]) -> str:
    """Set a figure in bold where its value is the best of its column, and underline the second best."""
    return f"<b>{figure}</b>" if value == best[0] else f"<u>{figure}</u>" if value == best[1] else figure


def hover(words: str) -> str:
    """Return the attribute that explains something when it is pointed at, or nothing where nothing explains it."""
    return f' title="{text(words)}"' if words else ""


def entry_link(submission: str, label: str) -> str:
    """Link to the page of one submission."""
    return f'<a href="entry?id={text(submission)}" target="_self">{text(label)}</a>'


def scrolled(table: str, label: str = "") -> str:
    """Put a table into what scrolls sideways, by keyboard too; with a label it is a region that can be jumped to."""
    region = f' role="region" aria-label="{text(label)}"' if label else ""
    return f'<div class="scroll" tabindex="0"{region}>{table}</div>'


def table_html(
    heads: Mapping[str, str], rows: Iterable[str], *, words: Sequence[str] = (), kind: str = "", label: str = ""
) -> str:
    """Draw a table.

    Args:
        heads: The names of the columns, each with what explains it.
        rows: Whole rows as HTML.
        words: The columns that hold words, which are set to the left.
        kind: A class of its own.
        label: What the table holds, for those who cannot see where it stands.
    """
    cells = "".join(_head(name, why, is_words=name in words) for name, why in heads.items())
    body = "".join(rows)
    return scrolled(f'<table class="plain {kind}"><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>', label)


def _head(name: str, why: str, *, is_words: bool) -> str:
    kind, title = ' class="words"' if is_words else "", f' title="{text(why)}"' if why else ""
    return f'<th scope="col"{kind}{title}>{text(name)}</th>'


def page_link(page: str, label: str, **query: str) -> str:
    """Link to a page of the board with what is to be chosen there.

    >>> page_link("compare", "Compare", ids="a,b")
    '<a href="compare?ids=a%2Cb" target="_self">Compare</a>'
    """
    address = f"{page}?{urlencode(query)}" if query else page
    return f'<a href="{text(address)}" target="_self">{text(label)}</a>'


def short_digest(digest: str) -> str:
    """Show the head of a digest with the whole of it as a tooltip."""
    head = digest.removeprefix("sha256:")[:12]
    return f'<code title="{text(digest)}">{text(head)}</code>'


def definition_list(facts: Iterable[tuple[str, str]]) -> str:
    """Draw named facts; the values are HTML."""
    return '<dl class="facts">' + "".join(f"<dt>{text(name)}</dt><dd>{value}</dd>" for name, value in facts) + "</dl>"


def _missing(value: float | None) -> bool:
    return value is None or math.isnan(value)


def _one_decimal(value: float | None, factor: float) -> str:
    return MISSING if value is None or math.isnan(value) else f"{value * factor:.1f}"
