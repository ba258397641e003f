"""What boards read, on both databases: traits out of JSON columns, and the board of an earlier day."""

import pytest
from sqlmodel import Session

from leaderboard.standings import board_standings
from submissions import database
from submissions.audit_store import add_audit
from submissions.board_query import board_keys
from submissions.tables import Evaluation, Result, Status, Submission, SubmittedRun
from submissions.traits_query import SystemTraits, system_traits

pytestmark = pytest.mark.usefixtures("backend")


def add_submission(session: Session, system: str, **manifest) -> Submission:
    submission = Submission(system=system, submitter="a group", setting="zero-shot", manifest=manifest)
    session.add(submission)
    session.flush()
    return submission


def add_run(session: Session, submission: Submission, *, form: str = "npy", seed: int = 0) -> SubmittedRun:
    run = SubmittedRun(submission_id=submission.id, position=seed, format=form, seed=seed, seed_governs=[])
    session.add(run)
    session.flush()
    return run


def add_evaluation(session: Session, run: SubmittedRun, value: float, **facts) -> None:
    evaluation = Evaluation(
        run_id=run.id,
        protocol="toy-scene",
        protocol_version=1,
        split="toy-scene/test",
        split_digest="sha256:" + "1" * 64,
        judgments="original",
        centricity="scene",
        status=Status.SUCCEEDED,
        **{"evaluator_version": "0.1.0", **facts},
    )
    session.add(evaluation)
    session.flush()
    bounds = {"pessimistic": value, "optimistic": value, "low": value - 0.01, "high": value + 0.01}
    session.add(Result(evaluation_id=evaluation.id, metric="rsum", direction="both", expected=value, **bounds))


def test_traits_are_read_from_manifests_and_run_records():
    stated = {"parameters": 67_000_000, "pretraining_data": ["CC"], "hard_negatives": False}
    record = {"model": {"parameters": 151_277_313}, "reranking": None, "candidates": None}
    with database.session() as session:
        said = add_submission(session, "said", runs=[], traits=stated)
        run = add_submission(session, "run", runs=[])
        silent = add_submission(session, "silent", runs=[])
        add_evaluation(session, add_run(session, said), 3.0)
        add_evaluation(session, add_run(session, run, form="model"), 2.0, run_record=record)
        add_evaluation(session, add_run(session, silent), 1.0)
        verdicts = [{"submission": str(said.id), "verdict": "within rounding", "measured_under": "toy-scene"}]
        add_audit(session, subject="rao2022", source_id=None, document={"verdicts": verdicts})
        (board,) = board_keys(session)
        assert system_traits(session, board) == {
            said.id: SystemTraits(67_000_000, ("CC",), hard_negatives=False),
            run.id: SystemTraits(151_277_313, interaction="dual-encoder", is_run_here=True),
            silent.id: SystemTraits(),
        }
        table = board_standings(session, board).set_index("system")
    assert table["verified"].to_dict() == {"said": True, "run": False, "silent": False}
    assert table["evidence"].to_dict() == {"said": "rescored", "run": "run here", "silent": "rescored"}
