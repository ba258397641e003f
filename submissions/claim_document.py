"""A claims file as read, before any of its words is understood: what it declares, and its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluator.audit.printed import Scale
from evaluator.errors import ClaimError
from splits.catalog import near_names
from submissions.claim_columns import COLUMN_NAMES, FOR_ALL, REQUIRED
from submissions.claim_rows import Row
from submissions.claim_source import SOURCE_FIELDS
from submissions.claim_texts import not_one_of, plain_text

MAX_CLAIMS = 100_000
"""No table has as many: a file beyond is something else."""
DECLARED = ("source", *SOURCE_FIELDS, *(name for name in FOR_ALL if name not in SOURCE_FIELDS))
"""What can be said once for the whole file: of the source, or for all rows that leave it empty."""


@dataclass(frozen=True, slots=True)
class ClaimDocument:
    """What a file declares of itself, its columns, and its rows as text."""

    declared: Mapping[str, str]
    columns: tuple[str, ...]
    rows: Sequence[Row]


def declare(declared: dict[str, str], name: str, text: str, where: str) -> None:
    """Note something that a file declares.

    Args:
        declared: What it has declared so far.
        name: The key.
        text: What it says.
        where: Where it stands, for messages.

    Raises:
        ClaimError: There is no such key, it is there already, or it says nothing that can be meant.
    """
    if name not in DECLARED:
        raise _unknown(name, where, "key", DECLARED)
    if name in declared:
        raise ClaimError(f"{where}: the key {name} is given again. Keep one of them.")
    if name == "scale" and text not in list(Scale):
        raise not_one_of(text, tuple(Scale), f"{where}, scale")
    declared[name] = plain_text(text, f"{where}, {name}")


def check_columns(columns: Sequence[str], where: str, declared: Mapping[str, str]) -> None:
    """Check that every column is one of a claim, once, and that none is missing.

    Raises:
        ClaimError: One is unknown, repeated or missing.
    """
    for name in columns:
        if name not in COLUMN_NAMES:
            raise _unknown(name, where, "column", COLUMN_NAMES)
        if columns.count(name) > 1:
            raise ClaimError(f"{where}: the column {name} is there twice. Keep one of them.")
    missing = [name for name in REQUIRED if name not in columns and name not in declared]
    if missing:
        raise ClaimError(
            f"{where}: expected the columns {', '.join(REQUIRED)}, and any other; {' and '.join(missing)} missing."
        )


def check_size(n_rows: int) -> None:
    """Check that there are not more rows than any table has.

    Raises:
        ClaimError: There are.
    """
    if n_rows > MAX_CLAIMS:
        raise ClaimError(f"The file has more than {MAX_CLAIMS:,} rows; no source prints as many. Is it a table?")


def _unknown(name: str, where: str, kind: str, known: Sequence[str]) -> ClaimError:
    return ClaimError(
        f"{where}: there is no {kind} {name[:60]!r}.{near_names(name[:60], list(known))} Known"
        f" {kind}s: {', '.join(known)}."
    )
