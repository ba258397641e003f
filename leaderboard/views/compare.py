"""Two to five systems of one board against each other."""

import streamlit as st

from leaderboard import compare_data, compare_exports, data
from leaderboard.compare_charts import ranks_alt, ranks_chart
from leaderboard.compare_choice import Choice, asked_ids, board_of, first_choice, refused
from leaderboard.compare_pictures import cards_html, most_different
from leaderboard.compare_query_tables import QUERIES, bands_html, disagreement_html, faced_html
from leaderboard.compare_tables import measures_html, pairs_html, tallies_words
from leaderboard.comparison import FEWEST, MOST, Comparison, draws_captions, labels_of
from leaderboard.frame import downloads, empty, head, note, picture, stated
from leaderboard.overview import board_label
from splits.content import Content
from splits.split import Direction
from submissions.board_query import BoardKey

N_QUERIES = 8


def choose() -> Choice | None:
    """Let somebody choose a board and systems on it; what the address names comes first."""
    known = data.boards()
    if not known:
        empty("There are no results yet, so there is nothing to compare.", "rematch demo")
        return None
    tables = {board_label(board, known): board for board in known}
    wanted = asked_ids(st.query_params.get("ids", ""))
    names = list(tables)
    if (first := st.query_params.get("board", "")) not in tables:
        read = data.board_tables(known)
        first = board_of(wanted, {name: set(read[board]["submission"]) for name, board in tables.items()})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("Board", names, index=names.index(first), key="board", bind="query-params", width=300)
        board = tables[label]
        table = data.board_table(board)
        named = dict(zip(table["submission"], labels_of(table), strict=True))
        key = f"systems {label}"
        if key not in st.session_state:
            st.session_state[key] = first_choice(wanted, named)
        chosen = st.multiselect(
            f"Systems, {FEWEST} to {MOST}; differences are to the first",
            list(named),
            format_func=lambda one: named.get(one, one),
            max_selections=MOST,
            key=key,
        )
    for words in refused(wanted, named, label):
        note(words)
    st.query_params["ids"] = ",".join(chosen)
    return Choice(board, tuple(chosen))


def draw_measures(found: Comparison, board: BoardKey) -> None:
    """Draw all values, and every two systems against each other in one of them."""
    st.html("<h3>Every metric</h3>")
    st.html(measures_html(found))
    note(
        "Percent: mean ± sample std over seeds, and the difference from the first system; MedR and MeanR are ranks."
        " A star marks a difference beyond noise: significant at 5 % by the paired test over images, after Holm's"
        " correction over all differences of this table, and by the test over seeds where there are several."
    )
    if found.untested:
        note(f"No test is made of {', '.join(found.untested)}: it does not follow from what is stored, image by image.")
    name = f"compare-{board.protocol}-v{board.version}"
    writers = {
        "csv": lambda: compare_exports.as_csv(found),
        "json": lambda: compare_exports.as_json(found, board),
        "tex": lambda: compare_exports.as_latex(found),
    }
    downloads(name, writers)


def draw_pairs(found: Comparison) -> None:
    """Draw the tests of all pairs in a value of choice."""
    st.html("<h3>Is the gap real?</h3>")
    if not found.pairs:
        note("What every image does to a value is not stored for two of these systems, so no paired test can be made.")
        return
    name = st.selectbox("Value", list(found.pairs), key="value", bind="query-params", width=220)
    pairs = found.pairs[name]
    st.html(pairs_html(name, pairs))
    if len(found.labels) > FEWEST:
        note(tallies_words(pairs))
    left_out = set(found.labels) - {side for one in pairs for side in (one.first, one.second)}
    if left_out:
        note(f"Not stored for {name}, so not tested: {', '.join(sorted(left_out))}.")


def draw_queries(found: Comparison) -> None:
    """Draw who is ahead on how many queries, who answers which, and how ranks are distributed."""
    st.html("<h3>Query by query</h3>")
    for direction in Direction:
        missing = [label for label in found.labels if label not in found.asked.get(direction, ())]
        if missing:
            note(f"{QUERIES[direction]}: ranks of single queries are not stored for {', '.join(missing)}.")
    if not found.answers:
        return
    st.html(faced_html(found))
    note(
        "A system is ahead where its best relevant candidate stands higher, by the expected rank under ties, averaged"
        " over seeds. It answers a query where that candidate comes first in more than half of its runs."
    )
    draw_disagreement(found)
    st.html("<h3>Distribution of ranks</h3>")
    for column, direction in zip(st.columns(len(found.answers)), found.answers, strict=True):
        with column:
            st.html(f"<h4>{QUERIES[direction]}</h4>")
            picture(ranks_chart(found, direction), f"ranks-{direction}", ranks_alt(found, direction))
    st.html(bands_html(found))
    note(
        "Percent of queries by the rank of their best relevant candidate, over all seeds; without ties, rank 1 is R@1."
    )


def draw_disagreement(found: Comparison) -> None:
    """Draw for three systems or more which share of the queries only one of two answers."""
    several = [direction for direction in found.answers if len(found.asked[direction]) > FEWEST]
    if not several:
        return
    # Matrices of many systems are as wide as the page.
    places = st.columns(len(several)) if len(found.labels) == FEWEST + 1 else [st.container() for _ in several]
    for place, direction in zip(places, several, strict=True):
        with place:
            st.html(f"<h4>Disagreement, {QUERIES[direction]}</h4>")
            st.html(disagreement_html(found.answers[direction], found.asked[direction]))
    note("Disagreement is the percentage of queries that only one of the two systems answers at R@1.")


def draw_examples(found: Comparison, board: BoardKey) -> None:
    """Draw the queries on which the ranks differ by the largest factor."""
    if not found.answers:
        return
    st.html("<h3>Where they differ most</h3>")
    direction = st.segmented_control(
        "Queries", list(QUERIES.values())[: len(found.answers)], key="queries", bind="query-params",
        default=QUERIES[next(iter(found.answers))], required=True,
    )  # fmt: skip
    side = next((one for one in found.answers if QUERIES[one] == direction), next(iter(found.answers)))
    split = compare_data.split(board)
    if split is None:
        note(f"The split {board.split} is not at hand on the machine of this board, so its queries have no names here.")
        return
    content = compare_data.content(board)
    if not isinstance(content, Content):
        note(content)
    queries = most_different(found, side, split, count=N_QUERIES, by_owner=draws_captions(board))
    if not queries:
        note("They rank the best relevant candidate of every query at the same place.")
        return
    st.html(cards_html(queries, found.asked[side], split, content if isinstance(content, Content) else None))
    note("Ranks of the best relevant candidate, averaged over seeds; ordered by the factor between best and worst.")


head("Compare", "Two to five systems on the same queries: how far apart they are, whether that is noise, and where.")
choice = choose()
if choice is not None:
    stated(choice.board)
    if len(choice.submissions) < FEWEST:
        empty(f"Choose at least {FEWEST} systems above, or tick them on the board.")
    else:
        comparison = compare_data.comparison(choice.board, choice.submissions)
        draw_measures(comparison, choice.board)
        draw_pairs(comparison)
        draw_queries(comparison)
        draw_examples(comparison, choice.board)
