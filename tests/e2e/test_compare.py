"""From the board to a submission, on to a comparison with its neighbours, and out as files: the same numbers."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect

from submissions.api import create_app
from submissions.uploaded_check import check_uploaded
from tests.unit.leaderboard.compared import add_scored

SYSTEMS = {"strong": (4.0, (1, 2)), "middle": (3.0, (3,)), "weak": (2.0, (4,))}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def stored(home) -> dict[str, UUID]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMATCH_HOME", str(home))
        patch.delenv("REMATCH_DATABASE_URL", raising=False)
        return {name: add_scored(name, *made) for name, made in SYSTEMS.items()}


@pytest.fixture(scope="module")
def board_address(home, stored, board_over) -> Iterator[str]:
    with board_over(home) as address:
        yield address


def means_of_the_api(home: Path, submission: UUID) -> dict[str, float]:
    """What the HTTP API says of a submission, averaged over its runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMATCH_HOME", str(home))
        app = create_app(announce=lambda _: None, check_broker=lambda: None, redis_url=None, check=check_uploaded)
        with TestClient(app) as client:
            answer = client.get("/api/v1/results", params={"submission": str(submission), "limit": 100})
    values: dict[str, list[float]] = {}
    for one in answer.raise_for_status().json()["items"]:
        name = one["metric"] if one["direction"] == "both" else f"{one['direction']} {one['metric']}"
        values.setdefault(name, []).append(one["expected"])
    return {name: sum(own) / len(own) for name, own in values.items()}


def downloaded(page: Page, name: str, folder: Path) -> str:
    with page.expect_download() as waited:
        page.get_by_role("button", name=name, exact=True).first.click()
    waited.value.save_as(folder / name)
    return (folder / name).read_text()


def compared_cells(page: Page) -> dict[str, list[str]]:
    """The first cells of every row of the table of metrics, by column of a board."""
    found, side = {}, ""
    for row in page.locator("table.compare tbody tr").all():
        head = row.locator("th").inner_text()
        # Where a star is placed differs until the style is there.
        cells = ["".join(cell.split()) for cell in row.locator("td").all_inner_texts()]
        if cells:
            found[f"{side} {head}".strip()] = cells
        else:
            side = head.split(" ")[0] if head[:3] in ("i2t", "t2i") else ""
    return found


def test_a_journey_from_the_board_to_files_keeps_every_number(
    home, stored, board_address, browser: Browser, page, tmp_path
):
    page.goto(f"{board_address}/?tab=Scene")
    page.get_by_role("link", name="middle").first.click()
    expect(page.get_by_role("heading", name="middle")).to_be_visible()
    page.get_by_role("link", name="Compare with strong and weak").click()
    expect(page.locator("table.compare tbody tr")).to_have_count(13 + 3)
    expect(page).to_have_url(
        re.compile("ids=" + "(%2C|,)".join(str(stored[name]) for name in ("middle", "strong", "weak")))
    )

    shown = compared_cells(page)
    api = {name: means_of_the_api(home, submission) for name, submission in stored.items()}
    rows = list(csv.DictReader(downloaded(page, "CSV", tmp_path).splitlines()))
    assert len(rows) == 3 * len(shown) == 3 * 13
    for row in rows:
        column, system = row["metric"], row["system"]
        assert float(row["value"]) == pytest.approx(api[system][column])
        factor = 1 if column.endswith(("MedR", "MeanR")) else 100
        middle, strong, more, weak, less = shown[column]
        cell = {"middle": middle, "strong": strong, "weak": weak}[system]
        assert re.match(r"[\d.]+", cell)[0] == f"{factor * float(row['value']):.1f}"
        if system != "middle":
            difference = {"strong": more, "weak": less}[system].rstrip("*")
            stated = f"{factor * abs(float(row['difference'])):.1f}"
            assert difference.lstrip("+−±") == stated
    document = json.loads(downloaded(page, "JSON", tmp_path))
    outcomes = {(one["first"], one["second"]): one["outcome"] for one in document["pairs"] if one["metric"] == "rsum"}
    assert outcomes == {("middle", "strong"): "loss", ("middle", "weak"): "win", ("strong", "weak"): "win"}
    expect(page.locator("table.pairwise").first.locator("tbody tr td:last-child")).to_have_text(list(outcomes.values()))

    page.get_by_role("radio", name="t2i: caption queries").click()
    expect(page).to_have_url(re.compile("queries="))
    expect(page.locator("article.query img")).to_have_count(8)
    assert all(page.locator("article.query img").evaluate_all("all => all.map(one => one.naturalWidth > 0)"))
    other = browser.new_page()
    other.goto(page.url)
    expect(other.locator("article.query h4").first).to_have_text(page.locator("article.query h4").first.inner_text())
    assert compared_cells(other) == shown
    other.close()


def test_the_files_of_a_submission_hold_what_the_api_says(home, stored, board_address, page, tmp_path):
    page.goto(f"{board_address}/entry?id={stored['strong']}")
    expect(page.locator("table.scores")).to_be_visible()
    rows = list(csv.DictReader(downloaded(page, "CSV", tmp_path).splitlines()))
    means = means_of_the_api(home, stored["strong"])
    own = [float(row["expected"]) for row in rows if row["metric"] == "i2t R@1"]
    assert sum(own) / len(own) == pytest.approx(means["i2t R@1"])
    total = page.locator("table.scores tr.total").first
    assert total.locator("td").first.inner_text() == f"{100 * means['i2t R@1']:.1f}"
    digest = f"{stored['strong'].hex}{0:032x}"
    expect(page.locator("table code.digest", has_text=digest)).to_be_visible()
