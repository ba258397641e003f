"""The picture pages in a real browser: what they say is what is stored, and their addresses bring it back."""

import csv
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from submissions import database
from tests.stored_boards import rsum_of, store_system

SCENE, OBJECT = ("toy-scene", "scene"), ("toy-object", "object")
SYSTEMS = {
    "VSE": ((0.31, 0.312, 0.314), (0.11, 0.113, 0.112)),
    "CCA": ((0.2, 0.203, 0.201), (0.2, 0.202, 0.205)),
    "shuffled": ((0.01, 0.012, 0.011), (0.01, 0.013, 0.012)),
}


@pytest.fixture(scope="module")
def pictures_address(tmp_path_factory, board_over):
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMATCH_HOME", str(home))
        patch.delenv("REMATCH_DATABASE_URL", raising=False)
        database.migrate()
        for system, (scene, thing) in SYSTEMS.items():
            interaction = "cross-encoder" if system == "VSE" else "dual-encoder"
            store_system(system, {SCENE: scene, OBJECT: thing}, traits={"interaction": interaction})
    with board_over(home) as address:
        yield address


def settled(page: Page) -> None:
    """Wait until the page has been drawn to its end: what is pressed before may be drawn anew, and lost."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()


def choose(page: Page, label: str, option: str) -> None:
    """Choose by typing, which opens the list whatever closed it."""
    settled(page)
    page.get_by_role("combobox", name=label).fill(option)
    page.get_by_role("option", name=option, exact=True).click()


def downloaded(page: Page, name: str, folder: Path) -> str:
    """Press the button of a file, which carries the name as its key."""
    settled(page)
    with page.expect_download() as waited:
        page.locator(f".st-key-{name.replace('.', '-')}").get_by_role("button").click()
    assert waited.value.suggested_filename == name
    waited.value.save_as(folder / name)
    return (folder / name).read_text()


def test_scenes_are_held_against_objects_and_the_link_says_which(pictures_address, page, tmp_path):
    page.goto(f"{pictures_address}/scene_object")
    expect(page.get_by_text(re.compile(r"Kendall's tau 0\.33 .*1 changes it"))).to_be_visible()
    expect(page.get_by_text("VSE is ahead of CCA")).to_be_visible()
    picture = page.locator("[aria-label*='2 of 3 systems have another place']").first
    expect(picture).to_be_visible()
    value = sum(map(rsum_of, SYSTEMS["VSE"][0])) / 3
    expect(page.locator("table.plain").nth(1)).to_contain_text(f"{100 * value:.1f}")
    choose(page, "Source", "hendriksen2023-logs, reproduced")
    expect(page.get_by_text("† Claims, not measured here").first).to_be_visible()
    expect(page).to_have_url(re.compile("source=hendriksen2023-logs"))
    page.reload()
    expect(page.get_by_text("† Claims, not measured here").first).to_be_visible()
    page.goto(f"{pictures_address}/scene_object")
    expect(page.get_by_text("VSE is ahead of CCA")).to_be_visible()
    records = list(csv.DictReader(downloaded(page, "scene-object-places-table.csv", tmp_path).splitlines()))
    assert [(one["system"], one["scene rank"], one["object rank"]) for one in records] == [
        ("VSE", "1", "2"), ("CCA", "2", "1"), ("shuffled", "3", "3"),
    ]  # fmt: skip


def test_ranges_over_seeds_are_held_against_gaps_and_rao_can_be_seen_instead(pictures_address, page, tmp_path):
    page.goto(f"{pictures_address}/seeds?board=toy-scene")
    expect(page.get_by_text("The range of VSE over its 3 runs, 2.4 points, is below its gap")).to_be_visible()
    expect(page.locator("[aria-label*='The range of VSE over its 3 runs']").first).to_be_visible()
    choose(page, "Source", "rao2022-ten-seeds")
    expect(page.get_by_text("The range of VSRN over its 10 runs, 19.3 points, exceeds its gap of 12.2")).to_be_visible()
    expect(page).to_have_url(re.compile("source=rao2022-ten-seeds"))
    page.reload()
    expect(page.get_by_text("† Claims, not measured here").first).to_be_visible()
    svg = downloaded(page, "seeds.svg", tmp_path)
    assert "CAMERA" in svg
    page.goto(f"{pictures_address}/seeds?board=toy-scene")
    expect(page.get_by_text("The range of VSE over its 3 runs")).to_be_visible()
    records = list(csv.DictReader(downloaded(page, "seeds-table.csv", tmp_path).splitlines()))
    assert [one["system"] for one in records] == ["VSE", "CCA", "shuffled"]
    assert float(records[0]["range"]) == pytest.approx(6 * 0.004)


def test_what_goes_with_r1_is_said_of_a_board_and_of_claims(pictures_address, page, tmp_path):
    page.goto(f"{pictures_address}/drivers?against=interaction&board=toy-scene")
    # Of the two dual encoders the means are 20.1 and 1.1.
    groups = page.get_by_text("3 points. Mean i2t R@1: cross-encoder 31.2 (n = 1), dual-encoder 10.6 (n = 2).")
    expect(groups).to_be_visible()
    expect(page.get_by_text("This is observation and not cause")).to_be_visible()
    choose(page, "Source", "rao2022")
    expect(page.get_by_text("† Claims, not measured here, drawn hollow").first).to_be_visible()
    choose(page, "Against", "hard negatives")
    expect(page.get_by_text("With hard negatives i2t R@1 is higher in 9 of 11 systems")).to_be_visible()
    expect(page).to_have_url(re.compile("against=hard"))
    document = json.loads(downloaded(page, "drivers-hard-negatives-table.json", tmp_path))
    assert (document["claims"], document["protocol"], len(document["rows"])) == ("rao2022", "flickr30k-1k", 11)
    page.reload()
    expect(page.get_by_text("With hard negatives i2t R@1 is higher in 9 of 11 systems")).to_be_visible()
