"""The page of audits runs with nothing stored, with claims alone, and with results, and never writes."""

import json

import pytest
from sqlmodel import func, select

from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.printed import Scale
from submissions import audit_reading, database
from submissions.audit_reading import held, read_audits
from submissions.audit_tables import Audit, ClaimSource
from submissions.audits import audit
from submissions.claim_source import Source, SourcedClaims
from submissions.claim_store import add_source
from submissions.tables import Submission
from tests.unit.evaluator.audit.tables import claim
from tests.unit.leaderboard.app_pages import LEADERBOARD, shown, words_of

SHOW = ("Printed table", "Claims", "Reported against reproduced", "Explain a result")


def opened(**parameters):
    return shown(LEADERBOARD / "views/audit.py", **parameters)[0]


def commands_of(app):
    return "\n".join(element.value for element in app.code)


def imported(*claims, name="paper"):
    with database.session() as session:
        add_source(session, SourcedClaims(Source(name, title="A paper"), ClaimSet.of(claims)))


def toy(digits, **changes):
    own = {"source": "paper", "system": "CCA", "row": "CCA", "column": "TR@1", "dataset": "toy-scene"}
    return claim(digits, **{**own, "protocol": "toy-scene", "n_images": None, "n_captions": None, **changes})


def n_rows(table):
    with database.session() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_with_nothing_stored_the_sources_that_come_along_are_looked_at_and_nothing_is_written(database_ready):
    app = opened()
    page = words_of(app)
    assert 'href="audit?source=rao2022"' in page
    assert "▲ 14 warnings" in page
    assert "● 3 notes" in page
    assert "▼ 119 below" in page
    assert "rematch claims import" in commands_of(app)
    assert (n_rows(ClaimSource), n_rows(Audit)) == (0, 0)


@pytest.mark.parametrize("show", SHOW)
@pytest.mark.parametrize("source", ["rao2022", "hendriksen2023-logs", "radford2021", "zeng2022"])
def test_every_part_of_shipped_sources_is_drawn(source, show, database_ready):
    assert len(words_of(opened(source=source, show=show))) > 500


def test_a_printed_table_stands_with_its_findings(database_ready):
    page = words_of(opened(source="rao2022", severity="warning", system="VSRN"))
    assert 'class="warning" title="reported by the authors of the system · t2i R@10 on coco-5k' in page
    assert page.count('<li id="finding-') == 2
    assert "R@10 that hardly exceeds R@5" in page


def test_an_address_reproduces_the_filters(database_ready):
    app = opened(source="rao2022", show="Claims", verdict="above", system="VSE++")
    assert app.selectbox(key="verdict").value == "above"
    page = words_of(app)
    assert "79.5 lies 7.4 points above the reported 72.1: 27.3 standard deviations of its listed runs." in page
    assert "▼ below" not in page.split("What the signs mean")[0].split('<dl class="facts">')[0]


@pytest.mark.parametrize("name", ["source", "severity", "verdict", "system", "row"])
def test_what_an_address_asks_for_and_is_not_there_is_said(name, database_ready):
    asked = {"source": "rao2022", "show": "Explain a result", name: "<b>nonsense</b>"}
    page = words_of(opened(**asked))
    assert "there is no &#x27;&lt;b&gt;nonsense&lt;/b&gt;&#x27; here" in page


def test_a_source_that_nothing_was_held_against_names_the_command_that_measures_it(database_ready):
    app = opened(source="kim2021", show="Claims")
    assert "No claim has been held against a reproduced number yet" in words_of(app)
    assert "rematch run vilt:dandelin/vilt-b32-finetuned-coco --protocol coco-5k-25010" in commands_of(app)
    assert "rematch audit --source kim2021" in commands_of(app)


def test_claims_are_held_against_results_at_once(add_submission):
    add_submission("CCA", [0.50, 0.51, 0.52])
    imported(toy("90.0"), toy("51.0", table="Table 2"))
    page = words_of(opened(source="paper", show="Claims"))
    assert "× not reproduced" in page
    assert "= within rounding" in page
    assert "<td>−39.0</td><td>−39.0</td>" in page
    assert "not kept" in page


