"""A board is computed from what is stored, by rules that a hand calculation repeats."""

from statistics import mean, stdev
from types import SimpleNamespace

import numpy as np
import pytest
from sqlmodel import select

from evaluator.effects_codec import decode_effects, encode_effects
from leaderboard.overview import overview
from leaderboard.overview_table import overview_html
from leaderboard.paired_ranks import read_effects
from leaderboard.remarks import IDENTICAL_RUNS, NOT_DETERMINISTIC, SIGMA_0, UNPAIRED, merged_badges
from leaderboard.selection import Selection, select_rows
from leaderboard.standings import first_of_their_kind, standings
from splits.errors import UnknownNameError
from submissions import database
from submissions.board_query import board_keys, evaluated_runs
from submissions.tables import Evaluation, ImageEffects, Result, Status


def board(protocol="toy-scene", **options):
    with database.session() as session:
        return standings(session, protocol, **options)


def row_of(table, system):
    (row,) = table[table["system"] == system].to_dict("records")
    return row


def test_mean_and_std_are_those_of_the_seeds(add_submission):
    levels = [0.50, 0.53, 0.47]
    add_submission("CCA", levels)
    row = row_of(board(), "CCA")
    assert row["i2t R@1"] == pytest.approx(mean(levels))
    assert row["i2t R@1 std"] == pytest.approx(stdev(levels))
    assert row["seeds"] == 3
    assert row["rsum"] == pytest.approx(6 * 0.5 + 2 * 0.3)
    assert row["rsum std"] == pytest.approx(6 * stdev(levels))


def test_the_interval_is_the_mean_of_the_runs_intervals(add_submission):
    add_submission("CCA", [0.50, 0.54], half=0.02)
    row = row_of(board(), "CCA")
    assert (row["t2i R@5 low"], row["t2i R@5 high"]) == (pytest.approx(0.60), pytest.approx(0.64))


def test_one_seed_has_no_std(add_submission):
    add_submission("CCA", [0.5])
    assert np.isnan(row_of(board(), "CCA")["rsum std"])


def test_a_deterministic_system_has_no_std_and_says_why(add_submission):
    add_submission("hash", [0.5, 0.5], deterministic=True, same_ranks=True)
    row = row_of(board(), "hash")
    assert np.isnan(row["rsum std"])
    assert row["badges"] == (SIGMA_0,)


def test_a_system_declared_deterministic_whose_runs_differ_is_not_believed(add_submission):
    add_submission("hash", [0.4, 0.6], deterministic=True)
    row = row_of(board(), "hash")
    assert row["badges"] == (NOT_DETERMINISTIC,)
    assert row["rsum std"] > 0


def test_a_run_sent_twice_counts_once_in_the_spread():
    runs = [SimpleNamespace(submission_id=0, run_id=k, ranks_sha256=ranks) for k, ranks in enumerate("aab")]
    assert first_of_their_kind(runs).tolist() == [True, False, True]


def test_identical_runs_under_different_seeds_are_flagged(add_submission):
    add_submission("copy", [0.5, 0.5], same_ranks=True)
    row = row_of(board(), "copy")
    assert row["badges"] == (IDENTICAL_RUNS,)
    assert np.isnan(row["rsum std"]), "a spread of one run sent twice is no evidence"


def test_ties_show_the_largest_share_of_the_runs(add_submission):
    add_submission("flat", [0.1, 0.1], badges=[["ties 9.5 %"], ["ties 12.0 %", "evidence only"]])
    assert row_of(board(), "flat")["badges"] == ("evidence only", "ties 12.0 %")


def test_badges_without_numbers_are_joined_once():
    assert merged_badges([["one direction"], ["one direction", "evidence only"]]) == ["evidence only", "one direction"]


def test_systems_in_one_direction_come_last_and_unranked(add_submission):
    add_submission("half", [0.9], directions=("i2t",))
    add_submission("whole", [0.1])
    table = board()
    assert table["system"].tolist() == ["whole", "half"]
    assert table["rank"].isna().tolist() == [False, True]
    assert np.isnan(row_of(table, "half")["rsum"])


def test_ranks_are_shared_within_noise(add_submission):
    for system, level in (("first", 0.60), ("close", 0.598), ("far", 0.3)):
        add_submission(system, [level])
    assert list(zip(board()["system"], board()["rank"], strict=True)) == [("first", 1), ("close", 1), ("far", 3)]


