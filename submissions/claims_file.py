"""Read a file of claims of any kind: our own CSV, JSON or YAML, or somebody's published table as it is."""

import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluator.audit.claim_set import ClaimSet, SeriesKey, key_of
from evaluator.audit.printed import Scale
from evaluator.errors import ClaimError
from submissions.claim_columns import FOR_ALL
from submissions.claim_document import ClaimDocument, check_columns, check_size
from submissions.claim_layout import CLAIM_LAYOUTS, ClaimLayout, recognised_layout
from submissions.claim_rows import Row, read_claim
from submissions.claim_scale import Placed, check_scale
from submissions.claim_source import SOURCE_FIELDS, Source, SourcedClaims, changed
from submissions.claims_csv import parse_csv
from submissions.claims_mapping import parse_claims_yaml, parse_json

MAX_BYTES = 32 * 2**20
"""A line of a claims file has some 200 bytes, so 100,000 of them fit."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the reader of a file says of it beside the file; None where nothing."""

    source: str | None = None
    title: str | None = None
    citation: str | None = None
    scale: Scale | None = None
    layout: str | None = None


def read_claims(path: Path, said: Said | None = None) -> SourcedClaims:
    """Read the claims of one source.

    Raises:
        ClaimError: The file cannot be read, or something in it is wrong: one message says what and where.
        UnknownNameError: There is no such layout.
    """
    said = said or Said()
    document = _parse(_read_text(path), path)
    layout = _layout_of(document, said)
    scale = _scale_of(document, layout, said)
    source = _source_of(document, layout, said)
    rows = _rows_of(document, layout)
    if not rows:
        raise ClaimError(f"{path} holds no claim: there is no row with a number that is a retrieval score.")
    defaults = {name: document.declared[name] for name in FOR_ALL if name in document.declared and name != "scale"}
    placed = [
        Placed(
            row.where, read_claim(row, source=source.name, scale=scale, defaults=defaults), bool(row.cells.get("scale"))
        )
        for row in rows
    ]
    check_scale(placed)
    _check_repeats(placed)
    return SourcedClaims(source, ClaimSet.of(one.claim for one in placed))


def _parse(text: str, path: Path) -> ClaimDocument:
    if path.suffix.lower() in (".yaml", ".yml"):
        return parse_claims_yaml(text, path)
    if path.suffix.lower() == ".json" or text.lstrip()[:1] in ("{", "["):
        return parse_json(text)
    return parse_csv(text)


def _layout_of(document: ClaimDocument, said: Said) -> ClaimLayout | None:
    if said.layout is None:
        layout = recognised_layout(document.columns)
        if layout is None and document.rows and document.rows[0].where.startswith("line"):
            check_columns(document.columns, "the header", document.declared)
        return layout
    layout = CLAIM_LAYOUTS[said.layout]
    missing = sorted(layout.columns - set(document.columns))
    if missing:
        raise ClaimError(
            f"This is no table of the layout {layout.name}: the column {missing[0]!r} is missing. Leave out --layout to"
            " have the table recognised."
        )
    return layout


def _scale_of(document: ClaimDocument, layout: ClaimLayout | None, said: Said) -> Scale | None:
    stated = {
        "the file": Scale(document.declared["scale"]) if "scale" in document.declared else None,
        f"the layout {layout.name}" if layout else "": layout.scale if layout else None,
        "--scale": said.scale,
    }
    found = {who: scale for who, scale in stated.items() if scale is not None}
    if len(set(found.values())) > 1:
        told = ", ".join(f"{who} says {scale.value}" for who, scale in found.items())
        raise ClaimError(f"The scale is declared twice and differently: {told}. Leave out the one that is wrong.")
    return next(iter(found.values()), None)


def _source_of(document: ClaimDocument, layout: ClaimLayout | None, said: Said) -> Source:
    name = said.source or document.declared.get("source") or (layout.source.name if layout else "")
    if not name:
        raise ClaimError(
            "The file does not say which source it is of. Write `# source: NAME` above the table, or give --source."
        )
    source = changed(layout.source if layout else Source(name), name=name)
    source = changed(source, **{field: document.declared.get(field) for field in SOURCE_FIELDS})
    return changed(source, title=said.title, citation=said.citation)


def _rows_of(document: ClaimDocument, layout: ClaimLayout | None) -> Sequence[Row]:
    if layout is None:
        return document.rows
    rows = [Row(row.where, _named(cells)) for row in document.rows for cells in layout.read(row.cells)]
    check_size(len(rows))
    return rows


def _named(cells: Mapping[str, str]) -> Mapping[str, str]:
    return {name: text for name, text in cells.items() if text}


def _check_repeats(placed: Sequence[Placed]) -> None:
    seen: dict[tuple[SeriesKey, str], str] = {}
    for one in placed:
        # Also under another heading: nobody could tell which of the two a sum is of, or a verdict.
        cell = (key_of(one.claim), one.claim.metric)
        first = seen.setdefault(cell, one.where)
        if first != one.where:
            raise ClaimError(
                f"{one.where} repeats the cell of {first}: {one.claim.cell}. Keep one of them, or say in variant, seed"
                " or table what tells them apart."
            )


def _read_text(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            raise ClaimError(f"{path} is {kind}, a file of claims was expected. Name the file itself.")
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise ClaimError(f"There is no file {path}. Check the path; it is taken from the current folder.") from None
    except OSError as error:
        raise ClaimError(f"{path!s:.200} cannot be read: {error.strerror}.") from None
    if len(content) > MAX_BYTES:
        raise ClaimError(f"{path} has more than {MAX_BYTES // 2**20} MB; no table of claims is that large.")
    if b"\0" in content:
        raise ClaimError(f"{path} is no text: byte {content.index(0)} is NUL. Save the table as CSV in UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ClaimError(
            f"{path} is no text in UTF-8: byte {error.start} is none. Save the table as CSV in UTF-8."
        ) from None
