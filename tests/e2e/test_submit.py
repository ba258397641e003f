"""Handing in through the page in a real browser: checked first, recorded by a second step, watched to its end."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from sqlmodel import select

from splits.loading import load_split
from submissions import database
from submissions.tables import Artifact, Submission

SCORING_MILLISECONDS = 240_000
"""A worker has to start and to compile its kernels first, which a busy machine takes its time for."""
HOSTILE = "<img src=x onerror=\"document.title='owned'\">.npy"
SAFE = "_img_src_x_onerror__22document.title__owned__22_.npy"
"""A browser sends a quotation mark as %22."""


@pytest.fixture
def scratch(tmp_path) -> Path:
    """Where the board of a test keeps what visitors send, and nobody else anything."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def submit_address(tmp_path, scratch, monkeypatch, board_over):
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path))
    monkeypatch.delenv("REMATCH_DATABASE_URL", raising=False)
    database.prepare()
    with board_over(tmp_path, TMPDIR=str(scratch)) as address:
        yield f"{address}/submit"
    database.forget_connections()


def scores(*, columns: int | None = None, broken: bool = False) -> bytes:
    split = load_split("toy-scene/test")
    found = np.random.default_rng(0).normal(size=(split.n_images, columns or split.n_captions)).astype(np.float32)
    if broken:
        found[3, 7] = np.nan
    buffer = io.BytesIO()
    np.save(buffer, found)
    return buffer.getvalue()


def stored() -> list[int]:
    with database.session() as session:
        return [len(session.exec(select(kind)).all()) for kind in (Submission, Artifact)]


def left_behind(scratch: Path) -> list[Path]:
    return list(scratch.glob("rematch-visitor-*"))


def fill_in(page, *files: tuple[str, bytes]) -> None:
    page.get_by_role("textbox", name="System").fill("From the page")
    page.get_by_role("textbox", name="Submitter").fill("A visitor")
    page.get_by_role("combobox", name="Protocols").fill("toy-scene")
    page.get_by_role("option", name="toy-scene", exact=True).click()
    page.keyboard.press("Escape")
    chosen = [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files]
    page.locator("input[type=file]").set_input_files(chosen)
    for name, _ in files:
        expect(page.get_by_role("button", name=f"Remove {name}")).to_be_visible()


def check(page) -> None:
    page.get_by_role("button", name="Check").click()


def test_a_good_file_is_checked_handed_in_and_followed_to_its_entry(submit_address, scratch, page):
    page.goto(submit_address)
    fill_in(page, ("seed0.npy", scores()))
    check(page)
    found = page.locator("ul.findings")
    expect(found).to_contain_text("toy-scene: matrix for toy-scene/test (250 images, 1,250 captions)")
    assert stored() == [0, 0]
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("1 of 1 evaluation done")).to_be_visible(timeout=SCORING_MILLISECONDS)
    expect(page.locator("table.queue tbody tr")).to_contain_text("done")
    assert re.search(r"/submit\?(.*&)?id=[0-9a-f-]{36}", page.url)
    page.get_by_role("link", name="Open the entry").click()
    expect(page.get_by_role("heading", name="From the page")).to_be_visible()
    assert stored() == [1, 1]
    assert left_behind(scratch) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: scores(columns=1000), "1000"),
        (lambda: scores(broken=True), "finite"),
        (lambda: b"no scores at all", "seed0.npy"),
    ],
    ids=["shape", "NaN", "nonsense"],
)
def test_a_bad_file_gives_one_clear_error_and_nothing_is_stored(submit_address, scratch, page, content, message):
    page.goto(submit_address)
    fill_in(page, ("seed0.npy", content()))
    check(page)
    errors = page.locator("ul.findings li.error")
    expect(errors).to_have_count(1)
    expect(errors).to_contain_text(message)
    assert "rematch-visitor" not in errors.inner_text()
    expect(page.get_by_role("button", name="Hand in")).to_have_count(0)
    assert stored() == [0, 0]
    assert left_behind(scratch) == []


def test_a_hostile_file_name_is_shown_as_words_and_is_no_path(submit_address, page):
    page.goto(submit_address)
    fill_in(page, (HOSTILE, scores()))
    check(page)
    expect(page.locator("ul.findings")).to_contain_text(f"OK runs[0] {SAFE}")
    assert "owned" not in page.title()
    assert page.locator("ul.findings img").count() == 0
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("1 of 1 evaluation done")).to_be_visible(timeout=SCORING_MILLISECONDS)
    with database.session() as session:
        assert session.exec(select(Artifact.filename)).one() == SAFE
