"""Every page runs, empty and full, and shows what is stored."""

import re
import sys
from datetime import UTC, datetime
from html import escape
from importlib.metadata import packages_distributions

import pytest

from submissions.tables import Status
from tests.unit.leaderboard.app_pages import LEADERBOARD, opened, words_of

VIEWS = sorted(path for path in (LEADERBOARD / "views").glob("*.py") if path.stem != "__init__")


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


def scene(**parameters):
    app = opened(LEADERBOARD / "app.py", tab="Scene", **parameters)
    assert not app.exception
    return app


def shown_systems(app):
    return re.findall(r'<th scope="row" class="name"><a [^>]*>([^<]*)</a>', words_of(app))


@pytest.fixture
def three_systems(add_submission):
    small = {"parameters": 67_000_000, "pretraining_data": [], "interaction": "dual-encoder"}
    large = {"parameters": 428_000_000, "pretraining_data": ["LAION-400M"], "interaction": "dual-encoder"}
    first, third = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    add_submission("large", [0.6], traits=large, protocol="flickr30k-1k", created_at=third)
    add_submission("small", [0.5], traits=small, protocol="flickr30k-1k", created_at=first)
    add_submission("silent", [0.4], protocol="flickr30k-1k", created_at=first, badges=[["evidence only"]])


def test_filters_are_in_the_address_said_and_cleared(three_systems):
    address = {"parameters-to": "100", "interaction": "dual-encoder", "pretraining": "none", "evidence": "rescored"}
    app = scene(**address)
    assert shown_systems(app) == ["small"]
    said = app.markdown[0].value.replace("\\", "")
    assert "1 of 3 submissions" in said
    assert "up to 100 M parameters · pre-trained on none · interaction dual-encoder · evidence rescored" in said
    app.button(key="clear").click().run()
    assert shown_systems(app) == ["large", "small", "silent"]
    assert not app.query_params.keys() & address.keys()


def test_the_order_is_in_the_address_both_ways_and_ranks_stay(three_systems):
    assert shown_systems(scene(order="parameters")) == ["large", "small", "silent"]
    app = scene(order="parameters", reverse="true")
    assert shown_systems(app) == ["small", "large", "silent"]
    assert re.findall(r'class="rank">(\d)', words_of(app)) == ["2", "1", "3"]


@pytest.mark.parametrize(
    ("order", "first", "then"),
    [
        ("rank", "ascending", "descending"),
        ("system", "ascending", "descending"),
        ("i2t R@1", "descending", "ascending"),
        ("i2t MedR", "ascending", "descending"),
        ("seeds", "descending", "ascending"),
    ],
)
def test_what_rows_are_sorted_by_is_said_to_those_who_do_not_see_it(three_systems, order, first, then):
    for reverse, way in (("false", first), ("true", then)):
        page = words_of(scene(order=order, reverse=reverse, numbers=["i2t R@1", "i2t MedR"]))
        [(said, words)] = re.findall(r'<th[^>]*aria-sort="(\w+)"[^>]*>.*?>([^<]*)</a>', page)
        assert said == way
        assert words.split()[-1] == ("▲" if way == "ascending" else "▼")
        assert words.split()[0].lower() in order.lower()


def test_controls_that_are_folded_away_are_drawn_where_they_say_something(three_systems):
    keys = [one.key for one in scene().multiselect]
    assert "pretraining" not in keys
    assert "numbers" not in keys
    assert "pretraining" in [one.key for one in scene(pretraining="none").multiselect]
    app = scene(numbers="t2i R@5")
    assert [one.value for one in app.multiselect if one.key == "numbers"] == [["t2i R@5"]]


def test_columns_are_chosen_in_the_address(three_systems):
    page = words_of(scene(numbers="t2i R@5", about=["Interaction", "Parameters"]))
    assert "428M" in page
    assert '<td class="words">dual-encoder</td>' in page
    assert re.findall(r'<th[^>]*scope="col"[^>]*><a [^>]*>([^<]*)</a>', page) == [
        "Rank ▲", "System", "Seeds", "Parameters", "Interaction", "R@5",
    ]  # fmt: skip


def test_the_board_of_an_earlier_day_is_shown_and_said(three_systems):
    app = scene(**{"as-of": "2026-03-02"})
    assert shown_systems(app) == ["small", "silent"]
    assert "as of the end of 2026-03-02 UTC" in words_of(app)
    assert "large" not in words_of(opened(LEADERBOARD / "app.py", **{"as-of": "2026-03-02"}))


@pytest.mark.parametrize("tab", ["All", "Scene"])
def test_a_day_before_everything_says_so_and_can_be_left(three_systems, tab):
    app = opened(LEADERBOARD / "app.py", tab=tab, **{"as-of": "2026-02-01"})
    assert not app.exception
    assert "Nothing was here by the end of 2026-02-01" in words_of(app)
    app.date_input(key="as-of").set_value(None).run()
    assert "silent" in words_of(app)


def test_numbers_from_papers_are_shown_on_request(three_systems):
    assert "†" not in words_of(scene())
    page = words_of(scene(claims="true", search="vilbert"))
    assert "58.2†" in page
    assert "Rao et al. 2022" in page


def test_papers_that_say_nothing_of_a_protocol_are_said_to_do_so(add_submission):
    add_submission("CCA", [0.5])
    assert "No paper that is known here prints numbers" in words_of(scene(claims="true"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("setting", "zeroshot"),
        ("order", "nonsense"),
        ("numbers", "i2t R@77"),
        ("about", "weight"),
        ("interaction", "telepathy"),
        ("evidence", "hearsay"),
        ("pretraining", "<b>"),
        ("scene-protocol", "gone"),
    ],
)
def test_a_stale_value_of_the_address_is_left_out_and_said(three_systems, key, value):
    app = scene(**{key: value})
    assert f"{escape(repr(value))} here, as the address asks for. It is left out." in words_of(app)
    assert shown_systems(app) == ["large", "small", "silent"]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("as-of", "yesterday", "a day as YYYY-MM-DD from 2000-01-01 to 2199-12-31"),
        ("as-of", "9999-12-31", "a day as YYYY-MM-DD from 2000-01-01 to 2199-12-31"),
        ("parameters-to", "many", "a number of millions from 0"),
        ("parameters-from", "nan", "a number of millions from 0"),
    ],
)
def test_what_cannot_be_read_in_the_address_is_left_out_and_said(three_systems, key, value, expected):
    app = scene(**{key: value})
    assert escape(f"The address says {key}={value!r}; expected {expected}. It is left out.") in words_of(app)
    assert shown_systems(app) == ["large", "small", "silent"]


def test_the_tab_of_classes_says_that_there_is_no_such_protocol(three_systems):
    app = opened(LEADERBOARD / "app.py", tab="Class-level")
    assert not app.exception
    assert "No class-level protocol yet" in words_of(app)


def test_a_side_without_results_says_so(add_submission):
    add_submission("CCA", [0.5])
    app = opened(LEADERBOARD / "app.py", tab="Object")
    assert "No results on object-centric data" in words_of(app)


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
