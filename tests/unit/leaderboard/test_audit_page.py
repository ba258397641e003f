"""What the page of audits shows: printed tables with what was found in them, claims with what came of them, filters."""

import csv
import io
import json

import pytest

from evaluator.audit.claim import Kind
from leaderboard import audit_exports, audit_overview
from leaderboard.audit_chart import in_words, reproduction_chart
from leaderboard.audit_findings import findings_html, places_of
from leaderboard.audit_held import held_claims, held_html, points
from leaderboard.audit_marks import marks_of
from leaderboard.audit_printed import page_of, printed_blocks
from leaderboard.audit_printed_table import printed_html
from leaderboard.audit_selection import AuditSelection, narrowed, numbered, severities_in, verdicts_in
from leaderboard.audit_systems import SystemOutcome, by_system, systems_html
from leaderboard.audit_why import asked_rows, command_for, explanation_html, kept_explanation
from splits.split import Direction
from submissions.audit_cells import cell
from submissions.audit_reading import ReadAudit
from submissions.claim_source import Source, SourcedClaims
from tests.unit.evaluator.audit.tables import claim

HOSTILE = "<img src=x>"


def number(digits, metric="R@1", *, system="A", kind=Kind.REPORTED, label="TR", direction=Direction.I2T, **changes):
    said = {"table": "Table 1", "row": system, "column": f"Flickr {label}@{metric[2:]}", "printed_direction": label}
    more = {"kind": kind, "protocol": "flickr30k-1k", "direction": direction, "source": "paper", "system": system}
    return claim(digits, metric=metric, **{**said, **more, **changes})


CLAIMS = (
    number("50.0"),
    number("48.00", kind=Kind.REPRODUCED),
    number("49.0", "R@5"),
    number("60.0", system=HOSTILE, label="IR", direction=Direction.T2I),
)
FALLS = {
    "check": "recall-falls", "severity": "error", "arithmetic": f"R@5 49.0 of {HOSTILE} is below R@1 50.0.",
    "innocent": None, "cells": [cell(CLAIMS[0]), cell(CLAIMS[2])],
}  # fmt: skip
NOTED = {**FALLS, "check": "flat-tail", "severity": "note", "innocent": "Chance.", "cells": [cell(CLAIMS[0])]}
RETURN = {"reported": cell(CLAIMS[0]), "reproduced": cell(CLAIMS[1]), "gap": -0.02, "in_stds": -4.0, "outcome": "below"}
VERDICT = {
    "cell": cell(CLAIMS[3]), "verdict": "not reproduced", "reason": "60.0 % lies 20 points above.", "value": 0.4,
    "gap": -0.2, "tolerance": 0.01, "noise": "seeds", "std": 0.005, "n_runs": 3, "measured_under": "flickr30k-1k",
    "submission": "1b4e28ba-2fa1-41d2-883f-0016d3cca427", "system": "B", "matched": "the names are the same",
    "evaluations": [],
}  # fmt: skip
DOCUMENT = numbered(
    {
        "subject": "paper",
        "findings": [NOTED, FALLS],
        "verdicts": [VERDICT],
        "returns": [{"system": "A", "cells": [RETURN]}],
    }
)
SHOWN = narrowed(DOCUMENT, AuditSelection())


def drawn(document):
    return printed_html(printed_blocks(CLAIMS)[0], CLAIMS, marks_of(document))


def test_a_printed_table_keeps_digits_labels_and_the_order_of_kinds():
    page = drawn(SHOWN)
    assert '<th class="group" colspan="3" scope="colgroup">Flickr</th>' in page
    assert 'scope="col">TR@1<small title="i2t (text retrieval)' in page
    assert ">48.00</span>" in page
    assert "A cell is reported / reproduced." in page
    assert page.index("TR@1") < page.index("TR@5") < page.index("IR@1")


