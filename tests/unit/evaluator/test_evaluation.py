import json

import numpy as np
import pytest
from typer.testing import CliRunner

from evaluator import __version__
from evaluator.evaluation import evaluate
from evaluator.groups import relevant_groups
from evaluator.metric import METRICS
from evaluator.protocol import PROTOCOLS, RECALLS, Folds, Protocol
from evaluator.report_json import report_document
from evaluator.report_table import print_report
from evaluator.run import EmbeddingRun, ListRun, MatrixRun, RankEvidence, ScoreFile
from leaderboard.cli import app
from splits.errors import RematchError
from splits.split import Direction
from tests.unit.evaluator.conftest import make_split
from tests.unit.evaluator.test_ranking import full_lists

STANDARD = PROTOCOLS["standard"]


def report_of(run, split, protocol=STANDARD, **options):
    return evaluate(ScoreFile(run, "matrix"), protocol, split, **options)


@pytest.fixture
def scores():
    rng = np.random.default_rng(2)
    return (rng.standard_normal((40, 80)) + 2 * np.repeat(np.eye(40), 2, axis=1)).astype(np.float32)


def test_a_report_says_what_its_numbers_are(scores):
    split = make_split(40, 2)
    document = report_document(report_of(MatrixRun(scores), split, seed=3))
    head = {
        key: document[key]
        for key in ("protocol", "protocol_version", "split", "split_digest", "n_images", "n_captions", "seed")
    }
    assert head == {
        "protocol": "standard",
        "protocol_version": 1,
        "split": "tiny/test",
        "split_digest": split.digest,
        "n_images": 40,
        "n_captions": 80,
        "seed": 3,
    }
    assert document["evaluator_version"] == __version__
    assert set(document["metrics"]) == {"i2t", "t2i", "rsum"}
    assert set(document["metrics"]["i2t"]) == set(STANDARD.metrics)
    assert set(document["metrics"]["i2t"]["R@1"]) == {"expected", "pessimistic", "optimistic", "ci95"}
    json.dumps(document, allow_nan=False)


def test_rsum_adds_up_the_six_recalls_and_so_do_its_bounds(scores):
    report = report_of(MatrixRun(np.round(scores)), make_split(40, 2))
    parts = [report.value(name, direction) for name in RECALLS for direction in Direction]
    total = report.value("rsum")
    for kind in ("expected", "pessimistic", "optimistic"):
        assert getattr(total, kind) == pytest.approx(sum(getattr(part, kind) for part in parts))


def test_every_interval_holds_its_value(scores):
    for m in report_of(MatrixRun(scores), make_split(40, 2)).measurements:
        low, high = m.ci95
        assert low <= m.expected <= high, m.metric


def test_ties_that_matter_carry_a_badge_with_the_share_of_queries(scores):
    tied = np.round(scores / 2)
    report = report_of(MatrixRun(tied), make_split(40, 2))
    affected = max(float(np.mean(c.tied > 0)) for c in report.counts.values())
    assert report.badges == (f"ties {100 * affected:.1f} %",)
    assert report_of(MatrixRun(scores), make_split(40, 2)).badges == ()


def test_one_direction_gives_no_rsum(scores):
    report = report_of(ListRun({Direction.I2T: full_lists(scores)}), make_split(40, 2))
    assert {m.direction for m in report.measurements} == {Direction.I2T}
    assert report.badges == ("one direction",)
    assert report.warnings == ("The file answers i2t only, so there is no rsum.",)


def test_ranks_without_scores_are_marked_as_evidence_and_refuse_what_they_cannot_tell():
    split = make_split(40, 2)
    evidence = RankEvidence({Direction.I2T: np.zeros(40, np.int64), Direction.T2I: np.arange(80) % 40})
    plain = Protocol("plain", 1, "", None)
    report = report_of(evidence, split, plain)
    assert report.badges == ("evidence only",)
    assert report.value("R@1", Direction.I2T).expected == 1
    assert report.value("MeanR", Direction.T2I).expected == 20.5
    with pytest.raises(RematchError, match="Protocol standard needs the rank of every relevant candidate"):
        report_of(evidence, split)


def test_matrix_embeddings_and_lists_of_one_system_agree():
    rng = np.random.default_rng(0)
    images, captions = rng.standard_normal((30, 16)), rng.standard_normal((60, 16))
    split = make_split(30, 2)
    unit = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in (images, captions)]
    cosine = unit[0] @ unit[1].T
    lists = ListRun({Direction.I2T: full_lists(cosine), Direction.T2I: full_lists(cosine.T)})
    reports = [report_of(run, split) for run in (EmbeddingRun(images, captions), MatrixRun(cosine), lists)]
    values = [[(m.metric, m.expected, m.ci95) for m in report.measurements] for report in reports]
    assert values[0] == values[1] == values[2]


