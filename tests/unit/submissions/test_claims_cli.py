"""`rematch claims`: import, list and show, and what is stored and what is not."""

import csv
import json

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from evaluator.errors import ClaimError
from submissions import database
from submissions.audit_tables import ClaimSource, StoredClaim
from submissions.claim_query import claims_of_version
from submissions.claims_cli import app

TEXT = "# source: mine\n# scale: percent\nsystem,direction,metric,value\nA,i2t,R@1,72.50\nB,t2i,R@1,50.1\n"


@pytest.fixture(autouse=True)
def _ready(prepared):
    """The tables of this test; the claims that come with the project are left to the commands."""


@pytest.fixture
def claims(tmp_path):
    path = tmp_path / "claims.csv"
    path.write_text(TEXT)
    return path


def run(*arguments):
    done = CliRunner().invoke(app, list(map(str, arguments)))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_an_import_says_what_was_taken_in(claims):
    told = run("import", claims).stdout
    assert told.startswith("mine: 2 claims of 2 systems. 2 of them are of no protocol of ours. Stored.")
    assert told.endswith("Show them: rematch claims show mine\n")


def test_the_same_again_is_not_stored_again_whatever_the_format(claims, tmp_path):
    run("import", claims)
    (tmp_path / "again.json").write_text(run("show", "mine", "--json").stdout)
    assert "The same is stored already, as version 1; nothing changed." in run("import", tmp_path / "again.json").stdout


def test_a_changed_file_is_the_next_version_and_the_earlier_one_stays(claims):
    run("import", claims)
    claims.write_text(TEXT.replace("72.50", "72.51"))
    assert "Stored as version 2" in run("import", claims).stdout
    shown = json.loads(run("show", "mine", "--json").stdout)
    assert [claim["value"] for claim in shown["claims"]] == ["72.51", "50.1"]
    with database.session() as opened:
        first = opened.exec(select(ClaimSource).where(ClaimSource.name == "mine", ClaimSource.version == 1)).one()
        kept = claims_of_version(opened, first.id)
    assert [claim.printed.text for claim in kept.claims] == ["72.50", "50.1"]


def test_what_was_said_before_can_be_said_again(claims):
    run("import", claims)
    claims.write_text(TEXT.replace("72.50", "72.51"))
    run("import", claims)
    claims.write_text(TEXT)
    assert "Stored as version 3" in run("import", claims).stdout


def test_a_dry_run_stores_nothing(claims):
    assert run("import", claims, "--dry-run").stdout.endswith("Nothing is stored.\n")
    with pytest.raises(ClaimError, match="There is no source named 'mine'"):
        run("show", "mine")


def test_what_comes_with_the_project_is_there_at_first_use():
    listed = {one["source"]: one for one in json.loads(run("list", "--json").stdout)}
    assert listed["rao2022"]["claims"] == 623
    assert listed["rao2022"]["kinds"] == {"ablation": 180, "reported": 227, "reproduced": 216}
    assert listed["rao2022"]["shipped"] is True
    assert listed["rao2022"]["citation"].startswith("Rao, Wang, Ding")
    assert "623" in run("list").stdout
    with database.session() as opened:
        assert len(opened.exec(select(ClaimSource)).all()) == len(listed)


def test_a_name_that_comes_with_the_project_is_not_given_to_other_claims(claims):
    claims.write_text(TEXT.replace("mine", "rao2022"))
    for more in ([], ["--dry-run"]):
        with pytest.raises(
            ClaimError, match="The source rao2022 comes with Rematch, and this file says something else"
        ):
            run("import", claims, *more)
    assert "mine: 2 claims" in run("import", claims, "--source", "mine").stdout


def test_a_source_round_trips_through_csv(tmp_path):
    (tmp_path / "copy.csv").write_text(run("show", "rao2022", "--csv").stdout)
    assert "The same is stored already" in run("import", tmp_path / "copy.csv").stdout


def test_one_system_can_be_shown(claims):
    run("import", claims)
    lines = run("show", "mine", "--system", "B", "--csv").stdout.splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert [(row["system"], row["value"]) for row in rows] == [("B", "50.1")]
    with pytest.raises(ClaimError, match=r"mine has no claim of a system 'b'\. It has: A, B"):
        run("show", "mine", "--system", "b")


def test_a_table_shows_digits_as_printed(claims):
    run("import", claims)
    assert "72.50" in run("show", "mine").stdout


def test_options_fill_in_what_a_file_leaves_out(tmp_path):
    path = tmp_path / "bare.csv"
    path.write_text("system,direction,metric,value\nA,i2t,R@1,0.725\n")
    said = ["--source", "bare", "--scale", "fraction", "--title", "Bare", "--citation", "Me"]
    assert "bare: 1 claim of 1 system." in run("import", path, *said).stdout
    shown = json.loads(run("show", "bare", "--json").stdout)
    assert (shown["title"], shown["citation"], shown["claims"][0]["scale"]) == ("Bare", "Me", "fraction")


def test_a_misspelt_source_is_answered_with_the_right_one():
    with pytest.raises(ClaimError, match=r"There is no source named 'rao22'\. Did you mean rao2022"):
        run("show", "rao22")


def test_a_failed_import_leaves_nothing_behind(claims, monkeypatch):
    run("import", claims)
    claims.write_text(TEXT.replace("72.50", "72.51"))
    monkeypatch.setattr("submissions.claim_store.record_of", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run("import", claims)
    with database.session() as opened:
        assert len(opened.exec(select(ClaimSource).where(ClaimSource.name == "mine")).all()) == 1
        assert len(opened.exec(select(StoredClaim).join(ClaimSource).where(ClaimSource.name == "mine")).all()) == 2


def test_what_a_source_says_of_the_systems_is_shown_as_printed():
    told = run("systems", "--system", "sgraf", "--json").stdout
    found = {facts["variant"]: facts for facts in json.loads(told)}
    assert {name: facts["parameters"] for name, facts in found.items()} == {"SGR": "19M", "SAF": "18M"}
    assert {facts["interaction"] for facts in found.values()} == {"c"}
    assert "ViLBERT" in run("systems").stdout
