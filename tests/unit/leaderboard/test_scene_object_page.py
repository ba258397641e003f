"""The page of scenes against objects: empty, with boards, with claims, and with more systems than a picture holds."""

import pytest

from tests.unit.leaderboard.app_pages import LEADERBOARD, shown

OBJECT = {"protocol": "toy-object", "split": "toy-object/test", "centricity": "object"}


def opened(**parameters):
    return shown(LEADERBOARD / "views/scene_object.py", **parameters)


@pytest.fixture
def two_boards(add_submission):
    for system, scene, thing in (("CCA", 0.5, 0.1), ("CLIP", 0.4, 0.2), ("VSE", 0.3, 0.05)):
        add_submission(system, [scene, scene + 0.002, scene + 0.004])
        add_submission(system, [thing, thing + 0.002, thing + 0.004], **OBJECT)


def test_an_empty_page_shows_claims_marked_as_such_and_what_to_do(database_ready):
    app, page = opened()
    assert app.code[0].value == "rematch demo"
    assert "No system has results on a scene-centric and on an object-centric board yet." in page
    assert "† Claims, not measured here: Hendriksen" in page
    assert "X-VLM" in page
    assert "†</td>" in page


def test_two_boards_are_compared_with_their_sources(two_boards):
    app, page = opened()
    assert app.selectbox(key="scene").value == "toy-scene"
    assert "toy-scene version 1 on toy-scene/test" in page
    assert "toy-object version 1 on toy-object/test" in page
    assert "Kendall&#x27;s tau 0.33" in page
    assert "2 of 3 pairs of systems keep their order from toy-scene to toy-object, 1 changes it" in page
    assert "The order on scenes does not hold on objects." in page
    assert "†</td>" not in page
    assert len(app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")) == 3


def test_a_link_chooses_claims(two_boards):
    app, page = opened(source="hendriksen2023-logs, reproduced", object="abo")
    assert app.selectbox(key="object").value == "abo"
    assert "† Claims" in page


def test_a_stale_address_falls_back_with_a_sentence(two_boards):
    app, page = opened(scene="gone", source="<b>nobody</b>")
    assert app.selectbox(key="scene").value == "toy-scene"
    assert "Scene board &#x27;gone&#x27; of the address is not here any more: toy-scene is shown." in page
    assert "<b>nobody" not in page


def test_boards_that_share_one_system_say_what_to_do(add_submission):
    add_submission("CCA", [0.5])
    add_submission("CCA", [0.2], **OBJECT)
    app, page = opened()
    assert "These two share 1 system with rsum" in page
    assert app.code[0].value == "rematch submit manifest.yaml"


def test_of_many_systems_the_best_are_shown(add_submission):
    for number in range(24):
        add_submission(f"system {number:02d}", [0.2 + number / 50])
        add_submission(f"system {number:02d}", [0.1 + number / 60], **OBJECT)
    _, page = opened()
    assert "The 20 best of 24 systems" in page
    assert "system 03" not in page
    assert "system 04" in page
    _, page = opened(most="40")
    assert "system 00" in page
