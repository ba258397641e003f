"""Protocols, splits, metrics and words as HTML, from their catalogues."""

import platform
from collections.abc import Iterable, Mapping

from evaluator import __version__
from evaluator.library_versions import library_versions
from evaluator.metric import METRICS, Metric
from evaluator.protocol import Protocol
from leaderboard.anchors import about_link, anchor
from leaderboard.components import definition_list, text
from splits.split import ORIGINAL, CaptionPolicy, SplitDefinition

_LIBRARIES = ("numpy", "numba", "pandas", "scipy", "streamlit")
_CAPTIONS = {
    CaptionPolicy.ALL: "all captions of every image",
    CaptionPolicy.ONE: "one caption of every image, drawn with the caption seed",
}


def protocol_html(protocol: Protocol) -> str:
    """Draw what a protocol is, at a place of its own."""
    metrics = [*protocol.metrics, *(["rsum"] if protocol.has_rsum else [])]
    judgments = "the original pairs" if protocol.judgments == ORIGINAL else protocol.judgments
    split = about_link("split", protocol.split, page="") if protocol.split else "any split, your own among them"
    place, title = anchor("protocol", protocol.name), text(protocol.title)
    head = f'<h3 id="{place}">{title} <code>{text(protocol.name)}</code></h3><p>{text(protocol.notes)}</p>'
    return head + definition_list(
        [
            ("Version", str(protocol.version)),
            ("Split", split),
            ("Judgments", text(judgments)),
            ("Captions", _CAPTIONS[protocol.captions]),
            ("Folds", f"{protocol.folds.words}, averaged" if protocol.folds else "none"),
            ("Metrics", ", ".join(_metric_link(name) for name in metrics)),
            ("Ranked on", text(_leading(protocol))),
        ]
    )


def split_html(split: SplitDefinition, used_by: Iterable[Protocol]) -> str:
    """Draw what a split is, at a place of its own; a click chooses the whole digest."""
    judgments = ", ".join([ORIGINAL, *(split.read().extended if split.read else ())])
    protocols = ", ".join(about_link("protocol", one.name, page="") for one in used_by if one.split == split.name)
    dataset = split.dataset
    digest = f'<code class="whole">{text(split.digest)}</code>' if split.digest else "not pinned yet"
    return f'<h3 id="{anchor("split", split.name)}"><code>{text(split.name)}</code></h3>' + definition_list(
        [
            ("Digest", digest),
            ("Dataset", f"{text(dataset.title)}, {dataset.centricity.value}-centric"),
            ("Images", _count(split.n_images)),
            ("Captions", _count(split.n_captions)),
            ("Judgments", text(judgments)),
            ("Protocols", protocols or "none of its own: a training or validation part"),
            ("Licence", text(dataset.licence)),
            ("Cite", text(dataset.citation)),
            ("Source", text(dataset.source)),
        ]
    )


def metrics_html() -> str:
    """Draw what every metric is."""
    rows = "".join(
        f'<tr id="{anchor("metric", one.name)}"><th scope="row">{text(one.name)}</th>'
        f'<td class="words">{text(one.definition)}</td><td class="words">{_unit(one)}</td></tr>'
        for one in METRICS.values()
    )
    heads = "".join(f'<th scope="col" class="words">{head}</th>' for head in ("Metric", "What it is", "Shown as"))
    return (
        f'<div class="scroll"><table class="plain"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def words_html(title: str, words: Iterable[tuple[str, str]]) -> str:
    """Draw terms with what they mean."""
    return f"<h3>{text(title)}</h3>" + definition_list((term, text(meaning)) for term, meaning in words)


def contents_html(protocols: Iterable[str], splits: Iterable[str], sections: Mapping[str, str]) -> str:
    """Draw links to everything on the page.

    Args:
        protocols: Their names.
        splits: Their names.
        sections: Titles by anchor.
    """
    more = " · ".join(f'<a href="#{name}" target="_self">{text(title)}</a>' for name, title in sections.items())
    rows = (
        ("Protocols", " · ".join(about_link("protocol", name, page="") for name in protocols)),
        ("Splits", " · ".join(about_link("split", name, page="") for name in splits)),
        ("And", more),
    )
    return f'<nav aria-label="On this page">{definition_list(rows)}</nav>'


def section_html(name: str, title: str, body: str, lead: str = "") -> str:
    """Draw a part of the page at a place of its own; its body is HTML."""
    note = f'<p class="note">{text(lead)}</p>' if lead else ""
    return f'<h2 id="{name}">{text(title)}</h2>{note}{body}'


def versions_html() -> str:
    """Draw what computes the numbers of this board."""
    libraries = library_versions(_LIBRARIES)
    versions = ", ".join(f"{name} {version}" for name, version in libraries.items())
    return definition_list(
        [("Rematch", __version__), ("Python", platform.python_version()), ("Libraries", text(versions))]
    )


def _count(number: int | None) -> str:
    return "not known yet" if number is None else f"{number:,}"


def _leading(protocol: Protocol) -> str:
    if protocol.leading in (None, "rsum"):
        return protocol.leading or "nothing"
    return f"{protocol.leading}, the mean of both directions"


def _metric_link(name: str) -> str:
    return about_link("metric", name, page="") if name in METRICS else text(name)


def _unit(metric: Metric) -> str:
    better = "higher" if metric.higher_is_better else "lower"
    return f"{'percent' if metric.is_fraction else 'a rank, from 1'}, {better} is better"
