"""Claims as comma-separated text that declares itself: `# key: value` lines, a header, one line for each number."""

import csv
import io
from collections.abc import Iterator, Sequence

from evaluator.errors import ClaimError
from submissions.claim_columns import COLUMN_NAMES
from submissions.claim_document import ClaimDocument, check_size, declare
from submissions.claim_rows import Row
from submissions.claim_source import SOURCE_FIELDS, SourcedClaims
from submissions.claim_texts import kept_from_running, without_guard
from submissions.claims_written import cells_of

_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def parse_csv(text: str) -> ClaimDocument:
    """Read declarations, header and rows; what the columns mean is not looked at, as a layout may know them.

    Raises:
        ClaimError: It is no such text.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    declared, first = _declarations(lines)
    numbered = _records(lines, first)
    where, header = next(numbered, ("the file", []))
    _check_header(where, header)
    rows: list[Row] = []
    for where, cells in numbered:
        if len(cells) != len(header):
            raise ClaimError(
                f"{where}: expected {len(header)} cells, as the header has; found {len(cells)}. Put a cell with a comma"
                " in it in double quotes."
            )
        rows.append(Row(where, dict(zip(header, map(without_guard, cells), strict=True))))
        check_size(len(rows))
    return ClaimDocument(declared, tuple(header), rows)


def written_csv(sourced: SourcedClaims) -> str:
    """Write claims so that reading them gives the same; a column that is empty everywhere is left out."""
    rows = [cells_of(claim) for claim in sourced.claims]
    columns = [name for name in COLUMN_NAMES if any(row[name] for row in rows)]
    said = {"source": sourced.source.name, **{name: getattr(sourced.source, name) for name in SOURCE_FIELDS}}
    out = io.StringIO()
    out.writelines(f"# {name}: {text}\n" for name, text in said.items() if text)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    # Digits stay as they are: a negative number is no formula.
    writer.writerows(
        [row[name] if name == "value" else kept_from_running(row[name]) for name in columns] for row in rows
    )
    return out.getvalue()


def _declarations(lines: Sequence[str]) -> tuple[dict[str, str], int]:
    """Return what the leading lines declare, and the index of the line after them."""
    declared: dict[str, str] = {}
    for index, line in enumerate(lines):
        if line.strip() and not line.startswith("#"):
            return declared, index
        # `##` begins a remark, and `#` alone keeps paragraphs apart.
        if not line.startswith("##") and line.strip(" #"):
            name, colon, text = line[1:].partition(":")
            if not colon:
                raise ClaimError(
                    f"line {index + 1}: expected `# key: value`, such as `# scale: percent`; found {line[:60]!r}. Begin"
                    " a remark with ##."
                )
            declare(declared, name.strip(), text.strip(), f"line {index + 1}")
    return declared, len(lines)


def _records(lines: Sequence[str], first: int) -> Iterator[tuple[str, list[str]]]:
    """Yield where each record begins and its cells; lines without any cell are passed over."""
    reader = csv.reader((f"{line}\n" for line in lines[first:]), strict=True)
    begins = first + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield f"line {begins}", cells
            begins = first + reader.line_num + 1
    except csv.Error as error:
        raise ClaimError(
            f"line {begins}: this is not comma-separated text: {error}. Look for a double quote that is not closed."
        ) from None


def _check_header(where: str, header: list[str]) -> None:
    if not header:
        raise ClaimError("The file has no header. Expected a line that names the columns, such as system,metric,value.")
    header[:] = [name.strip() for name in header]
    separator = next((sign for sign in _OTHER_SEPARATORS if len(header) == 1 and sign in header[0]), None)
    if separator:
        raise ClaimError(
            f"{where}: expected columns separated by commas, found {_OTHER_SEPARATORS[separator]}. Save the table as"
            " CSV with commas."
        )
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise ClaimError(f"{where}: the column {twice[:60]!r} is there twice. Keep one of them.")
