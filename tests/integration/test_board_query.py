"""What boards read, on both databases: traits out of JSON columns, and the board of an earlier day."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from leaderboard.standings import board_standings
from submissions import database
from submissions.audit_store import add_audit
from submissions.board_query import board_keys
from submissions.tables import Evaluation, Result, Status, Submission, SubmittedRun
from submissions.traits_query import SystemTraits, system_traits

pytestmark = pytest.mark.usefixtures("backend")


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def add_submission(session: Session, system: str, created_at: datetime | None = None, **manifest) -> Submission:
    submission = Submission(
        system=system,
        submitter="a group",
        setting="zero-shot",
        manifest=manifest,
        created_at=created_at or at(1),
    )
    session.add(submission)
    session.flush()
    return submission


def add_run(session: Session, submission: Submission, *, form: str = "npy", seed: int = 0) -> SubmittedRun:
    run = SubmittedRun(submission_id=submission.id, position=seed, format=form, seed=seed, seed_governs=[])
    session.add(run)
    session.flush()
    return run


def add_evaluation(session: Session, run: SubmittedRun, value: float, done: datetime | None = None, **facts):
    evaluation = Evaluation(
        run_id=run.id,
        protocol="toy-scene",
        finished_at=done or at(1),
        split="toy-scene/test",
        split_digest="sha256:" + "1" * 64,
        judgments="original",
        centricity="scene",
        status=Status.SUCCEEDED,
        **{"protocol_version": 1, "evaluator_version": "0.1.0", "queued_at": at(1), **facts},
    )
    session.add(evaluation)
    session.flush()
    bounds = {"pessimistic": value, "optimistic": value, "low": value - 0.01, "high": value + 0.01}
    session.add(Result(evaluation_id=evaluation.id, metric="rsum", direction="both", expected=value, **bounds))
    return evaluation


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


@pytest.fixture
def history(backend):
    """Four days in March: A is superseded on the 3rd, B is scored at night and again on the 4th, C is complete late."""
    with database.session() as session:
        a = add_submission(session, "A", at(1, 10))
        add_evaluation(session, add_run(session, a), 3.0, at(1, 11), queued_at=at(1, 10))
        better = add_submission(session, "A, mended", at(3, 10))
        add_evaluation(session, add_run(session, better), 4.0, at(3, 11), queued_at=at(3, 10))
        a.superseded_by = better.id
        b = add_submission(session, "B", at(2, 23, 59))
        run = add_run(session, b)
        add_evaluation(session, run, 2.0, at(3, 0, 30), queued_at=at(2, 23, 59))
        add_evaluation(session, run, 2.5, at(4, 9), queued_at=at(4, 8), evaluator_version="0.2.0")
        c = add_submission(session, "C", at(1, 12))
        add_evaluation(session, add_run(session, c), 1.0, at(1, 23, 59), queued_at=at(1, 12))
        add_evaluation(session, add_run(session, c, seed=1), 1.2, at(4, 1), queued_at=at(1, 12))
        hidden = add_submission(session, "hidden", at(1))
        hidden.is_private = True
        add_evaluation(session, add_run(session, hidden), 5.0)


def rsums(as_of):
    with database.session() as session:
        (board,) = board_keys(session, as_of=as_of)
        table = board_standings(session, board, as_of=as_of)
    assert board.n_submissions == len(table)
    return {row["system"]: (round(row["rsum"], 6), row["badges"]) for row in table.to_dict("records")}


WAS_INCOMPLETE = ("incomplete: 1 of 2 runs", "compared unpaired")
UNPAIRED = ("compared unpaired",)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (1, {"A": (3.0, UNPAIRED), "C": (1.0, WAS_INCOMPLETE)}),
        (2, {"A": (3.0, UNPAIRED), "C": (1.0, WAS_INCOMPLETE)}),
        (3, {"A, mended": (4.0, UNPAIRED), "B": (2.0, UNPAIRED), "C": (1.0, WAS_INCOMPLETE)}),
        (4, {"A, mended": (4.0, UNPAIRED), "B": (2.5, UNPAIRED), "C": (1.1, UNPAIRED)}),
    ],
)
def test_a_board_is_shown_as_it_stood_at_the_end_of_a_day(history, day, expected):
    assert rsums(date(2026, 3, day)) == expected


def test_the_last_day_is_what_is_shown_without_one(history):
    assert rsums(None) == rsums(date(2026, 3, 4)) == rsums(date.max)


def test_before_the_first_result_there_was_no_board(history):
    with database.session() as session:
        assert board_keys(session, as_of=date(2026, 2, 28)) == []


def test_a_later_version_of_a_protocol_does_not_hide_the_one_before():
    with database.session() as session:
        run = add_run(session, add_submission(session, "A"))
        add_evaluation(session, run, 1.0, at(1))
        add_evaluation(session, run, 2.0, at(3), protocol_version=2)
        versions = {
            day: [key.version for key in board_keys(session, as_of=as_of)]
            for day, as_of in ((2, date(2026, 3, 2)), (3, date(2026, 3, 3)), (0, None))
        }
    assert versions == {2: [1], 3: [2], 0: [2]}


def test_a_metric_that_was_measured_later_is_no_column_of_an_earlier_day(history):
    with database.session() as session:
        run = add_run(session, add_submission(session, "D", at(4)))
        evaluation = add_evaluation(session, run, 2.0, at(4, 5), queued_at=at(4))
        bounds = {"pessimistic": 0.5, "optimistic": 0.5}
        session.add(Result(evaluation_id=evaluation.id, metric="MRR", direction="i2t", expected=0.5, **bounds))
        session.flush()
        (board,) = board_keys(session)
        assert "i2t MRR" in board_standings(session, board).columns
        assert "i2t MRR" not in board_standings(session, board, as_of=date(2026, 3, 3)).columns


def test_what_came_back_later_was_not_verified_before():
    with database.session() as session:
        submission = add_submission(session, "A")
        add_evaluation(session, add_run(session, submission), 1.0)
        verdicts = [{"submission": str(submission.id), "verdict": "within rounding", "measured_under": "toy-scene"}]
        record, _ = add_audit(session, subject="rao2022", source_id=None, document={"verdicts": verdicts})
        record.created_at = at(2)
        session.flush()
        (board,) = board_keys(session)
        was = [board_standings(session, board, as_of=date(2026, 3, day))["verified"].item() for day in (1, 2)]
    assert was == [False, True]


def test_traits_are_those_of_the_first_run_that_was_scored():
    record = {"model": {"parameters": 7}, "reranking": None, "candidates": None}
    with database.session() as session:
        submission = add_submission(session, "a model")
        runs = [add_run(session, submission, form="model", seed=seed) for seed in range(3)]
        add_evaluation(session, runs[2], 3.0, run_record={**record, "model": {"parameters": 9}})
        add_evaluation(session, runs[1], 2.0, run_record=record)
        (board,) = board_keys(session)
        assert system_traits(session, board)[submission.id].parameters == 7
