"""Why a claim does not come back: the stored scores of its system evaluated in the other ways that papers use."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session

from evaluator.audit.claim import Claim
from evaluator.audit.verdict import Verdict
from evaluator.model_order import MODEL
from evaluator.protocol import PROTOCOLS
from evaluator.run import Run
from splits.errors import RematchError
from splits.split import Split
from submissions.held_claims import Held
from submissions.held_files import files_held
from submissions.measured_query import MeasuredEvaluation
from submissions.tables import Evaluation, SubmittedRun

UNEXPLAINED = (Verdict.NOT_REPRODUCED, Verdict.PROTOCOL_MISMATCH)


def explanations(session: Session, held: Iterable[Held]) -> list[dict[str, Any]]:
    """Ask for each row of a table that has a claim which does not come back what explains all of the row.

    Scores of a model that was run are not stored: it is told that nothing could be tried.
    """
    rows: dict[tuple[object, ...], list[Held]] = {}
    for one in held:
        claim, system = one.claim, one.match.system
        key = (system.submission_id, one.protocol, claim.table, claim.name, claim.kind, claim.protocol, claim.seed)
        rows.setdefault(key, []).append(one)
    asked = (row for row in rows.values() if any(one.judged.verdict in UNEXPLAINED for one in row))
    return [_explained(session, row) for row in asked]


def _explained(session: Session, row: Sequence[Held]) -> dict[str, Any]:
    first = row[0]
    told = {
        "system": first.claim.name,
        "submission": str(first.match.system.submission_id),
        "table": first.claim.table,
        "claimed_on": first.claim.ground,
        "measured_under": first.protocol,
    }
    return {**told, **tried([one.claim for one in row], first.protocol, session, first.evaluations)}


@files_held()
def tried(
    claims: Iterable[Claim], protocol: str, session: Session, evaluations: Sequence[MeasuredEvaluation | Evaluation]
) -> dict[str, Any]:
    """Evaluate the stored scores of one system in the other ways that papers use, and hold each against claims.

    Args:
        claims: Those of one row; of equal cells one is asked.
        protocol: What the scores were handed in for.
        session: Where they are found.
        evaluations: One for each seed, under that protocol.
    """
    from evaluator.audit.explain import explain
    from evaluator.audit.explanation_text import explanation_document, sentence

    asked = list({(one.metric, one.direction): one for one in claims}.values())
    try:
        split, runs = _stored_runs(session, evaluations)
        found = explain(runs, PROTOCOLS[protocol], split, asked, seed=evaluations[0].seed)
    except RematchError as error:
        return {"sentence": f"Nothing could be tried: {error}", "explained_by": None}
    return {**explanation_document(found, protocol), "sentence": sentence(found, protocol)}


def _stored_runs(session: Session, evaluations: Sequence[MeasuredEvaluation | Evaluation]) -> tuple[Split, list[Run]]:
    """Read the score files behind some evaluations of one split."""
    from evaluator.reading import read_score_file
    from evaluator.score_format import Orientation, Reading
    from splits.loading import load_split
    from submissions.again import stored_file
    from submissions.errors import ArtifactError

    runs: list[Run] = []
    split: Split | None = None
    for evaluation in evaluations:
        stored = session.get_one(SubmittedRun, evaluation.run_id)
        path = stored_file(stored.artifact_sha256) if stored.format != MODEL else None
        if path is None:
            raise ArtifactError(
                "the scores of a model are not kept. Write them to a file and ask: rematch explain FILE"
            )
        split = split or load_split(stored_file(stored.split_file_sha256) or evaluation.split)
        reading = Reading(orientation=Orientation(stored.orientation) if stored.orientation else None)
        runs.append(read_score_file(path, split, reading, format_name=stored.format).run)
    if split is None:
        raise ArtifactError("there is no evaluation.")
    return split, runs
