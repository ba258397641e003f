"""Scene against object: does the order of the systems, and how much of their score, carry over?"""

from typing import Any

import streamlit as st

from leaderboard import data, runs_data
from leaderboard.board_facts import last_scored
from leaderboard.choosing import choose, choose_size
from leaderboard.claimed import MEASURED, cited, claim_lists, grounds_of, with_both_sides
from leaderboard.exports import board_facts
from leaderboard.finding import say, show_finding
from leaderboard.frame import empty, head, note, stated
from leaderboard.overview import board_label
from leaderboard.transfer import Side, Transfer, fullest_pair, transfer_between
from leaderboard.transfer_charts import drop_chart, scatter_chart, slope_chart
from leaderboard.transfer_table import drop_columns, place_columns, value_columns
from leaderboard.transfer_text import agreement_sentence, drop_sentence, meaning, places_sentence, values_sentence
from splits.split import Centricity

NOTHING = "No system has results on a scene-centric and on an object-centric board yet."
NOT_SHARED = (
    "These two share {n} system with rsum, and an order needs two. Choose another board, or name both protocols in the"
    " manifest of a system:"
)
SCENE, OBJECT = (side.value for side in Centricity)


def measured_sides() -> tuple[Side, Side, dict[str, Any]]:
    """Let a viewer choose two boards, say where their numbers come from, and read them."""
    usual = fullest_pair(data.side_by_side())
    with CONTROLS:
        chosen = [
            sides[choose(f"{name.capitalize()} board", list(sides), key=name, usual=first)]
            for (name, sides), first in zip(BOARDS.items(), usual, strict=True)
        ]
    for board in chosen:
        stated(board, last_scored(runs_data.board_runs(board)))
    first, second = runs_data.board_sides({board_label(board, KNOWN): board for board in chosen})
    return first, second, {board.centricity: board_facts(board) for board in chosen}


def claimed_sides(source: str) -> tuple[Side, Side, dict[str, Any]]:
    """Let a viewer choose two datasets of a source, and say that these are claims."""
    levels = CLAIMED[source]
    with CONTROLS:
        scene, object_ = (
            choose(f"{side.value.capitalize()} dataset", grounds_of(levels, side), key=side.value)
            for side in Centricity
        )
    note(
        f"† Claims, not measured here: {cited(SOURCES, source)} rsum adds up the six recalls as printed. The protocol"
        " is ours that measures the same; version, split and date of theirs are not stated."
    )
    facts = {"claims": source, SCENE: scene, OBJECT: object_}
    return Side(scene, levels[scene], {}), Side(object_, levels[object_], {}), facts


def draw(found: Transfer, facts: dict[str, Any], *, claimed: bool) -> None:
    """Draw the answer in words, then three pictures, each with its numbers."""
    if found.n_common > len(found.table):
        note(
            f"The {len(found.table)} best of {found.n_common:,} systems by the mean of both places. Tau is of these"
            " only; it tends to be lower among systems that lie close together."
        )
    say(agreement_sentence(found), meaning(found))
    table, names = found.table, (found.scene, found.object)
    shared: dict[str, Any] = {"rows": table, "facts": facts}
    places = place_columns(found)
    show_finding(
        "scene-object-places", "Places", places_sentence(table), slope_chart(table, names), columns=places, **shared
    )
    values = value_columns(found, claimed=claimed)
    show_finding(
        "scene-object-rsum", "Values", values_sentence(found), scatter_chart(table, names), columns=values, **shared
    )
    lost = drop_columns(claimed=claimed)
    show_finding("scene-object-drop", "What is lost", drop_sentence(table), drop_chart(table), columns=lost, **shared)


head("Scene vs object", "Is a system that is better on scenes of many things better on single objects too?")
KNOWN = data.boards()
BOARDS = {
    side.value: {board_label(board, KNOWN): board for board in KNOWN if board.centricity == side.value}
    for side in Centricity
}
SOURCES = runs_data.claim_sources()
CLAIMED = with_both_sides(claim_lists(SOURCES))
offered = [MEASURED, *CLAIMED] if all(BOARDS.values()) else list(CLAIMED)
if not all(BOARDS.values()):
    empty(f"{NOTHING} Until then you see what a paper states. The demo makes two such boards:", "rematch demo")
if offered:
    CONTROLS = st.container(horizontal=True, vertical_alignment="bottom")
    with CONTROLS:
        source = choose("Source", offered, key="source")
    scene, object_, facts = measured_sides() if source == MEASURED else claimed_sides(source)
    n_shared = len(scene.values.keys() & object_.values.keys())
    with CONTROLS:
        size = choose_size(n_shared, key="most")
    found = transfer_between(scene, object_, most=size)
    if found:
        draw(found, facts, claimed=source != MEASURED)
    else:
        empty(NOT_SHARED.format(n=n_shared or "no"), "rematch submit manifest.yaml")
