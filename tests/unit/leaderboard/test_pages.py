"""Every page runs, empty and full, and shows what is stored."""

import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from submissions.tables import Status

LEADERBOARD = Path(__file__).resolve().parents[3] / "leaderboard"
VIEWS = sorted(path for path in (LEADERBOARD / "views").glob("*.py") if path.stem != "__init__")


def opened(path, **parameters):
    app = AppTest.from_file(str(path), default_timeout=60)
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def words_of(app):
    return "\n".join(str(element.proto.body) for element in app.get("html"))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.stem)
def test_every_view_runs_on_an_empty_database(view):
    assert not opened(view).exception


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.stem)
def test_every_view_runs_on_a_filled_database(view, add_submission):
    submission = add_submission("CCA", [0.5, 0.52])
    add_submission("broken", [0.5], status=Status.FAILED, message="The file has 3 columns, expected 4.")
    assert not opened(view, id=str(submission)).exception


def test_an_empty_board_says_what_to_do_next():
    app = opened(LEADERBOARD / "app.py")
    assert not app.exception
    assert "rematch demo" in app.markdown[0].value


def test_the_overview_shows_rsum_with_rank(add_submission):
    add_submission("CCA", [0.5])
    page = words_of(opened(LEADERBOARD / "app.py"))
    assert "360.0" in page
    assert "rank 1" in page


def test_the_scene_tab_shows_the_board(add_submission):
    add_submission("CCA", [0.5, 0.52])
    app = opened(LEADERBOARD / "app.py", tab="Scene")
    assert not app.exception
    assert "<b>51.0</b>" in words_of(app)
    assert app.selectbox(key="scene-protocol").value == "toy-scene"


def test_the_fullest_protocol_is_shown_first(add_submission):
    add_submission("one", [0.5], protocol="coco-5k", split="coco/karpathy-test-25000")
    for system in ("a", "b"):
        add_submission(system, [0.5])
    app = opened(LEADERBOARD / "app.py", tab="Scene")
    assert app.selectbox(key="scene-protocol").options == ["toy-scene", "coco-5k"]
    app.selectbox(key="scene-protocol").select("coco-5k").run()
    assert "one" in words_of(app)


def test_a_link_reproduces_the_view(add_submission):
    add_submission("CCA", [0.5], setting="fine-tuned")
    add_submission("CLIP", [0.6])
    page = words_of(opened(LEADERBOARD / "app.py", tab="Scene", setting="fine-tuned"))
    assert "CCA" in page
    assert "CLIP" not in page


def test_a_side_without_results_says_so(add_submission):
    add_submission("CCA", [0.5])
    app = opened(LEADERBOARD / "app.py", tab="Object")
    assert "No results on object-centric data" in app.info[0].value


def test_a_search_without_hits_says_so(add_submission):
    add_submission("CCA", [0.5])
    app = opened(LEADERBOARD / "app.py", tab="Scene", search="nothing like it")
    assert "No submission matches" in words_of(app)


def test_many_submissions_come_in_pages(add_submission):
    for number in range(101):
        add_submission(f"system {number:03d}", [0.2 + number / 250])
    assert "system 000" not in words_of(opened(LEADERBOARD / "app.py", tab="Scene"))
    assert "system 000" in words_of(opened(LEADERBOARD / "app.py", tab="Scene", page="2"))


def test_a_new_result_is_on_the_board_at_the_next_visit(add_submission):
    add_submission("early", [0.5])
    assert "newcomer" not in words_of(opened(LEADERBOARD / "app.py", tab="Scene"))
    add_submission("newcomer", [0.6])
    assert "newcomer" in words_of(opened(LEADERBOARD / "app.py", tab="Scene"))


def test_what_failed_is_counted_below_the_board(add_submission):
    add_submission("broken", [0.5], status=Status.FAILED, message="wrong")
    page = words_of(opened(LEADERBOARD / "app.py"))
    assert "Queue</a>: 1 failed" in page


def test_an_entry_shows_messages_and_provenance(add_submission):
    submission = add_submission("CCA", [0.5])
    app = opened(LEADERBOARD / "views/entry.py", id=str(submission))
    page = words_of(app)
    assert f"sha256:{b'toy-scene/test'.hex()}" in page
    assert "rematch score ./scores.npy --protocol toy-scene" in app.code[0].value


def test_an_entry_that_failed_shows_why(add_submission):
    submission = add_submission("CCA", [0.5], status=Status.FAILED, message="The file has 3 columns, expected 4.")
    assert "The file has 3 columns, expected 4." in words_of(opened(LEADERBOARD / "views/entry.py", id=str(submission)))


@pytest.mark.parametrize("name", ["nonsense", "1b4e28ba-2fa1-41d2-883f-0016d3cca427"])
def test_an_unknown_entry_says_so(name, database_ready):
    assert f"There is no submission with the id &#x27;{name}&#x27;" in words_of(
        opened(LEADERBOARD / "views/entry.py", id=name)
    )


def test_a_superseded_entry_links_to_the_newer_one(add_submission):
    newer = add_submission("CCA", [0.5])
    older = add_submission("CCA", [0.4], superseded_by=newer)
    assert f'href="entry?id={newer}"' in words_of(opened(LEADERBOARD / "views/entry.py", id=str(older)))


def test_an_unreachable_database_is_one_message(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("REMATCH_DATABASE_URL", f"sqlite:///{tmp_path}/file/rematch.db")
    app = opened(LEADERBOARD / "app.py")
    assert not app.exception
    assert "cannot be opened: its folder" in words_of(app)


def test_no_file_beside_the_entry_script_hides_a_dependency():
    # Streamlit puts the folder of its script first on the path of imports.
    beside = {path.stem for path in LEADERBOARD.iterdir() if path.suffix == ".py" or path.is_dir()} - {"__init__"}
    taken = sys.stdlib_module_names | set(packages_distributions())
    assert not beside & taken
