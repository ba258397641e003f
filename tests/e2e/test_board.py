"""The board in a real browser: the numbers shown are the numbers stored."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from submissions import database
from submissions.tables import Artifact, Evaluation, Result, Status, Submission, SubmittedRun

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
CELLS = [(direction, metric) for direction in ("i2t", "t2i") for metric in ("R@1", "R@5", "R@10")]
LEVELS = {"CCA baseline": (0.411, 0.423, 0.399), HOSTILE: (0.2,), "shuffled": (0.011, 0.012, 0.013)}


def expected_values(level: float) -> dict[tuple[str, str], float]:
    cells = {cell: level + 0.0573 * number for number, cell in enumerate(CELLS)}
    return cells | {("both", "rsum"): sum(cells.values())}


def store_evaluation(session, run, protocol, centricity, level):
    evaluation = Evaluation(
        run_id=run.id,
        protocol=protocol,
        protocol_version=1,
        split=f"{protocol}/test",
        split_digest=f"sha256:{protocol.encode().hex():0<64}",
        judgments="original",
        centricity=centricity,
        evaluator_version="0.1.0",
        status=Status.SUCCEEDED,
        n_images=200,
        n_captions=1000,
        ranks_sha256=f"{run.id.hex}{protocol.encode().hex():0<32.32}",
    )
    session.add(evaluation)
    session.flush()
    for (direction, metric), value in expected_values(level).items():
        around = {"low": value - 0.02, "high": value + 0.02, "pessimistic": value, "optimistic": value}
        session.add(Result(evaluation_id=evaluation.id, metric=metric, direction=direction, expected=value, **around))


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def stored(home) -> dict[str, UUID]:
    """Three systems on a scene board and, in the opposite order, on an object board."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMATCH_HOME", str(home))
        patch.delenv("REMATCH_DATABASE_URL", raising=False)
        return fill()


@pytest.fixture(scope="module")
def board_address(home, stored, board_over):
    with board_over(home) as address:
        yield address


def fill() -> dict[str, UUID]:
    database.migrate()
    ids = {}
    with database.session() as session:
        for system, levels in LEVELS.items():
            manifest = {"system": system, "runs": [{"file": "scores.npy"}] * len(levels)}
            if len(levels) > 1:
                manifest["traits"] = {"parameters": 67_000_000, "pretraining_data": ["CC"]}
            submission = Submission(system=system, submitter="a group", setting="zero-shot", manifest=manifest)
            session.add(submission)
            session.flush()
            ids[system] = submission.id
            for seed, level in enumerate(levels):
                sha256 = f"{submission.id.hex}{seed:032x}"
                session.add(Artifact(sha256=sha256, size=1, filename="scores.npy"))
                run = SubmittedRun(
                    submission_id=submission.id,
                    position=seed,
                    artifact_sha256=sha256,
                    format="npy",
                    seed=seed,
                    seed_governs=["training"],
                )
                session.add(run)
                session.flush()
                store_evaluation(session, run, "toy-scene", "scene", level)
                store_evaluation(session, run, "toy-object", "object", 0.5 - level)
    return ids


def shown_row(page: Page, system: str) -> list[str]:
    row = page.locator("table.board tbody tr", has=page.get_by_role("link", name=system, exact=True))
    return [cell.split("\n")[0].strip() for cell in row.locator("td").all_inner_texts()]


def test_the_scene_board_shows_the_stored_numbers(board_address, page):
    page.goto(f"{board_address}/?tab=Scene")
    expect(page.locator("table.board tbody tr")).to_have_count(3)
    for rank, (system, levels) in enumerate(sorted(LEVELS.items(), key=lambda item: -sum(item[1]) / len(item[1])), 1):
        level = sum(levels) / len(levels)
        place, seeds, *figures = shown_row(page, system)
        assert (place, seeds) == (str(rank), str(len(levels)))
        means = [re.match(r"[\d.]+", figure)[0] for figure in figures]
        assert means == [f"{100 * value:.1f}" for value in expected_values(level).values()]


def test_a_spread_is_shown_where_there_are_seeds(board_address, page):
    page.goto(f"{board_address}/?tab=Scene")
    expect(page.locator("table.board")).to_be_visible()
    assert "± 1.2" in shown_row(page, "CCA baseline")[2]
    assert "±" not in shown_row(page, HOSTILE)[2]


def test_a_hostile_name_is_shown_and_not_run(board_address, page):
    page.goto(board_address)
    expect(page.locator("table.overview")).to_contain_text(HOSTILE)
    assert page.locator("table img").count() == 0
    assert "owned" not in page.title()


