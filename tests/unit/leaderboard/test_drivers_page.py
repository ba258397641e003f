"""The page of what goes with a higher R@1: empty, with a board, with claims, and with many systems."""

import pytest

from tests.unit.leaderboard.app_pages import LEADERBOARD, shown


def opened(**parameters):
    return shown(LEADERBOARD / "views/drivers.py", **parameters)


def test_an_empty_page_shows_what_rao_states_and_what_to_do(database_ready):
    app, page = opened()
    assert app.code[0].value == "rematch demo"
    assert app.selectbox(key="source").value == "rao2022"
    assert "† Claims, not measured here, drawn hollow: Rao" in page
    assert "Over 14 points Kendall&#x27;s tau of parameters and i2t R@1 is" in page
    assert "This is observation and not cause" in page
    assert "76.8†" in page


@pytest.mark.parametrize(
    ("against", "words"),
    [
        ("pre-training", "no pre-training"),
        ("interaction", "a: within each modality"),
        ("hard negatives", "With hard negatives i2t R@1 is higher in"),
    ],
)
def test_every_question_is_asked_of_claims(database_ready, against, words):
    _, page = opened(against=against)
    assert words in page


@pytest.fixture
def board(add_submission):
    for number in range(6):
        add_submission(f"system {number}", [0.2 + number / 20], traits={
            "parameters": 10**6 * (number + 1), "pretraining_data": ["CC"], "pretraining_pairs": 10**6 * (7 - number),
            "interaction": "dual-encoder" if number % 2 else "cross-encoder", "hard_negatives": number > 2,
        })  # fmt: skip


def test_a_board_is_shown_with_its_source(board):
    _, page = opened()
    assert "toy-scene version 1 on toy-scene/test" in page
    assert "Over 6 points Kendall&#x27;s tau of parameters and i2t R@1 is 1.00: every two points" in page
    assert "†</td>" not in page
    assert "Over 6 points Kendall&#x27;s tau of pre-training and i2t R@1 is -1.00" in opened(against="pre-training")[1]
    # 20, 30, 40 and 25, 35, 45 are the values of the two; 35, 40, 45 those with hard negatives.
    groups = opened(against="interaction")[1]
    assert "dual-encoder 35.0 (n = 3), cross-encoder 30.0 (n = 3)" in groups
    trained = opened(against="hard negatives")[1]
    assert "with hard negatives 40.0 (n = 3), without hard negatives 25.0 (n = 3)" in trained


def test_a_board_whose_manifests_say_nothing_says_what_to_do(add_submission):
    add_submission("CCA", [0.5])
    app, page = opened()
    assert "No system shown here says this of itself." in page
    assert app.code[0].value == "rematch submit manifest.yaml"


def test_a_stale_address_falls_back_with_a_sentence(board):
    _, page = opened(against="moon", source="nobody")
    assert "Against &#x27;moon&#x27; of the address is not here any more: parameters is shown." in page
