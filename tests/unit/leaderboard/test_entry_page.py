"""The page of a submission: its seeds, its files, what is claimed of it, and what is not done yet."""

import csv
import io
import json
import re
from uuid import UUID

import numpy as np
import pytest
from sqlmodel import select, update

from leaderboard import audit_data, data, entry_exports
from leaderboard.entry_evidence import sums
from leaderboard.entry_page import by_protocol
from leaderboard.entry_place import neighbours
from leaderboard.entry_scores import scores_of, spread_words
from splits.split import Direction
from submissions import database
from submissions.entry_query import read_entry
from submissions.tables import Evaluation, Status, Submission
from tests.unit.leaderboard.app_pages import LEADERBOARD, opened, words_of
from tests.unit.leaderboard.compared import add_scored, report_of

VIEW = LEADERBOARD / "views/entry.py"


def entry_of(submission):
    with database.session() as session:
        return read_entry(session, UUID(str(submission)))


def scores(submission):
    [runs] = by_protocol(entry_of(submission).runs).values()
    return scores_of(runs)


def test_seeds_are_rows_with_mean_and_std_by_hand(add_submission):
    page = words_of(opened(VIEW, id=str(add_submission("CCA", [0.50, 0.52, 0.57]))))
    rows = re.findall(r'<tr(?: class="total")?><th scope="row">(\d|Mean of 3|Std of 3)</th>(.*?)</tr>', page)
    recalls = {name: re.findall(r"<td[^>]*>([^<]*)</td>", cells)[0] for name, cells in rows[:5]}
    # (50 + 52 + 57) / 3 and the root of (9 + 1 + 16) / 2.
    assert recalls == {"0": "50.0", "1": "52.0", "2": "57.0", "Mean of 3": "53.0", "Std of 3": "3.6"}
    assert "with ties against it 49.8, for it 50.2; 95 % interval over images [49.0, 51.0]" in page


def test_runs_that_are_the_same_are_one_for_the_std_and_said_to_be(add_submission):
    found = scores(add_submission("CCA", [0.5, 0.5], same_ranks=True))
    assert (found.n_distinct, np.isnan(found.std["rsum"])) == (1, True)
    assert "Only 1 of 2 runs differ" in spread_words(found)


def test_one_run_has_no_mean_and_no_std(add_submission):
    page = words_of(opened(VIEW, id=str(add_submission("CCA", [0.5]))))
    assert "Mean of" not in page
    assert "nothing is known of its spread over seeds" in page


def test_mean_and_std_are_those_of_the_board():
    submission = add_scored("A", 3.0, [1, 2, 3])
    [board] = data.boards()
    row, found = data.board_table(board).iloc[0], scores(submission)
    for name in found.values.columns:
        assert found.mean[name] == pytest.approx(row[name])
        assert found.std[name] == pytest.approx(row[f"{name} std"])
    reports = [report_of(3.0, seed) for seed in (1, 2, 3)]
    expected = [one.value("R@1", Direction.T2I).expected for one in reports]
    assert found.values["t2i R@1"].tolist() == expected


def test_files_come_with_size_and_the_whole_digest():
    submission = add_scored("A", 3.0, [1, 2])
    page, files = words_of(opened(VIEW, id=str(submission))), entry_of(submission).files
    for one in files:
        assert f'<code class="digest">{one.sha256}</code>' in page
    assert '<td title="1,250,128 bytes">1.3 MB</td>' in page
    assert sums(files).splitlines() == [f"{submission.hex}{n:032x}  {n + 1}.npy" for n in range(2)]


def test_the_rank_leads_to_a_comparison_with_the_neighbours():
    first, second, third, fourth = (str(add_scored(f"S{n}", 4.0 - n, [n])) for n in range(4))
    page = words_of(opened(VIEW, id=second))
    assert "Rank 2 of 4 on toy-scene." in page
    assert f"compare?ids={second}%2C{first}%2C{third}&amp;board=toy-scene" in page
    [board] = data.boards()
    table = data.board_table(board)
    assert neighbours(table, first)["submission"].tolist() == [second]
    assert neighbours(table, fourth)["submission"].tolist() == [third]


