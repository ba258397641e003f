"""What a board says of its systems: the manifest first, then the run record; audits say what came back."""

import csv
import io
import json
from uuid import uuid4

import pandas as pd
import pytest

from leaderboard.exports import as_csv, as_json
from leaderboard.standings import board_standings
from submissions import database
from submissions.audit_store import add_audit
from submissions.board_query import board_keys, state_of_results

ALONE = {"model": {"parameters": 151_277_313}, "reranking": None, "candidates": None}
OWN_CANDIDATES = {"model": {"parameters": 223_744_258}, "reranking": {"depth": 256}, "candidates": None}
OTHERS_CANDIDATES = {"model": {"parameters": 111_595_777}, "reranking": {"depth": 256}, "candidates": {"parameters": 1}}


def board():
    with database.session() as session:
        (key,) = board_keys(session)
        return key, board_standings(session, key)


def row_of(system):
    (row,) = (row for row in board()[1].to_dict("records") if row["system"] == system)
    return row


def audited(submission, *verdicts, subject="rao2022", protocol="toy-scene"):
    rows = [{"verdict": one, "submission": str(submission), "measured_under": protocol} for one in verdicts]
    with database.session() as session:
        add_audit(session, subject=subject, source_id=None, document={"verdicts": rows, "n": str(uuid4())})


def test_what_the_manifest_says_is_on_the_board(add_submission):
    add_submission(
        "VSE++",
        [0.5],
        traits={
            "parameters": 67_000_000,
            "pretraining_data": ["CC", "SBU"],
            "pretraining_pairs": 4_000_000,
            "interaction": "dual-encoder",
            "hard_negatives": True,
        },
    )
    row = row_of("VSE++")
    assert (row["parameters"], row["pretraining_data"], row["pretraining_pairs"]) == (
        67_000_000, ("CC", "SBU"), 4_000_000,
    )  # fmt: skip
    assert (row["interaction"], row["hard_negatives"], row["evidence"]) == ("dual-encoder", True, "rescored")


def test_what_nobody_said_is_missing_and_not_a_default(add_submission):
    add_submission("unknown", [0.5])
    add_submission("none", [0.4], traits={"pretraining_data": [], "hard_negatives": False})
    unknown, none = row_of("unknown"), row_of("none")
    names = ("parameters", "pretraining_data", "pretraining_pairs", "interaction", "hard_negatives")
    assert [name for name in names if not pd.isna(unknown[name])] == []
    assert none["pretraining_data"] == ()
    assert none["hard_negatives"] is False


@pytest.mark.parametrize(
    ("record", "parameters", "interaction"),
    [
        (ALONE, 151_277_313, "dual-encoder"),
        (OWN_CANDIDATES, 223_744_258, "re-ranking"),
        (OTHERS_CANDIDATES, 111_595_777, "cross-encoder"),
    ],
)
def test_the_run_record_is_used_where_the_manifest_is_silent(add_submission, record, parameters, interaction):
    add_submission("run", [0.5], run_record=record)
    row = row_of("run")
    assert (row["parameters"], row["interaction"], row["evidence"]) == (parameters, interaction, "run here")


def test_the_manifest_is_believed_before_the_run_record(add_submission):
    add_submission("run", [0.5], run_record=ALONE, traits={"parameters": 5, "interaction": "late-interaction"})
    row = row_of("run")
    assert (row["parameters"], row["interaction"]) == (5, "late-interaction")


def test_ranks_are_another_kind_of_evidence_than_scores(add_submission):
    add_submission("ranks", [0.5], badges=[["evidence only"]])
    assert row_of("ranks")["evidence"] == "ranks only"


@pytest.mark.parametrize(
    ("verdicts", "verified"),
    [
        ([], False),
        (["not comparable"], False),
        (["within rounding", "within seed noise", "not comparable"], True),
        (["within rounding", "not reproduced"], False),
    ],
)
def test_a_system_is_verified_when_all_its_claims_came_back(add_submission, verdicts, verified):
    audited(add_submission("VSE++", [0.5]), *verdicts)
    assert row_of("VSE++")["verified"] is verified


def test_only_the_newest_audit_of_a_source_counts_and_every_source_does(add_submission):
    submission = add_submission("VSE++", [0.5])
    audited(submission, "not reproduced")
    audited(submission, "within rounding")
    assert row_of("VSE++")["verified"] is True
    audited(submission, "not reproduced", subject="another")
    assert row_of("VSE++")["verified"] is False


def test_what_came_back_elsewhere_says_nothing_of_this_board(add_submission):
    audited(add_submission("VSE++", [0.5]), "within rounding", protocol="coco-5k")
    assert row_of("VSE++")["verified"] is False


def test_an_audit_is_another_state_of_the_board(add_submission):
    submission = add_submission("VSE++", [0.5])

    def state():
        with database.session() as session:
            return state_of_results(session)

    before = state()
    audited(submission, "within rounding")
    assert state() != before


def test_files_hold_the_facts(add_submission):
    add_submission("known", [0.5], traits={"parameters": 7, "pretraining_data": ["CC", "SBU"], "hard_negatives": False})
    add_submission("none", [0.4], traits={"pretraining_data": []})
    add_submission("unknown", [0.3])
    key, table = board()
    known, none, unknown = csv.DictReader(io.StringIO(as_csv(table)))
    assert (known["parameters"], known["pretraining_data"], known["hard_negatives"]) == ("7", "CC; SBU", "False")
    assert (none["pretraining_data"], unknown["pretraining_data"], unknown["parameters"]) == ("none", "", "")
    first, second, third = json.loads(as_json(table, key))["entries"]
    assert (first["parameters"], first["pretraining_data"], first["hard_negatives"]) == (7, ["CC", "SBU"], False)
    assert (second["pretraining_data"], third["pretraining_data"], third["parameters"]) == ([], None, None)
