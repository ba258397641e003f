"""What drives it: R@1 beside size, pre-training, interaction of the modalities, and hard negatives."""

from typing import Any

import pandas as pd
import streamlit as st

from evaluator.audit.claim import Kind
from leaderboard import data, runs_data
from leaderboard.board_facts import last_scored
from leaderboard.choosing import choose
from leaderboard.claimed import MEASURED, cited
from leaderboard.driver_charts import gain_chart, group_chart, size_chart
from leaderboard.driver_table import gain_columns, point_columns
from leaderboard.driver_text import (
    CAUTION,
    CAUTION_PAIRS,
    MOST_GROUPS,
    association_sentence,
    gain_sentence,
    group_means,
    group_sentence,
)
from leaderboard.drivers import ablated_pairs, association, claimed_points, column_of, measured_points
from leaderboard.exports import board_facts
from leaderboard.finding import show_finding
from leaderboard.frame import empty, head, note, stated
from leaderboard.overview import board_label
from submissions.system_facts import every_systems_file

METRICS = ("i2t R@1", "t2i R@1")
AGAINST = ("parameters", "pre-training", "interaction", "hard negatives")
UNKNOWN = "No system shown here says this of itself. Say it in the manifest, under traits, and submit:"
TITLES = {"parameters": "Parameters", "pairs": "Pairs of image and text in pre-training"}


def measured() -> tuple[pd.DataFrame, dict[str, Any]]:
    """Let a viewer choose a board, say where its numbers come from, and read its systems."""
    names = {board_label(board, BOARDS): board for board in BOARDS}
    with CONTROLS:
        board = names[choose("Board", list(names), key="board")]
    table = data.board_table(board)
    stated(board, last_scored(table))
    return measured_points(table, METRIC), board_facts(board)


def claimed(name: str) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Let a viewer choose what of a source to see, and say that these are claims."""
    claims = next(one.claims for one in SOURCES if one.source.name == name)
    grounds = sorted({claim.ground for claim in claims if claim.ground})
    with CONTROLS:
        ground = choose("Dataset", grounds, key="dataset", usual="flickr30k-1k", width=180)
        kind = choose("Kind", [Kind.REPRODUCED.value, Kind.REPORTED.value], key="kind", width=150)
    note(
        f"† Claims, not measured here, drawn hollow: {cited(SOURCES, name)} Under {ground}, as far as the source"
        " says; version, split and date of theirs are not stated."
    )
    points = claimed_points(claims, FACTS[name], ground=ground, kind=Kind(kind), metric=METRIC)
    facts = {"claims": name, "protocol": ground, "kind": kind}
    return points, ablated_pairs(claims, ground=ground, metric=METRIC), facts


def draw_size(points: pd.DataFrame, column: str, words: str) -> None:
    """Draw R@1 against a number."""
    known = points[points[column] > 0]
    sentence = association_sentence(association(known, column), words, METRIC)
    chart = size_chart(known, column, TITLES[column], METRIC, claimed=IS_CLAIMED)
    shared: dict[str, Any] = {"rows": known, "columns": COLUMNS, "facts": facts, "more": CAUTION}
    show_finding(f"drivers-{column}", TITLES[column], sentence, chart, **shared)


def draw_groups(points: pd.DataFrame, column: str) -> None:
    """Draw R@1 by group."""
    groups = group_means(points, column)
    known = points[points[column].isin(groups["group"])]
    sentence = f"{len(known):,} points. {group_sentence(groups, METRIC)}"
    chart = group_chart(known, column, groups["group"].tolist(), METRIC, claimed=IS_CLAIMED)
    shared: dict[str, Any] = {"rows": known, "columns": COLUMNS, "facts": facts, "more": CAUTION}
    show_finding(f"drivers-{column.replace(' ', '-')}", f"By {against}", sentence, chart, **shared)
    note(f"A dot is one system, the upright bar the mean of its group; the {MOST_GROUPS} largest groups at most.")


def draw_pairs(pairs: pd.DataFrame) -> None:
    """Draw what the same systems have with and without hard negatives."""
    shared: dict[str, Any] = {"rows": pairs, "columns": gain_columns(METRIC), "facts": facts, "more": CAUTION_PAIRS}
    sentence, chart = gain_sentence(pairs, METRIC), gain_chart(pairs, METRIC)
    show_finding("drivers-hard-negatives", "With and without hard negatives", sentence, chart, **shared)


head("What drives it", "What do systems with a higher R@1 have in common?")
BOARDS = [board for board, table in data.board_tables(data.boards()).items() if set(METRICS) <= set(table)]
SOURCES = runs_data.claim_sources()
FACTS = {one.source: one for one in every_systems_file()}
if not BOARDS:
    empty("Nothing is measured here yet. Until then you see what a source states. To begin:", "rematch demo")
CONTROLS = st.container(horizontal=True, vertical_alignment="bottom")
with CONTROLS:
    source = choose("Source", [MEASURED, *FACTS] if BOARDS else list(FACTS), key="source", width=180)
    against = choose("Against", AGAINST, key="against", width=170)
    METRIC = choose("Metric", METRICS, key="metric", width=130)
IS_CLAIMED = source != MEASURED
pairs = pd.DataFrame()
if IS_CLAIMED:
    points, pairs, facts = claimed(source)
else:
    points, facts = measured()
facts["metric"] = METRIC
COLUMNS = point_columns(METRIC, claimed=IS_CLAIMED)
column = column_of(points, against)
if against == "hard negatives" and len(pairs):
    draw_pairs(pairs)
elif not points[column].notna().any():
    empty(UNKNOWN, "rematch submit manifest.yaml")
elif column in TITLES:
    draw_size(points, column, against)
else:
    draw_groups(points, column)
