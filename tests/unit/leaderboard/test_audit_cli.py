"""`rematch audit`: tables for people, JSON, CSV and LaTeX of the same, and an exit code for continuous integration."""

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from leaderboard.cli import app
from splits.errors import RematchError
from submissions import database

CLAIMS = """# source: made-up
# title: A made-up table
# scale: percent
# kind: reported
table,row,column,system,protocol,direction,metric,value
Table 1,=A,i2t R@1,=A,flickr30k-1k,i2t,R@1,50.0
Table 1,=A,i2t R@5,=A,flickr30k-1k,i2t,R@5,49.0
Table 1,B & C,i2t R@1,B & C,flickr30k-1k,i2t,R@1,60.0
"""


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path):
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path / "var"))
    database.forget_connections()
    database.prepare()
    yield
    database.forget_connections()


@pytest.fixture
def made_up(tmp_path):
    path = tmp_path / "made-up.csv"
    path.write_text(CLAIMS)
    assert command("claims", "import", path).exit_code == 0


def command(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_without_a_source_there_is_a_line_for_each():
    told = command("audit")
    assert told.exit_code == 0
    lines = {line.split()[0]: line.split() for line in told.stdout.splitlines() if line.strip()}
    assert lines["rao2022"][1:5] == ["623", "0", "14", "3"]
    assert lines["hendriksen2023-logs"][1:5] == ["90", "0", "14", "0"]
    assert lines["radford2021"][1:5] == ["12", "0", "0", "0"]
    assert "board" in lines


def test_a_source_is_told_in_sentences_with_what_would_explain_them_and_in_tables():
    told = command("audit", "--source", "rao2022").stdout
    assert "warning  flat-tail: VSRN (reported) on coco-5k, t2i: R@1 40.5, R@5 70.6, R@10 70.6." in told
    assert "  Possible reason: Only the first few candidates of each query were re-ranked" in told
    assert "CAMP           far below   -27.2" in told
    assert "Order by rsum on flickr30k-1k, reported against reproduced: 13 systems, Kendall's tau 0.44" in told
    assert "And 9 more pairs" in told


def test_one_system_is_told_with_its_variants_alone():
    document = json.loads(command("audit", "-s", "rao2022", "--system", "sgraf", "--json").stdout)[0]
    assert {one["system"] for one in document["returns"]} == {"SGRAF SAF", "SGRAF SGR"}
    assert document["findings"]
    assert all(any(cell["system"].startswith("SGRAF") for cell in one["cells"]) for one in document["findings"])
    flips = [flip for one in document["orders"] for flip in one["flips"]]
    assert flips
    assert all("SGRAF" in flip["ahead_in_first"] + flip["ahead_in_second"] for flip in flips)


def test_a_system_that_no_audit_names_is_one_message():
    with pytest.raises(RematchError, match=r"No audit here says anything of a system 'VSRM'\. Did you mean VSRN"):
        command("audit", "-s", "rao2022", "--system", "VSRM")


def test_json_has_the_id_under_which_it_is_kept_and_the_same_is_shown_again():
    [document] = json.loads(command("audit", "-s", "kim2021", "--json").stdout)
    [again] = json.loads(command("audit", "--stored", document["audit"], "--json").stdout)
    assert again == document


def test_csv_has_a_line_for_every_number_with_its_digits(made_up):
    rows = list(csv.DictReader(io.StringIO(command("audit", "-s", "made-up", "-s", "rao2022", "--csv").stdout)))
    [falls] = [row for row in rows if row["check"] == "recall-falls" and row["metric"] == "R@5"]
    assert (falls["printed"], falls["scale"], falls["result"]) == ("49.0", "percent", "error")
    # What a spreadsheet would run as a formula is told as text.
    assert falls["system"] == "'=A"
    returns = [row for row in rows if row["section"] == "return"]
    assert len(returns) == 173
    [camp] = [row for row in returns if (row["system"], row["direction"], row["metric"]) == ("CAMP", "i2t", "R@1")]
    assert (camp["printed"], float(camp["found"]), camp["result"]) == ("68.1", pytest.approx(0.319), "below")


def test_latex_is_a_booktabs_table_of_numbers_held_against_each_other():
    told = command("audit", "-s", "rao2022", "--system", "CAMP", "--latex").stdout
    assert told.count(r"\\") == 7
    assert r"CAMP & flickr30k-1k & i2t & R@1 & 68.1 & 31.9 & -36.2 & below \\" in told
    assert told.strip().endswith(r"\end{tabular}")


@pytest.mark.parametrize(
    ("source", "faults", "code"),
    [
        ("made-up", ["error"], 1),
        ("made-up", ["not-reproduced"], 0),
        ("rao2022", ["error"], 0),
        ("rao2022", ["warning"], 1),
        ("rao2022", ["note"], 1),
        ("kim2021", ["note", "not-reproduced"], 0),
        ("rao2022", [], 0),
    ],
)
def test_the_exit_code_is_0_whatever_is_found_unless_asked_otherwise(made_up, source, faults, code):
    options = [word for fault in faults for word in ("--fail-on", fault)]
    assert command("audit", "-s", source, *options).exit_code == code


def test_two_forms_at_once_are_wrong_usage():
    assert command("audit", "--json", "--csv").exit_code == 2


def test_a_kept_audit_takes_no_source():
    assert command("audit", "--stored", "x", "-s", "rao2022").exit_code == 2


def test_a_system_is_named_by_whole_words():
    with pytest.raises(RematchError, match="No audit here says anything of a system 'SA'"):
        command("audit", "-s", "rao2022", "--system", "SA")


def test_no_source_may_be_called_as_the_board_is(tmp_path):
    path = tmp_path / "board.csv"
    path.write_text(CLAIMS.replace("made-up", "board"))
    with pytest.raises(RematchError, match="what an audit of the board itself is called"):
        command("claims", "import", path)