def test_a_number_missing_before_another_of_its_cell_has_a_dash():
    claims = (number("50.0"), number("48.0", kind=Kind.REPRODUCED), number("70.0", "R@5", kind=Kind.REPRODUCED))
    assert "<td>–/<span" in printed_html(printed_blocks(claims)[0], claims, {})


def test_systems_under_one_printed_name_stand_in_rows_of_their_own():
    claims = (number("1.0", row="SCAN i-t"), number("2.0", row="SCAN i-t", system="B"))
    rows = printed_blocks(claims)[0].rows
    assert [(row.label, row.system, dict(row.cells)) for row in rows] == [
        ("SCAN i-t", "A", {"Flickr TR@1": (0,)}),
        ("SCAN i-t", "B", {"Flickr TR@1": (1,)}),
    ]


def test_of_rows_with_one_printed_name_each_is_told_by_its_system():
    claims = (number("1.0", row="PixelBERT (R50/X152)", system="PixelBERT R50"), number("2.0", system="VSRN"))
    assert "<small>PixelBERT R50</small>" not in printed_html(printed_blocks(claims)[0], claims, {})
    claims = (claims[0], number("2.0", row="PixelBERT (R50/X152)", system="PixelBERT X152"))
    assert "<small>PixelBERT R50</small>" in printed_html(printed_blocks(claims)[0], claims, {})


def test_tables_with_the_same_columns_are_one_block_and_pages_cut_across_blocks():
    claims = (number("1.0"), number("2.0", table="Table 2"), number("3.0", "R@5", table="Table 3"))
    blocks = printed_blocks(claims)
    assert [[row.table for row in block.rows] for block in blocks] == [["Table 1", "Table 2"], ["Table 3"]]
    assert [[row.table for row in block.rows] for block in page_of(blocks, slice(1, 3))] == [["Table 2"], ["Table 3"]]
    assert page_of(blocks, slice(None)) == blocks


def test_a_marked_cell_has_a_sign_a_class_and_words_and_leads_to_each_finding_the_worst_first():
    page = drawn(SHOWN)
    assert '<mark id="cell-0" class="error"' in page
    first, second = page.index('href="#finding-2"'), page.index('href="#finding-1"')
    assert first < second
    assert ">×2</a>" in page
    assert ">●1</a>" in page
    assert 'id="cell-1"' not in page


def test_every_finding_leads_to_its_cells_and_every_cell_that_it_leads_to_is_there():
    beside, table = findings_html(SHOWN, places_of(CLAIMS)), drawn(SHOWN)
    assert 'id="finding-1"' in beside
    assert "Possible reason: Chance." in beside
    assert 'title="Table 1, A, Flickr TR@5">A, Flickr TR@5: 49.0</a>' in beside
    for place in (0, 2):
        assert f'href="#cell-{place}"' in beside
        assert f'id="cell-{place}"' in table


def test_a_cell_of_another_source_leads_to_that_source():
    elsewhere = cell(number("1.0", source="other"))
    document = narrowed(numbered({**DOCUMENT, "findings": [{**FALLS, "cells": [elsewhere]}]}), AuditSelection())
    assert 'Cells: 1 of <a href="audit?source=other"' in findings_html(document, places_of(CLAIMS))


def test_cells_on_another_page_of_the_table_are_counted():
    assert "Cells: 2 on other pages" in findings_html(SHOWN, {})


def test_names_from_files_are_never_markup():
    pages = (drawn(SHOWN), findings_html(SHOWN, places_of(CLAIMS)), held_html(held_claims(SHOWN), marks_of(SHOWN)))
    assert all(HOSTILE not in page and "&lt;img src=x&gt;" in page for page in pages)