def test_a_cutoff_beyond_the_gallery_is_refused():
    with pytest.raises(RematchError) as raised:
        report_of(MatrixRun(np.zeros((6, 12))), make_split(6, 2))
    assert str(raised.value) == (
        "R@10 needs at least 10 candidates, but t2i ranks only 6 images of the split tiny/test."
        " Use a split with at least 10 images."
    )


def test_a_protocol_refuses_another_split():
    with pytest.raises(
        RematchError, match="Protocol coco-5k is defined on the split coco/karpathy-test-25000, not on tiny"
    ):
        report_of(MatrixRun(np.zeros((40, 80))), make_split(40, 2), PROTOCOLS["coco-5k"])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0), (39, 79), (13, 60), (30, 2)])
@pytest.mark.parametrize("folds", [None, Folds(2), Folds(2, draws=3)])
def test_a_score_that_is_not_finite_is_found_wherever_it_stands(scores, bad, place, folds):
    scores[place] = bad
    protocol = Protocol("p", 1, "", None, folds=folds)
    with pytest.raises(
        RematchError, match=rf"row {place[0]}, column {place[1]}: image 'i{place[0]}', caption 'c{place[1]}'"
    ):
        report_of(MatrixRun(scores), make_split(40, 2), protocol)


def test_score_prints_a_table_and_says_nothing_on_stderr_when_all_is_well(scores, tmp_path):
    np.save(tmp_path / "s.npy", scores)
    split = make_split(40, 2)
    document = {
        "name": split.name,
        "centricity": "scene",
        "images": split.image_ids,
        "captions": split.caption_ids,
        "pairs": [[split.caption_ids[c], split.image_ids[i]] for c, i in split.pairs],
    }
    (tmp_path / "split.json").write_text(json.dumps(document))
    answer = CliRunner().invoke(app, ["score", str(tmp_path / "s.npy"), "--split", str(tmp_path / "split.json")])
    assert answer.exit_code == 0
    assert "rsum" in answer.stdout
    assert split.digest in answer.stdout
    assert answer.stderr == ""


def test_score_without_protocol_and_split_is_wrong_usage(tmp_path):
    answer = CliRunner().invoke(app, ["score", str(tmp_path / "s.npy")])
    assert answer.exit_code == 2
    assert "give --protocol or --split" in answer.stderr


def test_protocols_list_shows_every_protocol():
    answer = CliRunner().invoke(app, ["protocols", "list", "--json"])
    assert [row["name"] for row in json.loads(answer.stdout)] == list(PROTOCOLS)
    assert CliRunner().invoke(app, ["protocols", "list"]).exit_code == 0


def test_random_folds_report_their_spread_in_json_and_in_the_table(scores, capsys):
    protocol = Protocol("folded", 1, "", None, folds=Folds(2, draws=5))
    report = report_of(MatrixRun(scores), make_split(40, 2), protocol)
    spread = report_document(report)["metrics"]["i2t"]["R@1"]["spread"]
    assert spread == report.value("R@1", Direction.I2T).spread > 0
    assert report.value("MedR", Direction.I2T).ci95 is None
    print_report(report)
    assert f"± {100 * spread:.1f}" in capsys.readouterr().out


def test_warnings_of_a_report_go_to_stderr(scores, capsys):
    print_report(report_of(MatrixRun(np.round(scores / 2)), make_split(40, 2)))
    answer = capsys.readouterr()
    assert "note: Ties matter" in answer.err
    assert "Ties matter" not in answer.out


def test_only_ranked_lists_and_matrices_tell_the_rank_of_every_relevant_candidate():
    evidence = RankEvidence({Direction.I2T: np.zeros(40, np.int64)})
    with pytest.raises(RematchError, match="the file holds only the best one's per query"):
        relevant_groups(evidence, make_split(40, 2).judgments().i2t, Direction.I2T)


def test_ranks_without_scores_cannot_be_cut_into_folds():
    evidence = RankEvidence({Direction.I2T: np.zeros(40, np.int64)})
    with pytest.raises(RematchError, match="do not tell the ranks within folds"):
        report_of(evidence, make_split(40, 2), Protocol("folded", 1, "", None, folds=Folds(2)))


def test_a_protocol_is_shown_with_its_folds_and_the_definitions_of_its_metrics():
    answer = CliRunner().invoke(app, ["protocols", "show", "coco-1k"])
    assert "5, consecutive, averaged" in answer.stdout
    assert METRICS["R@1"].definition in answer.stdout
    document = json.loads(CliRunner().invoke(app, ["protocols", "show", "toy-scene-1cap", "--json"]).stdout)
    assert (document["captions"], document["folds"]) == ("one", None)
