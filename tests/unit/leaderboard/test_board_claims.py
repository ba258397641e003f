"""Numbers from papers stand on a board as printed, with a dagger, and are no part of its ranking."""

import csv
import io
import json
import re
from decimal import Decimal

import pytest

from evaluator.audit.claim import Claim, Kind
from evaluator.audit.claim_set import ClaimSet
from evaluator.audit.printed import Printed, Scale
from leaderboard.board_claims import claim_rows, with_numbers
from leaderboard.board_columns import Shown, shown_columns
from leaderboard.board_table import Look, board_html, places
from leaderboard.exports import as_csv, as_json
from leaderboard.latex_table import as_latex
from leaderboard.standings import board_standings
from splits.split import Direction
from submissions import database
from submissions.board_query import board_keys
from submissions.claim_source import Source, SourcedClaims
from submissions.paper_numbers import known_claims

SOURCE = Source("mine2026", title="Mine <2026>", citation='Me "and" others', url="https://example.org/paper")


def claim(digits, *, system="VSE++", metric="R@1", direction=Direction.I2T, protocol="toy-scene", **more):
    facts = {"table": "Table 1", "row": system, "kind": Kind.REPORTED, "n_seeds": 3} | more
    column = f"{direction} {metric}"
    return Claim(
        source="mine2026",
        column=column,
        system=system,
        metric=metric,
        printed=Printed(digits, Scale.PERCENT),
        protocol=protocol,
        direction=direction,
        **facts,
    )


def rows_of(*claims):
    return claim_rows([SourcedClaims(SOURCE, ClaimSet.of(claims))], "toy-scene")


def digits_of(rows):
    return [(row.system, {name: one.digits for name, one in row.numbers.items()}) for row in rows]


def stored_board():
    with database.session() as session:
        (key,) = board_keys(session)
        return key, board_standings(session, key)


def test_the_numbers_of_a_printed_row_are_one_row_with_their_digits():
    rows = rows_of(
        claim("52.90"),
        claim("39.6", direction=Direction.T2I),
        claim("409.8", metric="rsum", direction=None),
        claim("70", system="SCAN", variant="i-t AVG"),
    )
    assert digits_of(rows) == [
        ("VSE++", {"i2t R@1": "52.90", "t2i R@1": "39.6", "rsum": "409.8"}),
        ("SCAN i-t AVG", {"i2t R@1": "70"}),
    ]
    assert rows[0].n_seeds == 3


def test_tables_and_kinds_are_kept_apart_and_the_first_of_two_counts():
    rows = rows_of(claim("1.0"), claim("2.0"), claim("3.0", kind=Kind.REPRODUCED), claim("4.0", table="Table 2"))
    assert [(row.kind, row.table, row.numbers["i2t R@1"].digits) for row in rows] == [
        ("reported", "Table 1", "1.0"),
        ("reproduced", "Table 1", "3.0"),
        ("reported", "Table 2", "4.0"),
    ]


@pytest.mark.parametrize("other", [{"protocol": "coco-5k"}, {"protocol": None}, {"kind": Kind.ABLATION}, {"seed": "7"}])
def test_what_is_of_another_protocol_or_system_is_left_out(other):
    assert rows_of(claim("1.0", **other)) == []


def test_rows_without_a_number_in_the_columns_shown_are_left_out():
    rows = rows_of(claim("1.0"), claim("9", metric="R@5"), claim("2.0", system="SCAN", metric="R@10"))
    assert digits_of(with_numbers(rows, ["i2t R@1"])) == [("VSE++", {"i2t R@1": "1.0"})]
    assert digits_of(with_numbers(rows, ["i2t R@10"], "mine scan")) == [("SCAN", {"i2t R@10": "2.0"})]
    assert with_numbers(rows, ["i2t R@10"], "vse") == []


def test_claims_are_drawn_below_without_rank_and_change_nothing_above(add_submission):
    add_submission("best here", [0.5])
    _, table = stored_board()
    best = places(table, shown_columns(table))
    papers = tuple(rows_of(claim("99.90")))
    page, without = board_html(table, best, Look(claims=papers)), board_html(table, best)
    assert page.startswith(without.removesuffix("</table></div>")), "the results stay as they are"
    below = page[len(without.removesuffix("</table></div>")) :]
    assert "<b>" not in below
    assert '<td class="rank">–</td>' in below
    assert "99.90†" in below
    assert "Mine &lt;2026&gt;; Table 1; reported" in below
    assert 'href="https://example.org/paper"' in below
    assert 'title="Me &quot;and&quot; others"' in below


def test_a_source_without_a_web_address_is_no_link(add_submission):
    add_submission("a", [0.5])
    table = stored_board()[1]
    source = Source("mine", url="javascript:alert(1)")
    papers = tuple(claim_rows([SourcedClaims(source, ClaimSet.of([claim("9.0")]))], "toy-scene"))
    assert "javascript" not in board_html(table, places(table, ["i2t R@1"]), Look(claims=papers))


def test_files_hold_the_rows_and_columns_shown_with_claims_as_printed(add_submission):
    add_submission("known", [0.5, 0.52], traits={"parameters": 7_000_000})
    key, table = stored_board()
    only = Shown(("i2t R@1",), ("parameters",))
    papers = rows_of(claim("52.90"))
    result, printed = csv.DictReader(io.StringIO(as_csv(table, only, papers)))
    assert (result["system"], result["parameters"], float(result["i2t R@1"])) == ("known", "7000000", 0.51)
    assert (printed["rank"], printed["system"], printed["i2t R@1"]) == ("", "VSE++ †", "52.90†")
    assert printed["printed in"] == "Mine <2026>; Table 1; reported"
    assert "rsum" not in result
    assert "interaction" not in result
    document = json.loads(as_json(table, key, only, papers))
    assert document["entries"][0]["metrics"]["i2t"].keys() == {"R@1"}
    assert document["claims"][0]["metrics"] == {"i2t R@1": {"printed": "52.90", "scale": "percent"}}
    lines = as_latex(table, only, papers).splitlines()
    assert r"known & 2 & 7M & \textbf{51.0}$_{\pm 1.4}$ \\" in lines
    assert r"VSE++$^{\dagger}$ & 3 & -- & 52.90$^{\dagger}$ \\" in lines


def test_latex_marks_the_best_of_the_board_and_not_of_the_rows_left(add_submission):
    add_submission("best", [0.6])
    add_submission("left", [0.5])
    table = stored_board()[1]
    left = table[table["system"] == "left"]
    written = as_latex(left, Shown(("i2t R@1",)), best=places(table, ["i2t R@1"]))
    assert r"\underline{50.0}" in written
    assert "textbf" not in written


def test_the_claims_of_the_project_need_no_import(database_ready):
    with database.session() as session:
        names = [sourced.source.name for sourced in known_claims(session)]
        rows = claim_rows(known_claims(session), "flickr30k-1k")
    assert "rao2022" in names
    (vilbert,) = (row for row in rows if (row.system, row.kind, row.table) == ("ViLBERT", "reported", "Table 3"))
    assert vilbert.numbers["t2i R@1"].digits == "58.2"
    assert all(re.fullmatch(r"-?\d+(\.\d+)?", one.digits) and Decimal(one.digits) for one in vilbert.numbers.values())