def test_a_severity_keeps_its_findings_under_their_numbers_and_the_numbers_that_they_name():
    kept = narrowed(DOCUMENT, AuditSelection(severity="error"))
    assert [one["number"] for one in kept["findings"]] == [2]
    assert (kept["verdicts"], [len(one["cells"]) for one in kept["returns"]]) == ([], [1])


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        (AuditSelection(), ["not reproduced", "below"]),
        (AuditSelection(verdict="below"), ["below"]),
        (AuditSelection(verdict="not reproduced"), ["not reproduced"]),
        (AuditSelection(system="A"), ["below"]),
        (AuditSelection(verdict="below", system=HOSTILE), []),
    ],
    ids=str,
)
def test_filters_narrow_what_came_of_claims(chosen, left):
    assert [one.outcome for one in held_claims(narrowed(DOCUMENT, chosen))] == left


def test_only_what_is_there_can_be_chosen_the_worst_first():
    assert severities_in(DOCUMENT) == ["error", "note"]
    assert verdicts_in(DOCUMENT) == ["not reproduced", "below"]


def test_a_gap_is_told_in_points_and_in_deviations_of_seeds():
    lie, low = held_claims(SHOWN)
    assert (lie.gap, lie.in_stds) == (-0.2, pytest.approx(-40.0))
    assert (low.printed, low.found, low.std) == (0.5, 0.48, pytest.approx(0.005))
    assert low.reason == "48.00 lies 2.0 points below the reported 50.0: 4.0 standard deviations of its listed runs."
    page = held_html([lie, low], marks_of(SHOWN))
    assert "<td>−20.0</td><td>−40.0</td>" in page
    assert '60.0<span class="dagger"' in page
    assert 'title="60.0 % lies 20 points above."' in page


def test_a_row_whose_noise_nobody_knows_says_so():
    document = {**DOCUMENT, "returns": [{"system": "A", "cells": [{**RETURN, "in_stds": None}]}]}
    assert held_claims(document)[-1].reason.endswith("nobody lists single runs, so its noise is unknown.")
    assert held_claims(document)[-1].std is None


def test_the_plot_has_a_point_for_each_share_with_its_deviation_and_says_the_same_in_words():
    table = points(held_claims(SHOWN))
    assert table[["reported", "reproduced", "gap"]].to_numpy().round(6).tolist() == [[60, 40, -20], [50, 48, -2]]
    assert table[["low", "high"]].to_numpy().round(6).tolist() == [[39.5, 40.5], [47.5, 48.5]]
    words = in_words(table)
    assert words.startswith("2 numbers, reported against reproduced: 1 not reproduced, 1 below. The mean gap is -11.0")
    assert "flickr30k-1k, t2i R@1, reported 60.0, reproduced 40.0." in words
    looks = json.dumps(reproduction_chart(table).to_dict())
    assert '"cross", "triangle-down"' in looks


def test_sums_and_ranks_are_left_out_of_the_plot():
    ranked = {**VERDICT, "cell": {**VERDICT["cell"], "metric": "MedR", "scale": "plain"}}
    summed = {**VERDICT, "cell": {**VERDICT["cell"], "metric": "rsum"}}
    assert points(held_claims({"verdicts": [ranked, summed]})).empty


def test_systems_are_told_by_their_mean_gap_the_lowest_first_and_another_protocol_says_nothing():
    other = {**VERDICT, "cell": cell(CLAIMS[2]), "verdict": "protocol mismatch", "gap": 0.9}
    lost, near = by_system(held_claims({**DOCUMENT, "verdicts": [VERDICT, other]}))
    assert (lost.system, lost.mean_gap, lost.outcomes) == (HOSTILE, -0.2, {"not reproduced": 1})
    assert (near.system, near.n, near.mean_gap) == ("A", 2, -0.02)


def test_a_mean_gap_that_rounds_to_nothing_has_no_sign():
    page = systems_html([SystemOutcome("A", 3, -0.0004, {}), SystemOutcome("B", 3, -0.02, {})])
    assert "<td>3</td><td>0.0</td>" in page
    assert "<td>3</td><td>−2.0</td>" in page