def test_systems_whose_effects_are_not_stored_for_every_run_are_marked(add_submission):
    add_submission("whole", [0.5, 0.51])
    add_submission("old", [0.4], with_effects=False)
    half = add_submission("half", [0.3, 0.31])
    with database.session() as session:
        session.delete(session.get_one(ImageEffects, (last_evaluation(session, half), "rsum")))
    table = board()
    assert {row["system"]: row["badges"] for row in table.to_dict("records")} == {
        "whole": (),
        "old": (UNPAIRED,),
        "half": (UNPAIRED,),
    }


def test_effects_are_averaged_over_the_runs_of_a_system(add_submission):
    add_submission("one", [0.5, 0.52])
    add_submission("other", [0.4])
    with database.session() as session:
        (key,) = board_keys(session)
        runs = evaluated_runs(session, key)
        stored = {row.evaluation_id: decode_effects(row.content) for row in session.exec(select(ImageEffects))}
        system_of = {run.evaluation_id: int(run.system == "other") for run in runs}
        found = read_effects(session, key, "rsum", system_of, 3)
    assert found.of_system.tolist() == [True, True, False]
    own = [stored[run.evaluation_id] for run in runs if run.system == "one"]
    assert found.values[0] == pytest.approx(np.mean(own, axis=0))


def test_effects_of_other_images_are_not_paired(add_submission):
    add_submission("first", [0.5])
    second = add_submission("second", [0.4])
    with database.session() as session:
        row = session.get_one(ImageEffects, (last_evaluation(session, second), "rsum"))
        row.content = encode_effects(np.zeros(7))
    badges = {row["system"]: row["badges"] for row in board().to_dict("records")}
    assert sorted(badges.values()) == [(), (UNPAIRED,)]


def test_a_superseded_submission_is_not_on_the_board(add_submission):
    newer = add_submission("CCA", [0.5])
    add_submission("CCA", [0.9], superseded_by=newer)
    assert board()["submission"].tolist() == [str(newer)]


def test_only_the_newest_version_of_a_protocol_counts(add_submission):
    add_submission("old", [0.9], version=1)
    add_submission("new", [0.5], version=2)
    assert board()["system"].tolist() == ["new"]


def test_a_version_without_results_leaves_the_older_board_up(add_submission):
    add_submission("old", [0.9], version=1)
    add_submission("waiting", [0.5], version=2, status=Status.QUEUED)
    assert board()["system"].tolist() == ["old"]


def test_splits_of_one_protocol_never_share_a_board(add_submission):
    for number in range(2):
        add_submission(f"mine {number}", [0.5], protocol="standard", split="my/test")
    add_submission("theirs", [0.5], protocol="standard", split="their/test")
    assert set(board("standard")["system"]) == {"mine 0", "mine 1"}
    assert board("standard", split="their/test")["system"].tolist() == ["theirs"]


def test_failed_runs_are_counted_as_missing(add_submission):
    submission = add_submission("CCA", [0.5, 0.5, 0.5])
    with database.session() as session:
        broken = session.get_one(Evaluation, last_evaluation(session, submission))
        broken.status = Status.FAILED
    row = row_of(board(), "CCA")
    assert row["seeds"] == 2
    assert row["badges"] == ("incomplete: 2 of 3 runs",)


def test_a_rescored_run_counts_once_with_its_last_result(add_submission):
    submission = add_submission("CCA", [0.5])
    with database.session() as session:
        first = session.get_one(Evaluation, last_evaluation(session, submission))
        kept = first.model_dump(exclude={"id", "queued_at", "evaluator_version"})
        again = Evaluation(**kept, evaluator_version="0.2.0")
        session.add(again)
        session.flush()
        value = {"pessimistic": 0.7, "optimistic": 0.7, "low": 0.6, "high": 0.8}
        session.add(Result(evaluation_id=again.id, metric="R@1", direction="i2t", expected=0.7, **value))
    row = row_of(board(), "CCA")
    assert (row["seeds"], row["i2t R@1"]) == (1, 0.7)


def last_evaluation(session, submission):
    from submissions.board_query import evaluated_runs

    (key,) = board_keys(session)
    return [run for run in evaluated_runs(session, key) if run.submission_id == submission][-1].evaluation_id


