"""All boards beside each other, with the numbers that were chosen: on the page, and in files of the same."""

import csv
import io
import json
import re

import pytest

from leaderboard.overview import Numbers, overview
from leaderboard.overview_exports import as_csv, as_json, as_latex
from leaderboard.overview_table import overview_html
from leaderboard.standings import board_standings
from submissions import database
from submissions.board_query import board_keys
from tests.unit.leaderboard.app_pages import LEADERBOARD, opened, shown, words_of

APP = LEADERBOARD / "app.py"
THINGS = {"protocol": "toy-object", "split": "toy-object/test", "centricity": "object"}
RECALLS = [f"{side} R@{k}" for side in ("i2t", "t2i") for k in (1, 5, 10)]


@pytest.fixture
def boards(add_submission):
    """CCA is ahead on scenes, VSE on objects; =HYPERLINK was measured on scenes alone."""
    ids = {}
    for system, scene, thing in (("CCA", [0.6, 0.602], [0.2]), ("VSE", [0.5], [0.3])):
        ids[system, "toy-scene"] = add_submission(system, scene)
        ids[system, "toy-object"] = add_submission(system, thing, **THINGS)
    ids["=HYPERLINK", "toy-scene"] = add_submission("=HYPERLINK", [0.1])
    return ids


@pytest.fixture
def found(boards):
    with database.session() as session:
        return overview({key: board_standings(session, key) for key in board_keys(session)})


def cells_of(page):
    """The words of every cell of a table, row by row."""
    rows = re.findall(r"<tr><th scope=\"row\".*?</tr>", page)
    return [[" ".join(re.sub("<[^>]*>", " ", cell).split()) for cell in re.findall("<td.*?</td>", row)] for row in rows]


def heads_of(page):
    """The words of every head with how many columns it is over, row by row."""
    rows = re.findall("<tr>(.*?)</tr>", re.search("<thead>(.*)</thead>", page)[1])
    return [
        [
            (" ".join(re.sub("<[^>]*>", "", words).split()), int((re.search(r'colspan="(\d+)"', tag) or [0, 1])[1]))
            for tag, words in re.findall("<th([^>]*)>(.*?)</th>", row)
        ]
        for row in rows
    ]


def test_what_is_ranked_stands_beside_each_other_by_default(found):
    page = overview_html(found)
    assert heads_of(page)[0] == [("System", 1), ("Scene", 1), ("Object", 1)]
    assert cells_of(page) == [
        ["420.6 ± 0.8 rank 1", "180.0 rank 2"],
        ["360.0 rank 2", "240.0 rank 1"],
        ["120.0 rank 3", "–"],
    ]
    assert page.count("<b>") == 2
    assert page.count("<u>") == 2


def test_blocks_are_those_of_papers(found):
    page = overview_html(found, Numbers.PRINTED)
    boards, sides, names = heads_of(page)
    assert boards == [("System", 1), ("toy-scene (scene)", 7), ("toy-object (object)", 7)]
    assert [span for _, span in sides] == [3, 3, 1] * 2
    assert [name for name, _ in names] == ["R@1", "R@5", "R@10", "R@1", "R@5", "R@10", "rsum"] * 2
    first, _, last = cells_of(page)
    assert first[:3] == ["60.1 ± 0.1", "70.1 ± 0.1", "80.1 ± 0.1"]
    assert first[6] == "420.6 ± 0.8 rank 1"
    assert first[7:] == ["20.0", "30.0", "40.0"] * 2 + ["180.0 rank 2"]
    assert last[7:] == ["–"] * 7


def test_every_number_leads_to_its_submission(found, boards):
    page = overview_html(found, Numbers.FIRST)
    for submission in boards.values():
        assert page.count(f'href="entry?id={submission}"') == 2


def test_a_board_that_has_no_recall_shows_what_it_is_ranked_on(add_submission):
    with database.session() as session:
        add_submission("CCA", [0.5], directions=("i2t",))
        [key] = board_keys(session)
        standing = board_standings(session, key)
    standing = standing[[name for name in standing.columns if "R@" not in name]].assign(
        **{f"{side} mAP@R{part}": 0.25 for side in ("i2t", "t2i") for part in ("", " std", " low", " high")}
    )
    page = overview_html(overview({key: standing}), Numbers.FIRST)
    assert cells_of(page) == [["25.0 rank 1"]]


@pytest.mark.parametrize("numbers", Numbers)
def test_files_hold_the_numbers_of_the_table(found, numbers):
    shown_cells = cells_of(overview_html(found, numbers))
    columns = found.columns(numbers)
    names = [f"{found.labels[column.board]} {column.name}" for column in columns]
    rows = list(csv.DictReader(io.StringIO(as_csv(found, numbers))))
    entries = json.loads(as_json(found, numbers))["entries"]
    latex = [line for line in as_latex(found, numbers).splitlines() if " & " in line][-3:]
    assert [row["system"] for row in rows] == ["CCA", "VSE", "'=HYPERLINK"]
    for cells, row, entry, line in zip(shown_cells, rows, entries, latex, strict=True):
        figures = [
            re.sub(r"\\textbf|\\underline|[{}]", "", cell.split("$")[0]).strip(" \\") for cell in line.split(" & ")
        ]
        for cell, column, name, figure in zip(cells, columns, names, figures[1:], strict=True):
            if cell == "–":
                assert (row[name], figure) == ("", "--")
                assert found.labels[column.board] not in entry["boards"]
                continue
            board = entry["boards"][found.labels[column.board]]
            assert f"{100 * float(row[name]):.1f}" == cell.split()[0] == figure
            assert board["metrics"][column.name]["mean"] == pytest.approx(float(row[name]))
            assert str(board["rank"]) == row[f"{found.labels[column.board]} rank"]


def test_json_says_what_makes_numbers_comparable(found):
    boards = json.loads(as_json(found, Numbers.RANKED))["boards"]
    assert [(board["name"], board["protocol_version"], board["centricity"]) for board in boards] == [
        ("toy-scene", 1, "scene"),
        ("toy-object", 1, "object"),
    ]
    assert all(board["split_digest"].startswith("sha256:") for board in boards)


def test_latex_spans_blocks_and_marks_the_best(found):
    table = as_latex(found, Numbers.PRINTED)
    assert r" & \multicolumn{7}{c}{toy-scene} & \multicolumn{7}{c}{toy-object} \\" in table
    assert r"\multicolumn{3}{c}{i2t} & \multicolumn{3}{c}{t2i} & \multicolumn{1}{c}{}" in table
    assert r"CCA & \textbf{60.1}$_{\pm 0.1}$" in table
    assert r"\underline{50.0}" in table


def test_the_page_shows_what_its_address_or_a_viewer_chooses(boards):
    app, page = shown(APP, show="R@1")
    assert heads_of(page)[0] == [("System", 1), ("toy-scene (scene)", 2), ("toy-object (object)", 2)]
    app = opened(APP)
    app.segmented_control(key="show").set_value("as papers print them").run()
    assert heads_of(words_of(app))[0] == [("System", 1), ("toy-scene (scene)", 7), ("toy-object (object)", 7)]


def test_an_unknown_choice_of_the_address_is_said(boards):
    _, page = shown(APP, show="everything")
    assert "There is no choice of numbers &#x27;everything&#x27; here" in page
    assert "rank 1" in page