def test_a_row_that_does_not_come_back_can_be_asked_for_with_all_its_numbers():
    first, second = asked_rows(DOCUMENT, CLAIMS)
    assert first.name == f"{HOSTILE} · Table 1 · flickr30k-1k · reported · measured here · B"
    assert second.name == "A · Table 1 · flickr30k-1k · reported · the source's own run"
    assert command_for(second) == "rematch explain SCORES.npy --protocol flickr30k-1k \\\n    --claim 'i2t R@1=50.0'"
    assert asked_rows({**DOCUMENT, "verdicts": [], "returns": []}, CLAIMS) == []


def test_what_an_audit_kept_of_a_row_is_found_again():
    measured_here, by_itself = asked_rows(DOCUMENT, CLAIMS)
    kept = {"submission": VERDICT["submission"], "system": HOSTILE, "table": "Table 1", "sentence": "It fits."}
    document = {**DOCUMENT, "explanations": [{**kept, "table": "Table 2"}, kept]}
    assert kept_explanation(document, measured_here) == kept
    assert kept_explanation(document, by_itself) is None


def test_what_was_tried_is_told_in_percent_with_ranges_and_how_far_off():
    row = asked_rows(DOCUMENT, CLAIMS)[0]
    spread = {"cell": "IR@1", "value": 0.6, "low": 0.58, "high": 0.61, "gap": 0.0}
    exact = {**spread, "low": 0.4, "high": 0.4, "gap": 0.2}
    own = {"name": "", "title": "", "fits": False, "cells": [exact]}
    drawn_one = {"name": "random-caption", "title": "one random caption", "fits": True, "cells": [spread]}
    found = {"sentence": "It fits.", "claims": [{"cell": "IR@1", "printed": "60.0"}], "own": own}
    page = explanation_html({**found, "alternatives": [drawn_one]}, row)
    assert "<td>60.0†</td>" in page
    assert "the protocol itself</th><td>40.00</td><td>20.00</td><td>no</td>" in page
    assert "<td>58.00 to 61.00</td><td>0.00</td>" in page
    assert "✓ fits" in page


def test_files_hold_exactly_what_is_shown():
    kept = narrowed(DOCUMENT, AuditSelection(verdict="below", severity="error"))
    rows = list(csv.DictReader(io.StringIO(audit_exports.as_csv([("", kept)]))))
    assert [(row["section"], row["result"], row["printed"]) for row in rows] == [
        ("finding", "error", "50.0"),
        ("finding", "error", "49.0"),
        ("return", "below", "50.0"),
    ]
    assert r"50.0 & 48.0 & -2.0 & below \\" in audit_exports.as_latex([("", kept)])


def read_audit(document):
    return ReadAudit(SourcedClaims(Source("paper", title="A & B"), _set()), document, "0.1.0")


def _set():
    from evaluator.audit.claim_set import ClaimSet

    return ClaimSet.of(CLAIMS)


def test_the_overview_counts_claims_what_was_held_and_what_was_found():
    (row,) = audit_overview.overview_rows({"paper": read_audit(DOCUMENT)})
    counts = (row["claims"], row["systems"], row["held"], row["errors"], row["warnings"], row["notes"])
    assert counts == (4, 2, 2, 1, 0, 1)
    assert row["outcomes"] == {"not reproduced": 1, "below": 1}
    page = audit_overview.overview_html([row])
    assert 'href="audit?source=paper"' in page
    assert "× 1 error" in page
    assert json.loads(audit_overview.as_json([row])) == [row]
    assert "paper,A & B,4,2,2,1,0,1,1,1,0,0,0,0,0,,0.1.0" in audit_overview.as_csv([row])
    assert r"paper & 4 & 2 & 2 & 1 & 0 & 1 \\" in audit_overview.as_latex([row])


def test_a_source_that_nobody_looked_at_is_told_apart_from_one_in_which_nothing_was_found():
    (row,) = audit_overview.overview_rows({"paper": read_audit(None)})
    page = audit_overview.overview_html([row])
    assert "not looked at yet" in page
    assert "none" not in page
