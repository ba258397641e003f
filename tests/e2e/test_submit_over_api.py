"""Handing in through the page of a public board: over its HTTP API, with a token, to workers elsewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from submissions import database
from submissions.account_tables import Role
from submissions.accounts import create_account, create_token
from tests.e2e.test_submit import SCORING_MILLISECONDS, scores
from tests.servers import answers, free_port, own_redis, program, wait_until

MANIFEST = """system: From a manifest
submitter: alice
setting: zero-shot
protocols: [toy-scene]
runs:
  - {file: mine.npy, seed: 3, seed_governs: [training]}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def token(home) -> Iterator[str]:
    """The token of alice; the settings of the module name its own records and broker."""
    with pytest.MonkeyPatch.context() as patch, own_redis() as redis:
        patch.setenv("REMATCH_HOME", str(home))
        patch.setenv("REMATCH_BROKER_URL", f"redis://127.0.0.1:{redis.port}/0")
        patch.delenv("REMATCH_DATABASE_URL", raising=False)
        database.prepare()
        with database.session() as session:
            made = create_token(
                session, create_account(session, "alice", role=Role.SUBMITTER), label="page", days=None
            ).secret
        database.forget_connections()
        yield made
        database.forget_connections()


@pytest.fixture(scope="module")
def api(home, token) -> Iterator[str]:
    port = free_port()
    with program("api", "--port", str(port), log=home / "api.log"):
        wait_until(lambda: answers(f"http://127.0.0.1:{port}"), "An answer of the API")
        with program("worker", "--queue", "scores", log=home / "worker.log"):
            yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def submit_address(home, api, board_over) -> Iterator[str]:
    with board_over(home, REMATCH_API_URL=api) as address:
        yield f"{address}/submit"


def seen_by(api: str, submission: str, token: str | None = None) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{api}/api/v1/submissions/{submission}", headers=headers, timeout=30)


def type_token(page: Page, token: str) -> None:
    page.get_by_role("textbox", name="Token").fill(token)
    page.get_by_role("textbox", name="Token").press("Enter")


def fill_in(page: Page, system: str) -> None:
    page.get_by_role("textbox", name="System").fill(system)
    page.get_by_role("textbox", name="Submitter").fill("alice")
    page.get_by_role("combobox", name="Protocols").fill("toy-scene")
    page.get_by_role("option", name="toy-scene", exact=True).click()
    page.keyboard.press("Escape")


def choose(page: Page, label: str, *files: tuple[str, bytes]) -> None:
    chosen = [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files]
    page.get_by_test_id("stFileUploader").filter(has_text=label).locator("input[type=file]").set_input_files(chosen)
    for name, _ in files:
        expect(page.get_by_role("button", name=f"Remove {name}")).to_be_visible()


def check_and_hand_in(page: Page) -> str:
    page.get_by_role("button", name="Check").click()
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_text("1 of 1 evaluation done")).to_be_visible(timeout=SCORING_MILLISECONDS)
    return re.search(r"[?&]id=([0-9a-f-]{36})", page.url)[1]


def test_a_private_submission_is_its_owners_until_it_is_published(submit_address, api, token, page):
    page.goto(submit_address)
    type_token(page, token)
    fill_in(page, "Secret for now")
    choose(page, "Score files", ("seed0.npy", scores()))
    page.get_by_text("Private until it is published").click()
    submission = check_and_hand_in(page)
    expect(page.get_by_text("Private: on no board and no page.")).to_be_visible()
    expect(page.get_by_role("link", name="Open the entry")).to_have_count(0)
    assert token not in page.url
    assert seen_by(api, submission).status_code == 404
    assert seen_by(api, submission, token).json()["private"] is True

    stranger = page.context.browser.new_page()
    stranger.goto(f"{submit_address}?id={submission}")
    expect(stranger.get_by_text("There is no public submission of this id.")).to_be_visible()
    stranger.close()

    page.get_by_role("button", name="Publish").click()
    page.get_by_role("link", name="Open the entry").click()
    expect(page.get_by_role("heading", name="Secret for now")).to_be_visible()
    assert seen_by(api, submission).json()["private"] is False


def test_a_manifest_with_its_files_takes_the_place_of_an_earlier_one(submit_address, api, token, page):
    page.goto(f"{submit_address}?kind=A+manifest+with+its+files")
    type_token(page, token)
    choose(page, "Manifest", ("mine.yaml", MANIFEST.encode()))
    choose(page, "Score files", ("mine.npy", scores()))
    first = check_and_hand_in(page)

    page.get_by_role("link", name="Hand in another").click()
    type_token(page, token)
    page.get_by_role("radio", name="A manifest with its files").click()
    choose(page, "Manifest", ("mine.yaml", MANIFEST.replace("seed: 3", "seed: 4").encode()))
    choose(page, "Score files", ("mine.npy", scores()))
    page.get_by_role("textbox", name="Replaces").fill(first)
    second = check_and_hand_in(page)
    assert second != first
    assert seen_by(api, first).json()["superseded_by"] == second


def test_a_wrong_token_is_one_message_and_nothing_is_recorded(submit_address, api, page):
    page.goto(submit_address)
    type_token(page, "rematch_nonsense")
    fill_in(page, "Nobody's")
    choose(page, "Score files", ("seed0.npy", scores()))
    page.get_by_role("button", name="Check").click()
    errors = page.locator("ul.findings li.error")
    expect(errors).to_have_count(1)
    expect(errors).to_contain_text("token")
    listed = httpx.get(f"{api}/api/v1/submissions", timeout=30).json()["items"]
    assert "Nobody's" not in {one["system"] for one in listed}


def test_a_model_that_is_not_known_is_refused_by_its_name(submit_address, token, page):
    page.goto(f"{submit_address}?kind=A+model+by+its+name")
    type_token(page, token)
    fill_in(page, "A model")
    page.get_by_role("textbox", name="Model", exact=True).fill("open_clip:No-Such-Model/nowhere")
    page.get_by_role("button", name="Check").click()
    errors = page.locator("ul.findings li.error")
    expect(errors.first).to_contain_text("No-Such-Model")
    expect(page.get_by_role("button", name="Hand in")).to_have_count(0)
