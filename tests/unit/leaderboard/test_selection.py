"""Filters leave out what they say, orders are the ones that a hand would make, and words say which filters are on."""

import pandas as pd
import pytest

from leaderboard.selection import Selection, data_names, interaction_names, orders, select_rows
from leaderboard.selection_words import filter_words

ROWS = {
    # rank, parameters, pre-training data, interaction, evidence, verified, R@1, MedR
    "a": (1, 151_000_000, ("CC", "SBU"), "dual-encoder", "run here", True, 0.6, 3.0),
    "B": (2, None, None, None, "rescored", False, 0.5, 2.0),
    "c": (2, 67_000_000, (), "cross-encoder", "ranks only", False, 0.4, 4.0),
    "d": (None, 430_000_000, ("CC",), "dual-encoder", "rescored", True, None, None),
}


@pytest.fixture
def table():
    names = ["rank", "parameters", "pretraining_data", "interaction", "evidence", "verified", "t2i R@1", "i2t MedR"]
    made = pd.DataFrame(list(ROWS.values()), columns=names).assign(
        system=list(ROWS),
        submitter="a group",
        setting=["zero-shot", "fine-tuned", "zero-shot", "zero-shot"],
        badges=[()] * 4,
        created=pd.date_range("2026-01-01", periods=4, tz="UTC"),
    )
    made[["t2i R@1 std", "i2t MedR std"]] = float("nan")
    return made.astype({"rank": "Int64", "parameters": "Int64"})


def systems(table, **chosen):
    return "".join(select_rows(table, Selection(**chosen))["system"])


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        ({}, "aBcd"),
        ({"setting": "zero-shot"}, "acd"),
        ({"largest": 151}, "ac"),
        ({"smallest": 67.1}, "ad"),
        ({"smallest": 67, "largest": 151}, "ac"),
        ({"data": ("SBU",)}, "a"),
        ({"data": ("CC", "SBU")}, "ad"),
        ({"data": ("none",)}, "c"),
        ({"data": ("not stated", "none")}, "Bc"),
        ({"interactions": ("dual-encoder",)}, "ad"),
        ({"interactions": ("not stated", "cross-encoder")}, "Bc"),
        ({"evidence": ("rescored", "ranks only")}, "Bcd"),
        ({"is_verified": True}, "ad"),
        ({"is_verified": True, "largest": 200, "words": "GROUP a"}, "a"),
        ({"data": ("nothing like it",)}, ""),
    ],
    ids=str,
)
def test_a_filter_leaves_what_it_says(table, chosen, left):
    assert systems(table, **chosen) == left


@pytest.mark.parametrize(
    ("order", "forward", "backward"),
    [
        ("rank", "aBcd", "cBad"),
        ("system", "aBcd", "dcBa"),
        ("newest", "dcBa", "aBcd"),
        ("parameters", "dacB", "cadB"),
        ("t2i R@1", "aBcd", "cBad"),
        ("i2t MedR", "Bacd", "caBd"),
        ("evidence", "cBda", "aBdc"),
        ("a column that is not there", "aBcd", "aBcd"),
    ],
)
def test_rows_are_sorted_both_ways_and_what_has_no_value_stays_last(table, order, forward, backward):
    assert systems(table, order=order) == forward
    assert systems(table, order=order, is_reversed=True) == backward


def test_a_board_can_be_sorted_by_what_it_measures(table):
    assert orders(table)[:4] == ("rank", "t2i R@1", "i2t MedR", "newest")


def test_only_what_is_on_the_board_can_be_filtered_by(table):
    assert data_names(table) == ["CC", "SBU", "none", "not stated"]
    assert interaction_names(table) == ["cross-encoder", "dual-encoder", "not stated"]
    known = table[table["system"] == "a"]
    assert (data_names(known), interaction_names(known)) == (["CC", "SBU"], ["dual-encoder"])


def test_a_filter_of_an_empty_board_is_no_fault(table):
    assert select_rows(table.iloc[:0], Selection(data=("CC",), words="x", largest=3)).empty


def test_every_filter_is_said_in_words():
    everything = Selection(
        setting="zero-shot",
        words=" net ",
        smallest=1.5,
        largest=200,
        data=("CC", "none"),
        interactions=("dual-encoder",),
        evidence=("rescored",),
        is_verified=True,
    )
    assert filter_words(everything) == [
        "zero-shot",
        'search "net"',
        "1.5 to 200 M parameters",
        "pre-trained on CC or none",
        "interaction dual-encoder",
        "evidence rescored",
        "verified",
    ]
    assert filter_words(Selection(smallest=7)) == ["from 7 M parameters"]
    assert filter_words(Selection(words="  ", order="system", is_reversed=True)) == []
