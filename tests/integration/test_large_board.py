"""Every page over two boards of 2,000 systems: it shows a part that a browser takes in, and no more."""

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from benchmarks.board_rows import OBJECTS, SCENES, fill
from leaderboard.board_table import ROWS_PER_PAGE
from submissions import database
from submissions.tables import Submission
from tests.unit.leaderboard.app_pages import LEADERBOARD, words_of

N_SYSTEMS = 2000
SECONDS = 240
HTML_MB = 0.4
"""The board itself has the most: a hundred rows with all that is said of them."""
PICTURE_MB = 1.5


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def ids(home) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMATCH_HOME", str(home))
        patch.delenv("REMATCH_DATABASE_URL", raising=False)
        database.migrate()
        with database.session() as session:
            fill(session, n_systems=N_SYSTEMS, n_seeds=2, grounds=(SCENES, OBJECTS))
        with database.session() as session:
            found = [str(one) for one in session.exec(select(Submission.id).order_by(Submission.system).limit(5))]
        database.forget_connections()
    return found


@pytest.fixture
def app(home, ids, monkeypatch) -> AppTest:
    monkeypatch.setenv("REMATCH_HOME", str(home))
    monkeypatch.delenv("REMATCH_DATABASE_URL", raising=False)
    yield AppTest.from_file(str(LEADERBOARD / "app.py"), default_timeout=SECONDS)
    database.forget_connections()


def shown(app: AppTest, name: str = "board", **address: str) -> str:
    app.run()
    for key, value in address.items():
        app.query_params[key] = value
    if name != "board":
        app.switch_page(f"views/{name}.py")
    app.run()
    assert not app.exception
    page = words_of(app)
    assert len(page) < HTML_MB * 2**20
    assert 'role="alert"' not in page
    for chart in app.get("vega_lite_chart"):
        assert len(chart.proto.spec) + sum(len(one.data.data) for one in chart.proto.datasets) < PICTURE_MB * 2**20
    return page


@pytest.mark.parametrize("show", ["rsum", "R@1", "as papers print them"])
def test_all_boards_beside_each_other_come_in_pages(app, show):
    assert shown(app, show=show).count('<th scope="row" class="name">') == ROWS_PER_PAGE


@pytest.mark.parametrize("tab", ["Scene", "Object"])
def test_a_board_comes_in_pages(app, tab):
    page = shown(app, tab=tab)
    assert page.count('<td class="rank">') == ROWS_PER_PAGE
    assert "2,000 submissions" in page


def test_a_filter_leaves_what_it_says(app):
    page = shown(app, tab="Scene", interaction="re-ranking", **{"parameters-to": "100"})
    assert page.count('<td class="rank">') == ROWS_PER_PAGE
    assert "of 2,000 submissions" in app.markdown[0].value


def test_places_on_scenes_and_objects_are_drawn_of_the_best(app):
    page = shown(app, "scene_object")
    assert "of 2,000 systems by the mean of both places" in page


def test_seeds_are_drawn_of_the_best(app):
    assert "of 2,000 systems with the highest means" in shown(app, "seeds")


@pytest.mark.parametrize("against", ["parameters", "pre-training", "interaction", "hard negatives"])
def test_what_drives_it_is_drawn_of_all_that_say_what_they_are(app, against):
    page = shown(app, "drivers", against=against)
    assert "1,333" in page
    assert len(app.get("vega_lite_chart")) == 1


def test_five_systems_are_compared(app, ids):
    page = shown(app, "compare", ids=",".join(ids))
    assert page.count("system 000") > 10


def test_a_submission_among_thousands(app, ids):
    page = shown(app, "entry", id=ids[0])
    assert "system 0000" in page
    assert "of 2,000" in page


@pytest.mark.parametrize("name", ["audit", "queue", "about", "submit"])
def test_the_other_pages_stay_as_small(app, name):
    shown(app, name)


def test_the_queue_of_a_day_of_thousands_is_cut(app):
    page = shown(app, "queue")
    assert page.count("<tr>") < 120
    assert "done in 24 hours" in page
