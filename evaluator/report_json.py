"""A report as the JSON object that `rematch score --json` prints."""

from typing import Any

from evaluator.report import Measurement, Report


def report_document(report: Report) -> dict[str, Any]:
    """Return a report as plain JSON values: fractions between 0 and 1, rsum their sum, ranks from 1."""
    metrics: dict[str, Any] = {}
    for measurement in report.measurements:
        if measurement.direction is None:
            metrics[measurement.metric] = _value(measurement)
        else:
            metrics.setdefault(measurement.direction.value, {})[measurement.metric] = _value(measurement)
    return {
        "protocol": report.protocol,
        "protocol_version": report.protocol_version,
        "split": report.split,
        "split_digest": report.split_digest,
        "judgments": report.judgments,
        "judgments_digest": report.judgments_digest,
        "evaluator_version": report.evaluator_version,
        "centricity": report.centricity,
        "n_images": report.n_images,
        "n_captions": report.n_captions,
        "n_queries": {direction.value: len(counts.queries) for direction, counts in report.counts.items()},
        "caption_policy": report.caption_policy,
        "format": report.format,
        "seed": report.seed,
        "unit": "fraction",
        "metrics": metrics,
        "badges": list(report.badges),
        "warnings": list(report.warnings),
    }


def _value(measurement: Measurement) -> dict[str, Any]:
    value: dict[str, Any] = {
        "expected": measurement.expected,
        "pessimistic": measurement.pessimistic,
        "optimistic": measurement.optimistic,
        "ci95": list(measurement.ci95) if measurement.ci95 else None,
    }
    if measurement.spread is not None:
        value["spread"] = measurement.spread
    return value
