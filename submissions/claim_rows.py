"""From the cells of one row to a claim: every word is checked here, and every message says which line and column."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from evaluator.audit.claim import Claim, Kind
from evaluator.audit.printed import Printed, Scale
from evaluator.errors import ClaimError
from submissions.claim_columns import BOTH, REQUIRED, THE_TABLE
from submissions.claim_meaning import count_of, dataset_of, direction_of, measured_by, metric_of, scale_of
from submissions.claim_texts import not_one_of, plain_text

MOST_DIGITS = 12
"""How many significant digits of a number are kept."""
MOST_PRINTED = 40


class Row(NamedTuple):
    """The cells of one claim as the file has them, by column."""

    where: str
    """`line 12`, or `claims[3]`."""
    cells: Mapping[str, str]

    def of(self, column: str) -> str:
        """Return where a cell stands, for messages."""
        return f"{self.where}, {column}"


def read_claim(row: Row, *, source: str, scale: Scale | None, defaults: Mapping[str, str]) -> Claim:
    """Make a claim of one row.

    Args:
        row: Its cells.
        source: The name of the source.
        scale: The scale that the whole file declares.
        defaults: What was said once for all rows that leave it empty.

    Raises:
        ClaimError: Something in it is missing or means nothing.
    """
    said = {name: plain_text(text, row.of(name)) for name, text in row.cells.items()}
    cells = {**defaults, **{name: text for name, text in said.items() if text}}
    _check_required(row, cells)
    metric = metric_of(cells["metric"], row.of("metric"))
    label = cells.get("printed_direction", "")
    direction = direction_of(cells.get("direction", ""), label, metric, row.of("direction"))
    protocol = cells.get("protocol")
    measured = measured_by(protocol, row.of("protocol")) if protocol else None
    name = f"{cells['system']} {cells.get('variant', '')}".strip()
    shown_direction = label or (direction.value if direction else BOTH)
    n_images, n_captions = (count_of(cells.get(one, ""), row.of(one)) for one in ("n_images", "n_captions"))
    kind = _kind(cells, row)
    return Claim(
        source=source,
        table=cells.get("table", THE_TABLE),
        row=cells.get("row", name),
        column=cells.get("column", f"{shown_direction} {metric}"),
        system=cells["system"],
        metric=metric,
        printed=_printed(
            row, cells["value"], scale_of(cells.get("scale", ""), metric, row.of("scale"), declared=scale)
        ),
        kind=kind,
        variant=cells.get("variant", ""),
        ablation=cells.get("ablation", ""),
        dataset=dataset_of(cells.get("dataset", ""), measured, row.of("dataset")),
        protocol=protocol,
        printed_direction=label,
        direction=direction,
        direction_reason=cells.get("direction_reason", ""),
        n_images=n_images or (measured.n_images if measured else None),
        n_captions=n_captions or (measured.n_captions if measured else None),
        n_seeds=count_of(cells.get("n_seeds", ""), row.of("n_seeds")),
        seed=cells.get("seed"),
        reference=cells.get("reference", ""),
        note=cells.get("note", ""),
    )


def _check_required(row: Row, cells: Mapping[str, str]) -> None:
    for name in REQUIRED:
        if name not in cells:
            hint = " Leave out the rows of cells in which no number is printed." if name == "value" else ""
            raise ClaimError(f"{row.of(name)}: expected something, found an empty cell.{hint}")


def _kind(cells: Mapping[str, str], row: Row) -> Kind:
    text = cells.get("kind", Kind.REPORTED.value)
    if text not in list(Kind):
        raise not_one_of(text, tuple(Kind), row.of("kind"))
    if (text == Kind.ABLATION) != bool(cells.get("ablation")):
        raise ClaimError(
            f"{row.of('ablation')}: expected what was taken away, with kind ablation and with no other; found kind"
            f" {text} and {repr(cells['ablation'][:60]) if cells.get('ablation') else 'nothing'}."
        )
    return Kind(text)


def _printed(row: Row, text: str, scale: Scale) -> Printed:
    if len(text) > MOST_PRINTED:
        raise ClaimError(f"{row.of('value')}: expected a number as a table prints it, found {len(text):,} characters.")
    try:
        return Printed(_known_digits(Printed(text, scale)), scale)
    except ClaimError as error:
        raise ClaimError(f"{row.of('value')}: {error}") from None


def _known_digits(printed: Printed) -> str:
    """Return the digits, twelve at most: a longer number is a float written out, whose last digits are of no table."""
    number = Decimal(printed.text)
    if len(number.as_tuple().digits) <= MOST_DIGITS:
        return printed.text
    return f"{number:.{max(0, MOST_DIGITS - 1 - number.adjusted())}f}"
