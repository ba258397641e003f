"""How to cite Rematch, and a number of it: from the one file that says so, CITATION.cff."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from evaluator.protocol import Protocol

_FILE = Path(__file__).with_name("CITATION.cff")


@cache
def citation() -> dict[str, Any]:
    """Read the citation file."""
    read: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return read


def as_text(cited: dict[str, Any]) -> str:
    """Write a citation as a sentence.

    >>> as_text({"title": "T", "version": 1, "license": "MIT", "authors": [{"name": "A"}]})
    'A. T. Version 1 [software]. MIT.'
    """
    year = f" ({cited['date-released']!s:.4})" if "date-released" in cited else ""
    address = f" {cited['repository-code']}" if "repository-code" in cited else ""
    return (
        f"{_authors(cited, ', ')}{year}. {cited['title']}. Version {cited['version']} [software]."
        f" {cited['license']}.{address}"
    )


def as_bibtex(cited: dict[str, Any]) -> str:
    """Write a citation as an entry for BibTeX."""
    fields = {
        "author": f"{{{_authors(cited, '} and {')}}}",
        "title": f"{{{cited['title']}}}",
        "version": str(cited["version"]),
        "note": f"License {cited['license']}",
    }
    if "date-released" in cited:
        fields["year"] = f"{cited['date-released']!s:.4}"
    if "repository-code" in cited:
        fields["url"] = str(cited["repository-code"])
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@software{{rematch,\n{lines}\n}}"


def number_cited(protocol: Protocol, digest: str | None, evaluator_version: str, today: date) -> str:
    """Write what makes a number of a board the same number for everybody; the reader puts in value and system.

    Args:
        protocol: Whose board it is.
        digest: Of the split; None where it is not known here.
        evaluator_version: Who computed it.
        today: When it was read.
    """
    split = f"{protocol.split or 'SPLIT'}, {digest or 'DIGEST'}"
    return (
        f"SYSTEM: {protocol.leading or 'METRIC'} VALUE ± STD over N seeds,"
        f" {protocol.name} version {protocol.version} ({split}),"
        f" Rematch evaluator {evaluator_version}, as of {today:%Y-%m-%d}."
    )


def _authors(cited: dict[str, Any], between: str) -> str:
    names = (one.get("name") or f"{one['given-names']} {one['family-names']}" for one in cited["authors"])
    return between.join(names)
