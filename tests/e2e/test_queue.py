"""The queue in a real browser: it follows what happens, without a reload and without piling anything up."""

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from submissions import database
from submissions.tables import Evaluation, Status, now
from tests.queued_evaluations import add_evaluations

N_ELEMENTS = "document.querySelectorAll('.stMain .stHtml *').length"


@pytest.fixture
def queue_address(tmp_path, monkeypatch, board_over):
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path))
    monkeypatch.delenv("REMATCH_DATABASE_URL", raising=False)
    database.prepare()
    add_evaluations("Patient", Status.QUEUED)
    add_evaluations("Hidden", Status.QUEUED, is_private=True)
    with board_over(tmp_path) as address:
        yield f"{address}/queue"
    database.forget_connections()


def move(**values: object) -> None:
    """Change the evaluation of the public submission, as a worker does."""
    with database.session() as session:
        chosen = next(one for one in session.exec(select(Evaluation)) if not one.run.submission.is_private)
        for name, value in values.items():
            setattr(chosen, name, value)
        session.add(chosen)


def test_the_queue_follows_an_evaluation_by_itself(queue_address, page):
    page.goto(queue_address)
    row = page.locator("table.queue tr", has_text="Patient")
    expect(row).to_contain_text("for its turn")
    expect(page.get_by_text("1 private")).to_be_visible()
    page.evaluate("window.opened = true")
    progress = {"stage": "encoding images", "done": 1, "total": 4, "per_second": 2.0}
    move(status=Status.RUNNING, started_at=now(), progress=progress)
    expect(row).to_contain_text("encoding images 25 %")
    n_elements = page.evaluate(N_ELEMENTS)
    move(status=Status.SUCCEEDED, finished_at=now())
    expect(page.get_by_role("heading", name="Done in the last 24 hours")).to_be_visible()
    move(status=Status.RUNNING)
    expect(row).to_contain_text("encoding images 25 %")
    assert page.evaluate(N_ELEMENTS) == n_elements
    assert page.evaluate("window.opened")
    assert "Hidden" not in page.content()
