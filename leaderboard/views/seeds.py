"""Seeds: how far the runs of one system lie apart, beside how far systems do."""

from typing import Any

import streamlit as st

from evaluator.audit.seed_lists import SeedLists
from evaluator.protocol import RECALLS
from leaderboard import data, runs_data
from leaderboard.board_facts import last_scored
from leaderboard.board_runs import with_names
from leaderboard.choosing import choose, choose_size
from leaderboard.claimed import MEASURED, cited
from leaderboard.exports import board_facts
from leaderboard.finding import show_finding
from leaderboard.frame import empty, head, note, stated
from leaderboard.overview import board_label
from leaderboard.seed_chart import ENOUGH, strip_chart
from leaderboard.seed_strips import (
    RSUM,
    Runs,
    Strips,
    board_metrics,
    overlap_sentence,
    range_sentence,
    runs_in_source,
    runs_on_board,
    strips_of,
)
from leaderboard.seed_table import seed_columns
from splits.split import Direction

NO_RUNS = "No system of this board has two runs that differ. Hand in several: runs: with a seed each, in the manifest."
LEGEND = (
    f"A dot is one run, the upright bar their mean; from {ENOUGH} runs on the shape is their density. Systems stand in"
    " the order of their means."
)


def measured() -> tuple[Runs, str, dict[str, Any]]:
    """Let a viewer choose a board and a metric, and say where the numbers come from."""
    names = {board_label(board, BOARDS): board for board in BOARDS}
    with CONTROLS:
        board = names[choose("Board", list(names), key="board")]
        (runs,) = with_names(runs_data.board_runs(board))
        metric = choose("Metric", board_metrics(runs), key="metric", width=150)
    stated(board, last_scored(runs))
    return runs_on_board(runs, metric), metric, board_facts(board)


def claimed(source: str) -> tuple[Runs, str, dict[str, Any]]:
    """Let a viewer choose a dataset and a metric of a source, and say that these are claims."""
    lists = LISTS[source]
    grounds = list(dict.fromkeys(cell[0] for runs in lists.runs.values() for run in runs for cell in run))
    metrics = [RSUM, *(f"{direction.value} {recall}" for direction in Direction for recall in RECALLS)]
    with CONTROLS:
        ground = choose("Dataset", grounds, key="dataset")
        metric = choose("Metric", metrics, key="metric", width=150)
    note(
        f"† Claims, not measured here: {cited(SOURCES, source)} Under {ground}, as far as the source says; version,"
        " split and date of theirs are not stated. rsum adds up the six recalls of a run."
    )
    return runs_in_source(lists, ground, metric), metric, {"claims": source, "protocol": ground, "metric": metric}


def draw(found: Strips, facts: dict[str, Any], *, is_claimed: bool) -> None:
    """Draw the finding in words, the strips and their numbers."""
    if found.n_systems > len(found.table):
        note(f"The {len(found.table)} of {found.n_systems:,} systems with the highest means.")
    if found.n_single:
        note(f"{found.n_single:,} more {'system has' if found.n_single == 1 else 'systems have'} one run only.")
    show_finding(
        "seeds",
        f"Runs under several seeds, {found.metric}",
        range_sentence(found),
        strip_chart(found, claimed=is_claimed),
        rows=found.table,
        columns=seed_columns(found.metric, claimed=is_claimed),
        facts={**facts, "metric": found.metric},
        more=overlap_sentence(found),
    )
    note(LEGEND)


head("Seeds", "Is the gap between two systems larger than what another seed changes?")
BOARDS = data.boards()
SOURCES = runs_data.claim_sources()
LISTS = {one.source.name: lists for one in SOURCES if (lists := SeedLists.of(one.claims)).runs}
if not BOARDS:
    empty("Nothing is measured here yet. Until then you see what a source lists. The demo runs seeds:", "rematch demo")
CONTROLS = st.container(horizontal=True, vertical_alignment="bottom")
offered = [MEASURED, *LISTS] if BOARDS else list(LISTS)
with CONTROLS:
    source = choose("Source", offered, key="source")
values, metric, facts = measured() if source == MEASURED else claimed(source)
n_several = sum(len(own) > 1 for own in values.values())
with CONTROLS:
    size = choose_size(n_several, key="most")
strips = strips_of(values, metric, most=size)
if strips:
    draw(strips, facts, is_claimed=source != MEASURED)
else:
    empty(NO_RUNS, "rematch submit manifest.yaml")
