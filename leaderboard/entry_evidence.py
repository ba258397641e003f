"""The evidence on the page of a submission, as HTML: its files with their digests, and what is claimed of it."""

from collections.abc import Sequence
from typing import Any

from leaderboard.audit_exports import shown_as_printed
from leaderboard.components import DAGGER, MISSING, table_html, text
from leaderboard.escapes import one_line
from submissions.entry_query import EntryFile

_FILE_HEADS = {"File": "As the manifest names it", "Kind": "", "Seeds": "", "Size": "", "SHA-256": "Of the whole file"}
_CLAIM_HEADS = {
    "Claim": "Where it is printed",
    "On": "",
    "Metric": "",
    "Printed": "With the digits as printed",
    "Measured": "Here, rounded as printed",
    "Verdict": "",
    "Reason": "",
}
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def size_words(size: int) -> str:
    """Show a size in bytes as people read it.

    >>> size_words(999), size_words(1_250_128), size_words(500_200_000)
    ('999 bytes', '1.3 MB', '500.2 MB')
    """
    number, unit = float(size), 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{size:,} bytes" if unit == 0 else f"{number:.1f} {_UNITS[unit]}"


def files_html(files: Sequence[EntryFile]) -> str:
    """Draw every file that was handed in."""
    rows = (
        f'<tr><th scope="row">{text(", ".join(one.names))}</th><td class="words">{text(one.kind)}</td>'
        f'<td class="words">{", ".join(map(str, one.seeds))}</td><td title="{one.size:,} bytes">{size_words(one.size)}'
        f'</td><td class="words"><code class="digest">{text(one.sha256)}</code></td></tr>'
        for one in files
    )
    return table_html(_FILE_HEADS, rows, words=("File", "Kind", "Seeds", "SHA-256"), kind="pairwise")


def sums(files: Sequence[EntryFile]) -> str:
    """Write digests and names as `sha256sum --check` reads them."""
    return "\n".join(f"{one.sha256}  {one_line(name)}" for one in files for name in one.names)


def claims_html(verdicts: Sequence[dict[str, Any]]) -> str:
    """Draw every claim about a submission with its verdict: printed digits carry a dagger, they were not measured."""
    return table_html(
        _CLAIM_HEADS, map(_claim_row, verdicts), words=("Claim", "On", "Metric", "Verdict", "Reason"), kind="claims"
    )


def _claim_row(one: dict[str, Any]) -> str:
    cell = one["cell"]
    where = f"{cell['table']}, {cell['row']}, {cell['column']}"
    value = MISSING if one["value"] is None else shown_as_printed(one["value"], cell)
    return (
        f'<tr><th scope="row">{text(cell["source"])}<small>{text(where)} ({text(cell["kind"])})</small></th>'
        f'<td class="words">{text(one["measured_under"])}</td>'
        f'<td class="words">{text(cell["direction"] or "both")} {text(cell["metric"])}</td>'
        f"<td>{text(cell['printed'])}{DAGGER}</td><td>{text(value)}</td>"
        f'<td class="words">{text(one["verdict"])}</td><td class="words reason">{text(one["reason"])}</td></tr>'
    )
