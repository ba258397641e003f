"""What became of a submission as a JSON document."""

from typing import Any

from submissions.status import EvaluationStatus, SubmissionStatus


def status_document(status: SubmissionStatus) -> dict[str, Any]:
    """Return a status as a JSON document; values are fractions, ranks plain numbers."""
    return {
        "submission": str(status.id),
        "system": status.system,
        "submitter": status.submitter,
        "status": status.status.value,
        "private": status.is_private,
        "created_at": status.created_at.isoformat(),
        "superseded_by": str(status.superseded_by) if status.superseded_by else None,
        "evaluations": [_document(one) for one in status.evaluations],
    }


def _document(one: EvaluationStatus) -> dict[str, Any]:
    return {
        "evaluation": str(one.id),
        "run": one.position,
        "seed": one.seed,
        "protocol": one.protocol,
        "protocol_version": one.protocol_version,
        "split": one.split,
        "status": one.status.value,
        "message": one.message,
        "reason": one.reason,
        "badges": list(one.badges),
        "warnings": list(one.warnings),
        "attempts": one.attempts,
        "progress": one.progress,
        "not_before": one.not_before.isoformat() if one.not_before else None,
        "values": one.values,
        "log": list(one.log),
    }