def test_claims_come_with_printed_digits_a_dagger_and_the_verdict():
    submission = add_scored(
        "CLIP", 3.0, [1], manifest={"system": "CLIP", "runs": [{"file": "1.npy"}], "reproduces": ["mine: CLIP"]}
    )
    claim(submission, "41.07")
    page = words_of(opened(VIEW, id=str(submission)))
    assert "<td>41.07†</td>" in page
    assert "its manifest names the claim" in page
    assert audit_data.claims_about(submission)[0]["verdict"] in page


def claim(submission, digits):
    """Import a source of one claim on i2t R@1 of the toy scenes."""
    from evaluator.audit.claim import Claim, Kind
    from evaluator.audit.claim_set import ClaimSet
    from evaluator.audit.printed import Printed, Scale
    from submissions.claim_source import Source, SourcedClaims
    from submissions.claim_store import add_source

    one = Claim(
        source="mine", table="Table 1", row="CLIP", column="R@1", system="CLIP", metric="R@1",
        printed=Printed(digits, Scale.PERCENT), kind=Kind.REPORTED, dataset="toy-scene", protocol="toy-scene",
        direction=Direction.I2T, n_images=250, n_captions=1250,
    )  # fmt: skip
    with database.session() as session:
        add_source(session, SourcedClaims(Source("mine"), ClaimSet.of([one])))


def test_a_named_claim_that_nothing_can_be_held_against_is_said():
    manifest = {"system": "X", "runs": [{"file": "1.npy"}], "reproduces": ["nowhere: X"]}
    page = words_of(opened(VIEW, id=str(add_scored("X", 3.0, [1], manifest=manifest))))
    assert "None of the claims that its manifest names was measured here" in page


def test_what_still_runs_is_shown_with_its_progress_and_without_log_or_worker():
    submission = add_scored("A", 3.0, [1, 2])
    with database.session() as session:
        one = session.exec(select(Evaluation).limit(1)).one()
        one.status, one.worker, one.log_tail = Status.RUNNING, "host-7 pid 3", "a line of the log"
        one.progress = {"stage": "encoding", "done": 40, "total": 100, "per_second": 12.5}
    app = opened(VIEW, id=str(submission))
    assert not app.exception
    page = words_of(app)
    assert "What is not done" in page
    assert "encoding 40 %, 12.5/s" in page
    assert "host-7" not in page
    assert "a line of the log" not in page


def test_a_warning_is_told_once_with_the_seeds_that_it_is_about():
    submission = add_scored("A", 3.0, [1, 2])
    with database.session() as session:
        session.exec(update(Evaluation).values(warnings=["Half precision."]))
    assert words_of(opened(VIEW, id=str(submission))).count("Seed 1, 2: Half precision.") == 1


def test_a_private_submission_is_as_unknown_as_one_that_never_was():
    submission = add_scored("secret", 3.0, [1])
    with database.session() as session:
        session.exec(update(Submission).values(is_private=True))
    page = words_of(opened(VIEW, id=str(submission)))
    assert "There is no submission with the id" in page
    assert "secret" not in page


def test_exports_hold_every_value_with_what_it_depends_on():
    submission = add_scored("=A", 3.0, [1, 2])
    entry = entry_of(submission)
    rows = list(csv.DictReader(io.StringIO(entry_exports.as_csv(entry))))
    [one] = [row for row in rows if (row["seed"], row["metric"]) == ("2", "i2t R@5")]
    assert float(one["expected"]) == report_of(3.0, 2).value("R@5", Direction.I2T).expected
    assert (one["system"], one["split_digest"]) == ("'=A", entry.runs[0].split_digest)
    document = json.loads(entry_exports.as_json(entry, []))
    assert [len(run["measured"]) for run in document["evaluations"]] == [13, 13]
    assert document["files"][0]["size"] == 1_250_128
    assert "worker" not in json.dumps(document)
    latex = entry_exports.as_latex(by_protocol(entry.runs))
    assert latex.count(r" \\") == 1 + 2 + 1
    assert re.search(r"Mean & \d+\.\d\$_\{\\pm \d+\.\d\}\$", latex)
