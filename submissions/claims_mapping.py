"""Claims as a JSON or YAML document: keys that declare the file, and a list of claims."""

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from evaluator.errors import ClaimError
from submissions.claim_document import ClaimDocument, check_columns, check_size, declare
from submissions.claim_rows import MOST_DIGITS, Row
from submissions.errors import ManifestError
from submissions.yaml_document import parse_yaml

MAX_YAML_BYTES = 2 * 2**20
"""YAML is read by Python alone: a larger file would take minutes."""
_EXPECTED = 'Expected keys and a list: {"source": "mine", "scale": "percent", "claims": [{"system": ...}, ...]}.'


def parse_json(text: str) -> ClaimDocument:
    """Read a JSON document, with every number's digits as they stand.

    Raises:
        ClaimError: It is no such document.
    """
    try:
        document = json.loads(
            text, parse_float=_digits, parse_int=str, parse_constant=str, object_pairs_hook=_without_repeats
        )
    except json.JSONDecodeError as error:
        raise ClaimError(f"line {error.lineno}: this is not JSON: {error.msg}, column {error.colno}.") from None
    except RecursionError:
        raise ClaimError("The JSON document is nested too deeply to be a claims file.") from None
    return _document(document)


def parse_claims_yaml(text: str, path: Path) -> ClaimDocument:
    """Read a YAML document, with every number's digits as they stand.

    Raises:
        ClaimError: It is no such document.
    """
    if len(text) > MAX_YAML_BYTES:
        raise ClaimError(f"{path} has more than {MAX_YAML_BYTES // 2**20} MB of YAML. Write CSV or JSON instead.")
    try:
        return _document(parse_yaml(text, path, numbers_as_text=True))
    except ManifestError as error:
        raise ClaimError(str(error)) from None


def _document(document: object) -> ClaimDocument:
    if not isinstance(document, dict) or not isinstance(document.get("claims"), list):
        raise ClaimError(f"This is no document of claims. {_EXPECTED}")
    declared: dict[str, str] = {}
    for name, value in document.items():
        if name != "claims":
            declare(declared, name, _text(value, repr(name[:60])), "the document")
    check_size(len(document["claims"]))
    rows = [_row(item, f"claims[{index}]", declared) for index, item in enumerate(document["claims"])]
    return ClaimDocument(declared, tuple(dict.fromkeys(name for row in rows for name in row.cells)), rows)


def _row(item: object, where: str, declared: dict[str, str]) -> Row:
    if not isinstance(item, dict):
        raise ClaimError(f"{where}: expected the keys of a claim, found {_kind_of(item)}. {_EXPECTED}")
    check_columns(list(item), where, declared)
    return Row(where, {name: _text(value, f"{where}, {name}") for name, value in item.items()})


def _text(value: object, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ClaimError(f"{where}: expected text or a number, found {_kind_of(value)}. Put it in quotes.")
    return value


def _digits(text: str) -> str:
    """Return a number without an exponent, as Python writes a small one with it: 1e-05."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return f"{number:f}" if "e" in text.lower() and abs(number.adjusted()) < MOST_DIGITS else text


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "a truth value"
    return {list: "a list", dict: "keys with values", type(None): "nothing"}.get(type(value), "a text or number")


def _without_repeats(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(items)
    if len(found) < len(items):
        names = [name for name, _ in items]
        twice = next(name for name in names if names.count(name) > 1)
        raise ClaimError(f"The key {twice!r:.60} is given twice. Keep one of them.")
    return found
