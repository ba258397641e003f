"""Audits in a real browser: from a source to a finding, to its cell, to the reason, to a file that says the same."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from playwright.sync_api import Page, expect

from splits.loading import load_split
from submissions import database
from submissions.audits import audit
from submissions.claim_store import add_source
from submissions.claims_file import read_claims
from submissions.intake import submit
from worker.local import drain

HEAD = """# source: smith2024
# citation: Smith et al. 2024. A Better Retriever.
# scale: percent
# table: Table 2
# protocol: toy-scene
# n_seeds: 3
system,column,printed_direction,direction,direction_reason,metric,value
"""
BASE = """Base,IR@1,IR,t2i,image retrieval: a caption asks,R@1,31.0
Base,IR@5,IR,t2i,image retrieval: a caption asks,R@5,58.2
Base,IR@10,IR,t2i,image retrieval: a caption asks,R@10,57.3
"""


def noisy_scores(split, seed):
    scores = np.random.default_rng(seed).standard_normal((split.n_images, split.n_captions))
    scores[split.image_of_caption, np.arange(split.n_captions)] += 2.5
    return scores


def first_caption_recalls(split, scores) -> dict[tuple[str, int], float]:
    """R@K of both directions by plain sorting, with the first caption of each image alone."""
    first = np.array([np.flatnonzero(split.image_of_caption == image)[0] for image in range(split.n_images)])
    square = scores[:, first]
    relevant = np.zeros((split.n_images, split.n_captions), dtype=bool)
    relevant[tuple(np.array(split.pairs)[:, ::-1].T)] = True
    fits = relevant[:, first]
    found = {}
    for direction, asked, right in (("i2t", square, fits), ("t2i", square.T, fits.T)):
        best = np.where(right, asked, -np.inf).max(axis=1)
        above = (asked > best[:, None]).sum(axis=1)
        found |= {(direction, k): float((above < k).mean()) for k in (1, 5, 10)}
    return found


def claims_text(split, runs) -> str:
    """A table whose first row is measured with the first caption of each image, which it does not say."""
    measured = [first_caption_recalls(split, scores) for scores in runs]
    rows = ""
    for direction, label in (("i2t", "TR"), ("t2i", "IR")):
        for k in (1, 5, 10):
            value = 100 * np.mean([one[direction, k] for one in measured])
            rows += f"Better,{label}@{k},{label},{direction},{label} of the paper,R@{k},{value:.2f}\n"
    return HEAD + rows + BASE


def fill(folder: Path) -> None:
    """Hand in three seeds of a system, import what a paper prints of it, and audit that."""
    database.migrate()
    split = load_split("toy-scene/test")
    runs = [noisy_scores(split, seed) for seed in range(3)]
    stated = {"system": "Better", "submitter": "Ada", "setting": "trained-from-scratch", "runs": []}
    for seed, scores in enumerate(runs):
        np.save(folder / f"seed{seed}.npy", scores)
        run = {"file": f"seed{seed}.npy", "seed": seed, "seed_governs": ["training"], "protocols": ["toy-scene"]}
        stated["runs"].append({**run, "orientation": "images-x-captions"})
    (folder / "submission.yaml").write_text(yaml.safe_dump(stated))
    with database.session() as session:
        submit(session, folder / "submission.yaml")
    drain()
    (folder / "smith2024.csv").write_text(claims_text(split, runs))
    with database.session() as session:
        add_source(session, read_claims(folder / "smith2024.csv"))
    audit(["smith2024"])


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def address(home, board_over):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMATCH_HOME", str(home))
        patch.delenv("REMATCH_DATABASE_URL", raising=False)
        fill(home)
    with board_over(home) as started:
        yield started


def scrolled_to(page: Page, selector: str) -> None:
    """Wait until an element is within the window, wherever it is scrolled."""
    expect(page.locator(selector)).to_be_in_viewport()


def test_from_a_source_to_a_finding_to_its_cell_and_back(address, page):
    page.goto(f"{address}/audit")
    page.get_by_role("link", name="rao2022", exact=True).click()
    expect(page.locator("ol.findings > li")).to_have_count(17)
    page.get_by_role("combobox", name="Severity").click()
    page.get_by_role("option", name="note").click()
    expect(page.locator("ol.findings > li")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"severity=note"))
    assert "source=rao2022" in page.url
    assert page.locator("table.printed mark.warning").count() == 0
    link = page.locator("ol.findings > li", has_text="ViLT DA").get_by_role("link", name="98.1").first
    cell = link.get_attribute("href")
    link.click()
    scrolled_to(page, cell)
    expect(page.locator(cell)).to_contain_text("98.1")
    assert page.evaluate("document.querySelector(':target').id") == cell.removeprefix("#")
    page.locator(f"{cell} a").click()
    scrolled_to(page, "#finding-17")
    assert "source=rao2022" in page.url


def test_the_claims_on_the_page_are_those_of_the_audit_that_was_kept_and_so_are_those_of_the_file(
    address, page, tmp_path
):
    page.goto(f"{address}/audit?source=smith2024&show=Claims&verdict=not+reproduced")
    rows = page.locator("table.held tbody tr")
    expect(rows).to_have_count(4)
    with page.expect_download() as waited:
        page.get_by_role("button", name="CSV").click()
    waited.value.save_as(tmp_path / "audit.csv")
    written = [one for one in csv.DictReader((tmp_path / "audit.csv").read_text().splitlines()) if one["found"]]
    assert {one["result"] for one in written} == {"not reproduced"}
    shown = {
        tuple(cell.split("\n")[0].rstrip("†") for cell in row.locator("td").all_inner_texts()[2:5])
        for row in rows.all()
    }
    assert shown == {
        (f"{one['direction']} {one['metric']}", one["printed"], f"{100 * float(one['found']):.2f}") for one in written
    }


def test_scores_that_are_stored_explain_a_row(address, page):
    page.goto(f"{address}/audit?source=smith2024&show=Explain+a+result")
    page.get_by_text("Try its stored scores in other ways now").click()
    expect(page.get_by_text("The numbers fit the first caption of each image alone (first-caption)")).to_be_visible()
    expect(page.locator("table.trials tr", has_text="first-caption").first).to_contain_text("fits")
    expect(page.get_by_text("rematch explain SCORES.npy")).to_be_visible()


def test_the_plot_says_in_words_what_it_shows(address, page):
    page.goto(f"{address}/audit?source=smith2024&show=Reported+against+reproduced")
    expect(page.get_by_text("6 numbers, reported against reproduced: 4 not reproduced").first).to_be_visible()
    expect(page.locator("table.systems tbody tr")).to_have_count(1)