def test_tabs_lead_from_scene_to_object_and_into_the_address(board_address, page):
    page.goto(board_address)
    expect(page.locator("table.overview tbody tr")).to_have_count(3)
    page.get_by_role("tab", name="Object").click()
    expect(page.locator("table.board:not(.overview) tbody tr")).to_have_count(3)
    expect(page).to_have_url(re.compile("tab=Object"))
    assert shown_row(page, "shuffled")[0] == "1"
    page.reload()
    expect(page.locator("table.board:not(.overview) tbody tr")).to_have_count(3)
    assert shown_row(page, "CCA baseline")[0] == "3"


def test_a_search_narrows_the_board_and_its_link_reproduces_it(board_address, page):
    page.goto(f"{board_address}/?tab=Scene")
    page.get_by_role("searchbox").or_(page.get_by_label("Search")).first.fill("shuffled")
    page.keyboard.press("Enter")
    expect(page.locator("table.board tbody tr")).to_have_count(1)
    address = page.url
    assert "search=shuffled" in address
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("table.board tbody tr")).to_have_count(1)
    assert shown_row(page, "shuffled")[0] == "3"


def shown_table(page: Page) -> list[list[str]]:
    """Rank, system and means of every row, from top to bottom."""
    rows = page.locator("table.board:visible tbody tr").all()
    names = [row.locator("th a").inner_text() for row in rows]
    cells = [[re.match(r"[\d.]+", cell)[0] for cell in row.locator("td").all_inner_texts()] for row in rows]
    return [[own[0], name, *own[2:]] for name, own in zip(names, cells, strict=True)]


def saved(page: Page, button: str, path: Path) -> str:
    with page.expect_download() as waited:
        page.get_by_role("button", name=button, exact=True).click()
    waited.value.save_as(path)
    return path.read_text()


def test_a_view_is_filtered_sorted_shared_and_exported_as_it_is_shown(board_address, page, tmp_path):
    page.goto(f"{board_address}/?tab=Scene")
    expect(page.locator("table.board tbody tr")).to_have_count(3)
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Pre-training data").click()
    page.get_by_role("option", name="CC", exact=True).click()
    expect(page.locator("table.board tbody tr")).to_have_count(2)
    expect(page.get_by_text("2 of 3 submissions")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="System", exact=True).click()
    expect(page.get_by_role("link", name="System ▲")).to_be_visible()
    page.get_by_role("link", name="System ▲").click()
    expect(page.get_by_role("link", name="System ▼")).to_be_visible()
    expect(page.locator("table.board tbody tr")).to_have_count(2)
    seen, address = shown_table(page), page.url
    assert [(row[0], row[1]) for row in seen] == [("3", "shuffled"), ("1", "CCA baseline")]

    other = page.context.browser.new_page()
    other.goto(address)
    expect(other.get_by_role("link", name="System ▼")).to_be_visible()
    assert shown_table(other) == seen
    written = list(csv.DictReader(saved(other, "CSV", tmp_path / "board.csv").splitlines()))
    documents = json.loads(saved(other, "JSON", tmp_path / "board.json"))["entries"]
    lines = [line for line in saved(other, "LaTeX", tmp_path / "board.tex").splitlines() if " & 3 & " in line]
    other.close()

    columns = [f"{direction} {metric}" for direction, metric in CELLS] + ["rsum"]
    assert [
        [row["rank"], row["system"], *(f"{100 * float(row[name]):.1f}" for name in columns)] for row in written
    ] == seen
    means = [entry["metrics"] for entry in documents]
    assert [
        [*(f"{100 * own[d][m]['mean']:.1f}" for d, m in CELLS), f"{100 * own['rsum']['mean']:.1f}"] for own in means
    ] == [row[2:] for row in seen]
    figures = [re.findall(r"(\d+\.\d)\}?\$_", line) for line in lines]
    assert figures == [row[2:] for row in seen]

    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("table.board tbody tr")).to_have_count(3)
    expect(page).not_to_have_url(re.compile("pretraining"))


