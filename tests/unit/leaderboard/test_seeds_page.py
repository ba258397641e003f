"""The page of seeds: empty, with a board, with what a source lists, and with more systems than a picture holds."""

from tests.unit.leaderboard.app_pages import LEADERBOARD, shown


def opened(**parameters):
    return shown(LEADERBOARD / "views/seeds.py", **parameters)


def test_an_empty_page_shows_what_a_source_lists_and_what_to_do(database_ready):
    app, page = opened()
    assert app.code[0].value == "rematch demo"
    assert app.selectbox(key="source").value == "rao2022-ten-seeds"
    assert "† Claims, not measured here: Rao" in page
    assert page.count('<th scope="row">') == 8


def test_a_board_shows_its_runs_with_its_source(add_submission):
    add_submission("CCA", [0.5, 0.52])
    add_submission("CLIP", [0.49, 0.515])
    add_submission("one run", [0.3])
    app, page = opened(metric="i2t R@1")
    assert "toy-scene version 1 on toy-scene/test" in page
    # CCA has 51.0 in the mean and CLIP 50.25.
    assert "The range of CCA over its 2 runs, 2.0 points, exceeds its gap of 0.8 to CLIP" in page
    assert "1 more system has one run only." in page
    assert app.selectbox(key="metric").value == "i2t R@1"
    assert "†</td>" not in page


def test_a_board_of_single_runs_says_what_to_do(add_submission):
    add_submission("CCA", [0.5])
    app, page = opened()
    assert "No system of this board has two runs that differ." in page
    assert app.code[0].value == "rematch submit manifest.yaml"


def test_a_stale_address_falls_back_with_a_sentence(add_submission):
    add_submission("CCA", [0.5, 0.52])
    _, page = opened(board="gone", metric="R@7")
    assert "Board &#x27;gone&#x27; of the address is not here any more: toy-scene is shown." in page
    assert "Metric &#x27;R@7&#x27; of the address is not here any more: rsum is shown." in page


def test_of_many_systems_the_best_are_shown(add_submission):
    for number in range(22):
        add_submission(f"system {number:02d}", [0.2 + number / 50, 0.205 + number / 50])
    _, page = opened()
    assert "The 20 of 22 systems with the highest means." in page
    assert "system 01" not in page
    assert "system 02" in page
