"""Badges, heads and numbers explain themselves in the words of the reference page."""

from pathlib import Path

import pytest

from leaderboard.badge_words import EXPLANATIONS, explanation
from leaderboard.board_columns import ABOUT, MEANINGS, in_words, meaning
from leaderboard.board_facts import TRAITS
from leaderboard.components import badges

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "board.md").read_text()


@pytest.mark.parametrize(("start", "words"), EXPLANATIONS.items())
def test_a_badge_says_what_the_reference_page_says(start, words):
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| {start}")]
    assert [row.split(" | ")[1].removesuffix(" |") for row in rows if row.count("|") == 3] == [words]


def test_a_badge_explains_itself_when_pointed_at():
    assert 'title="The file answers only i2t or only t2i."' in badges(["one direction"])
    assert explanation("ties 9.5 %").startswith("So many queries tie")
    assert explanation("incomplete: 1 of 2 runs").endswith("says which.")


def test_a_badge_of_a_later_version_has_no_words():
    assert badges(["something new"]) == '<span class="badge">something new</span>'


def test_every_fact_has_a_head_and_a_meaning():
    assert tuple(ABOUT) == TRAITS == tuple(MEANINGS)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("parameters", 151_277_313, "151M"),
        ("parameters", 999_600_000, "1B"),
        ("parameters", 12, "12"),
        ("pretraining_pairs", float("nan"), "–"),
        ("pretraining_data", ("CC", "SBU"), "CC, SBU"),
        ("pretraining_data", (), "none"),
        ("pretraining_data", None, "–"),
        ("hard_negatives", True, "yes"),
        ("evidence", "run here", "run here"),
    ],
)
def test_a_fact_is_shown_in_words(column, value, words):
    assert in_words(column, value) == words


def test_the_head_of_a_number_says_what_it_is():
    assert meaning("i2t R@5") == "Share of queries with at least one relevant candidate in the first 5."
    assert meaning("rsum") == "The sum of R@1, R@5 and R@10 over both directions."
    assert meaning("i2t of a later version") == ""
