"""Reports and protocols as tables for people."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from evaluator.metric import METRICS
from evaluator.protocol import Protocol
from evaluator.report import Measurement, Report
from splits.split import CaptionPolicy
from splits.terminal import print_table


def print_report(report: Report) -> None:
    """Print the table on stdout, remarks on stderr."""
    table = Table(title=f"{report.protocol} v{report.protocol_version}", title_justify="left", header_style="bold")
    table.add_column("")
    table.add_column("metric")
    for title in ("expected", "95 % interval", "pessimistic", "optimistic"):
        table.add_column(title, justify="right", no_wrap=True)
    shown: set[object] = set()
    for m in report.measurements:
        if m.direction not in shown:
            table.add_section()
        label = "" if m.direction in shown or m.direction is None else m.direction.value
        shown.add(m.direction)
        table.add_row(label, m.metric, *_cells(m))
    out = Console()
    out.print(table)
    out.print("i2t ranks captions for each image, t2i ranks images for each caption.", highlight=False)
    drawn = f", one for each image (caption seed {report.seed})" if report.caption_policy == CaptionPolicy.ONE else ""
    out.print(
        f"{report.n_images:,} images x {report.n_captions:,} captions{drawn} of {report.split},"
        f" judgments {report.judgments}; percent, ranks from 1, intervals over images (seed {report.seed}).",
        highlight=False,
    )
    out.print(f"split {report.split_digest}, evaluator {report.evaluator_version}", highlight=False, soft_wrap=True)
    err = Console(stderr=True)
    for warning in report.warnings:
        err.print(f"note: {warning}", highlight=False, markup=False, soft_wrap=True)


def print_protocols(protocols: Sequence[Protocol]) -> None:
    """Print the catalogue of protocols, a line each."""
    print_table(
        ["protocol", "version", "what it is", "split"],
        [[p.name, str(p.version), p.title, p.split or "any (--split)"] for p in protocols],
    )


def print_protocol(protocol: Protocol) -> None:
    """Print all that one protocol is."""
    facts = {
        "protocol": f"{protocol.name}, version {protocol.version}",
        "title": protocol.title,
        "split": protocol.split or "any (--split)",
        "judgments": protocol.judgments,
        "captions": "one for each image, drawn with the seed" if protocol.captions is CaptionPolicy.ONE else "all",
        "folds": _folds(protocol),
        "notes": protocol.notes or "none",
    }
    out = Console(highlight=False, markup=False)
    for name, fact in facts.items():
        out.print(f"{name:<11}{fact}", soft_wrap=True)
    print_table(["metric", "what it is"], [[name, METRICS[name].definition] for name in protocol.metrics])


def _folds(protocol: Protocol) -> str:
    if protocol.folds is None:
        return "none"
    how = "consecutive" if protocol.folds.draws is None else f"drawn at random {protocol.folds.draws} times"
    return f"{protocol.folds.count}, {how}, averaged"


def _cells(m: Measurement) -> list[str]:
    percent = m.direction is None or METRICS[m.metric].is_fraction
    scale, digits = (100, 1) if percent else (1, 2)
    interval = "" if m.ci95 is None else f"{m.ci95[0] * scale:.{digits}f} to {m.ci95[1] * scale:.{digits}f}"
    expected = f"{m.expected * scale:.{digits}f}"
    if m.spread is not None:
        expected += f" ± {m.spread * scale:.{digits}f}"
    return [expected, interval, f"{m.pessimistic * scale:.{digits}f}", f"{m.optimistic * scale:.{digits}f}"]