def test_an_audit_that_was_kept_is_shown_with_its_date_until_results_change(add_submission):
    add_submission("CCA", [0.50, 0.51, 0.52])
    imported(toy("90.0"))
    (stored,) = audit(["paper"])
    with database.session() as session:
        found = held(session, read_audits(session))["paper"]
    assert (found.kept_id, found.created_at, found.rematch) == (stored.id, stored.created_at, "0.1.0")
    assert not found.is_outdated
    page = words_of(opened(source="paper"))
    assert f"kept as {stored.id}" in page
    assert "have changed since" not in page
    imported(toy("80.0"))
    assert "90.0" in words_of(opened(source="paper"))
    assert "claims, results or checks have changed since" in words_of(opened(source="paper"))


def test_a_verdict_on_a_submission_that_is_private_now_is_not_shown(add_submission):
    submission = add_submission("CCA", [0.50, 0.51, 0.52])
    imported(toy("90.0"))
    audit(["paper"])
    assert str(submission) in words_of(opened(source="paper", show="Claims"))
    with database.session() as session:
        session.get_one(Submission, submission).is_private = True
    page = words_of(opened(source="paper", show="Claims"))
    assert str(submission) not in page
    assert "No claim has been held" in page


def test_claims_of_a_private_submission_are_not_held(add_submission):
    submission = add_submission("CCA", [0.50, 0.51, 0.52])
    with database.session() as session:
        session.get_one(Submission, submission).is_private = True
    imported(toy("90.0"))
    assert str(submission) not in words_of(opened(source="paper", show="Claims"))


def test_too_many_claims_are_not_looked_at_while_somebody_waits(monkeypatch, database_ready):
    monkeypatch.setattr(audit_reading, "MOST_CLAIMS", 10)
    imported(toy("90.0"))
    app = opened(source="paper")
    assert "too many claims here" in words_of(app)
    assert "rematch audit --source paper" in commands_of(app)
    assert "not looked at yet" in words_of(opened())


def test_too_many_results_are_not_read_while_somebody_waits(monkeypatch, add_submission):
    add_submission("CCA", [0.50, 0.51, 0.52])
    imported(toy("90.0"))
    monkeypatch.setattr(audit_reading, "MOST_EVALUATIONS", 2)
    app = opened(source="paper", show="Claims")
    assert "too many results here" in words_of(app)


def test_a_row_is_explained_with_all_its_numbers_whatever_is_filtered(database_ready):
    app = opened(source="rao2022", show="Explain a result", system="VSE++", verdict="above")
    assert "SGRAF" not in app.selectbox(key="row").options[0]
    assert (
        "--claim 'i2t R@1=43.7, i2t R@5=71.9, i2t R@10=82.1, t2i R@1=32.3, t2i R@5=60.9, t2i R@10=72.1'"
        in commands_of(app)
    )


def test_scores_that_are_gone_are_not_tried_and_the_command_is_given(add_submission):
    add_submission("CCA", [0.50, 0.51, 0.52])
    imported(toy("90.0"), toy("0.95", column="TR@5", metric="R@5", scale=Scale.FRACTION, table="Table 2"))
    app = opened(source="paper", show="Explain a result", **{"try": "true"})
    assert "Nothing could be tried" in words_of(app)
    assert "--claim 'i2t R@1=90.0'" in commands_of(app)


def test_json_of_a_kept_audit_names_it(add_submission):
    add_submission("CCA", [0.50, 0.51, 0.52])
    imported(toy("90.0"))
    (stored,) = audit(["paper"])
    with database.session() as session:
        found = held(session, read_audits(session))["paper"]
    from leaderboard.audit_sections import json_of
    from leaderboard.audit_selection import AuditSelection, narrowed, numbered

    told = json.loads(json_of(found, narrowed(numbered(found.document), AuditSelection())))
    assert (told["audit"], told["evaluator_version"], told["subject"]) == (str(stored.id), "0.1.0", "paper")
    assert [one["verdict"] for one in told["verdicts"]] == ["not reproduced"]
