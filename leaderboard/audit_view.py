"""An audit's document as people look at it: of one system only, and as rows with one number each."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from splits.catalog import near_names
from splits.errors import RematchError
from submissions.claim_match import folded

Document = Mapping[str, Any]

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Row:
    """One number that an audit says something about."""

    section: str
    """`finding`, `verdict` or `return`."""
    result: str
    """Severity, verdict or outcome."""
    cell: Mapping[str, Any]
    check: str = ""
    found: float | None = None
    """What was measured or reproduced, as a fraction or a rank."""
    text: str = ""


def of_system(documents: Iterable[Document], system: str) -> list[dict[str, Any]]:
    """Keep of audits what concerns one system, with all its variants.

    Raises:
        RematchError: None of them says anything of such a system.
    """
    wanted = _words(system)
    documents = list(documents)
    names = sorted({name for document in documents for name in _names(document)})
    if not any(_is(name, wanted) for name in names):
        raise RematchError(
            f"No audit here says anything of a system {system!r:.80}.{near_names(system[:80], names)}"
            " The systems of a source are listed by: rematch claims show SOURCE"
        )
    return [_only(document, wanted) for document in documents]


def rows_of(document: Document) -> Iterator[Row]:
    """Lay an audit out with a row for every cell of a finding, every verdict and every reproduced number."""
    for found in document.get("findings", ()):
        for cell in found["cells"]:
            yield Row("finding", found["severity"], cell, check=found["check"], text=found["arithmetic"])
    for one in document.get("verdicts", ()):
        measured = {**one["cell"], "protocol": one["measured_under"]}
        yield Row("verdict", one["verdict"], measured, found=one["value"], text=one["reason"])
    for system in document.get("returns", ()):
        for one in system["cells"]:
            again = one["reproduced"]
            scale = 100 if again["scale"] == "percent" else 1
            yield Row("return", one["outcome"], one["reported"], found=float(again["printed"]) / scale)


def severities_of(document: Document) -> dict[str, int]:
    """Count the findings of each severity."""
    found = [one["severity"] for one in document.get("findings", ())]
    return {severity: found.count(severity) for severity in SEVERITIES}


def verdicts_of(document: Document) -> dict[str, int]:
    """Count the verdicts of each kind, in the order in which they are met."""
    found = [one["verdict"] for one in document.get("verdicts", ())]
    return {verdict: found.count(verdict) for verdict in dict.fromkeys(found)}


def _names(document: Document) -> Iterator[str]:
    for found in document.get("findings", ()):
        yield from (cell["system"] for cell in found["cells"])
    for one in document.get("verdicts", ()):
        yield from (one["cell"]["system"], one["system"])
    yield from (one["system"] for one in document.get("returns", ()))
    for part in (*document.get("stability", ()), *({"systems": one["drops"]} for one in document["replication"])):
        yield from (one["system"] for one in part["systems"])
    for board in document.get("pairs", ()):
        yield from board["tallies"]


def _is(name: str, wanted: Sequence[str]) -> bool:
    """Whether a name begins with the words wanted: a system, with all its variants."""
    return bool(wanted) and _words(name)[: len(wanted)] == list(wanted)


def _words(name: str) -> list[str]:
    return [word for part in name.split() if (word := folded(part))]


def _only(document: Document, wanted: Sequence[str]) -> dict[str, Any]:
    kept: dict[str, Callable[[Document], bool]] = {
        "findings": lambda one: any(_is(cell["system"], wanted) for cell in one["cells"]),
        "verdicts": lambda one: _is(one["cell"]["system"], wanted) or _is(one["system"], wanted),
        "returns": lambda one: _is(one["system"], wanted),
        "explanations": lambda one: _is(one["system"], wanted),
    }
    narrowed = {name: [one for one in document[name] if keep(one)] for name, keep in kept.items() if name in document}
    orders = [
        {**one, "flips": [flip for flip in one["flips"] if _flips(flip, wanted)]} for one in document.get("orders", ())
    ]
    stability = [
        {**one, "neighbours": [], "systems": [own for own in one["systems"] if _is(own["system"], wanted)]}
        for one in document.get("stability", ())
    ]
    pairs = [
        {**one, "pairs": [own for own in one["pairs"] if _is(own["first"], wanted) or _is(own["second"], wanted)]}
        for one in document.get("pairs", ())
    ]
    replication = [
        {**one, "comparisons": [], "drops": [own for own in one["drops"] if _is(own["system"], wanted)]}
        for one in document["replication"]
    ]
    rest = {"orders": orders, "stability": stability, "pairs": pairs, "replication": replication}
    return {**document, **narrowed, **rest}


def _flips(flip: Mapping[str, Any], wanted: Sequence[str]) -> bool:
    return _is(flip["ahead_in_first"], wanted) or _is(flip["ahead_in_second"], wanted)