def test_a_board_without_rsum_is_ranked_on_both_directions_of_its_first_metric(add_submission):
    add_submission("better", [0.6])
    add_submission("worse", [0.2])
    with database.session() as session:
        for result in session.exec(select(Result)).all():
            if result.metric == "rsum":
                session.delete(result)
    table = board()
    assert list(zip(table["system"], table["rank"], strict=True)) == [("better", 1), ("worse", 2)]


def test_an_unknown_protocol_is_answered_with_the_ones_that_have_results(add_submission):
    add_submission("CCA", [0.5])
    with pytest.raises(UnknownNameError, match=r"no protocol with results named 'toy-scen'.*Did you mean toy-scene"):
        board("toy-scen")


def test_an_unknown_split_is_answered_with_the_ones_that_have_results(add_submission):
    add_submission("CCA", [0.5])
    with pytest.raises(UnknownNameError, match=r"no split with results of toy-scene named 'x'.*toy-scene/test"):
        board(split="x")


def test_an_empty_database_says_what_to_do(database_ready):
    with pytest.raises(UnknownNameError, match="rematch submit"):
        board()


def test_the_fullest_board_is_listed_first(add_submission):
    add_submission("one", [0.5], protocol="toy-object", split="toy-object/test", centricity="object")
    add_submission("one", [0.5])
    add_submission("two", [0.5])
    with database.session() as session:
        assert [(key.protocol, key.n_submissions) for key in board_keys(session)] == [
            ("toy-scene", 2),
            ("toy-object", 1),
        ]


def test_the_overview_puts_scene_beside_object(add_submission):
    for system, scene, thing in (("a", 0.6, 0.2), ("b", 0.3, 0.5)):
        add_submission(system, [scene])
        add_submission(system, [thing], protocol="toy-object", split="toy-object/test", centricity="object")
    add_submission("scene only", [0.1])
    with database.session() as session:
        found = overview({key: board(key.protocol) for key in board_keys(session)})
    assert found.labels == ("toy-scene", "toy-object")
    table = found.table
    assert table["system"].tolist() == ["a", "b", "scene only"]
    assert table["0 rank"].tolist() == [1, 2, 3]
    assert table["1 rank"].tolist()[:2] == [2, 1]
    assert np.isnan(table["1 value"].iloc[2])


def test_the_overview_never_joins_numbers_of_two_ways_to_run_one_system(add_submission):
    add_submission("a", [0.6])
    for level, badges in ((0.2, []), (0.3, ["precision bf16"]), (0.4, ["truncated re-ranking k=4", "ties 3.0 %"])):
        thing = {"protocol": "toy-object", "split": "toy-object/test", "centricity": "object"}
        add_submission("a", [level], badges=[badges], **thing)
    with database.session() as session:
        found = overview({key: board(key.protocol) for key in board_keys(session)})
    rows = found.table.set_index("variant")
    assert sorted(rows.index) == [(), ("precision bf16",), ("truncated re-ranking k=4",)]
    assert rows["0 value"].notna().tolist() == [True, False, False]
    assert rows.loc[[()], "1 value"].item() < rows.loc[[("precision bf16",)], "1 value"].item()
    drawn = overview_html(found)
    assert drawn.count(">precision bf16<") == drawn.count(">truncated re-ranking k=4<") == 1
    assert "ties" not in drawn


def test_a_selection_filters_and_orders_without_touching_ranks(add_submission):
    add_submission("Beta net", [0.6], setting="fine-tuned")
    add_submission("alpha NET", [0.3], submitter="someone")
    table = board()
    assert select_rows(table, Selection(words="net BETA"))["system"].tolist() == ["Beta net"]
    assert select_rows(table, Selection(words="someone"))["rank"].tolist() == [2]
    assert select_rows(table, Selection(setting="fine-tuned"))["system"].tolist() == ["Beta net"]
    assert select_rows(table, Selection(words="(")).empty
    assert select_rows(table, Selection(order="system"))["system"].tolist() == ["alpha NET", "Beta net"]
    assert select_rows(table, Selection(order="newest"))["system"].tolist() == ["alpha NET", "Beta net"]
    assert select_rows(table, Selection(order="t2i R@1"))["system"].tolist() == ["Beta net", "alpha NET"]