def test_blocks_as_papers_print_them_are_shared_and_exported(board_address, page, tmp_path):
    page.goto(board_address)
    page.get_by_role("radio", name="as papers print them").click()
    expect(page.locator("table.overview tbody tr").first.locator("td")).to_have_count(14)
    expect(page).to_have_url(re.compile(r"show=as(\+|%20)papers"))
    other = page.context.browser.new_page()
    other.goto(page.url)
    expect(other.locator("table.overview tbody tr").first.locator("td")).to_have_count(14)
    written = {row["system"]: row for row in csv.DictReader(saved(other, "CSV", tmp_path / "boards.csv").splitlines())}
    other.close()
    for system, levels in LEVELS.items():
        level = sum(levels) / len(levels)
        row = page.locator("table.overview tbody tr", has=page.locator("th", has_text=system))
        figures = [float(re.match(r"[\d.]+", cell)[0]) for cell in row.locator("td").all_inner_texts()]
        for board, block, own in (("toy-scene", figures[:7], level), ("toy-object", figures[7:], 0.5 - level)):
            expected = expected_values(own)
            # Half of the last digit, and a bit where a mean lies between two roundings.
            assert block == pytest.approx([100 * value for value in expected.values()], abs=0.0501)
            assert float(written[system][f"{board} rsum"]) == pytest.approx(expected["both", "rsum"])


def test_numbers_and_badges_explain_themselves_when_pointed_at(board_address, page):
    page.goto(f"{board_address}/?tab=Scene")
    row = page.locator("table.board tbody tr", has=page.get_by_role("link", name="CCA baseline", exact=True))
    expect(row.locator("td").nth(2)).to_have_attribute("title", "95 % interval [39.1, 43.1]")
    expect(row.locator(".badge", has_text="compared unpaired")).to_have_attribute(
        "title", re.compile("intervals alone")
    )


def test_a_system_leads_to_its_entry(stored, board_address, page):
    page.goto(f"{board_address}/?tab=Scene")
    page.get_by_role("link", name="CCA baseline").click()
    expect(page.get_by_role("heading", name="CCA baseline")).to_be_visible()
    assert page.url == f"{board_address}/entry?id={stored['CCA baseline']}"
    expect(page.get_by_role("heading", name="toy-scene version 1 on toy-scene/test")).to_be_visible()
    expect(page.locator("table.scores").last.locator("tr.total").first).to_contain_text("Mean of 3")
    page.get_by_text("Bounds, provenance, and how to compute it again").last.click()
    rows = page.locator("table.numbers:visible tbody tr", has_text="R@1")
    expect(rows.filter(has_text="[39.1, 43.1]").first).to_be_visible()
    shown = [row.locator("td").all_inner_texts()[:4] for row in rows.all()]
    assert ["41.1", "41.1", "41.1", "[39.1, 43.1]"] in shown


def test_the_csv_holds_what_the_board_shows(board_address, page, tmp_path):
    page.goto(f"{board_address}/?tab=Scene")
    with page.expect_download() as waited:
        page.get_by_role("button", name="CSV").click()
    waited.value.save_as(tmp_path / "board.csv")
    record = next(csv.DictReader((tmp_path / "board.csv").read_text().splitlines()))
    assert record["system"] == "CCA baseline"
    assert float(record["rsum"]) == pytest.approx(expected_values(0.411)["both", "rsum"])


def test_an_empty_board_names_the_next_step(tmp_path, board_over, page):
    with board_over(tmp_path) as address:
        page.goto(address)
        expect(page.get_by_text("rematch demo")).to_be_visible()


@pytest.mark.parametrize(
    ("options", "started"),
    [([], {"leaderboard.board_server", "worker.local"}), (["--no-worker"], set())],
    ids=["both", "the board alone"],
)
def test_serve_starts_the_board_with_or_without_a_worker_and_ends_all(free_port, wait_until_healthy, options, started):
    code = "from leaderboard.serve_cli import app; app()"
    serve = subprocess.Popen(
        [sys.executable, "-c", code, "--port", str(free_port), "--address", "127.0.0.1", *options],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_healthy(f"http://127.0.0.1:{free_port}", serve)
        children = child_processes(serve.pid)
        assert {name for name, _ in children} == started
        serve.send_signal(signal.SIGTERM)
        serve.wait(timeout=40)
        assert not [pid for _, pid in children if Path(f"/proc/{pid}").exists()]
    finally:
        for _, pid in child_processes(serve.pid):
            os.kill(pid, signal.SIGKILL)
        serve.kill()
        serve.wait()


def child_processes(parent: int) -> list[tuple[str, int]]:
    """Name the children of a process by the module they run."""
    listed = Path(f"/proc/{parent}/task/{parent}/children")
    pids = [int(word) for word in listed.read_text().split()] if listed.exists() else []
    commands = [(Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"), pid) for pid in pids]
    return [(words[words.index(b"-m") + 1].decode(), pid) for words, pid in commands if b"-m" in words]


def test_a_visit_asks_nobody_else_for_anything(board_address, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{board_address}/?tab=Scene")
    page.locator("table.board").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith((board_address, "data:", "blob:"))] == []
