"""One submission: what was handed in, what came of every run, and how to compute the numbers again."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import streamlit as st

from leaderboard import audit_data, data, entry_exports, troubles
from leaderboard.components import DAGGER, badges, entry_link, page_link, text
from leaderboard.entry_evidence import claims_html, files_html, sums
from leaderboard.entry_page import (
    by_protocol,
    facts_html,
    is_unfinished,
    measured_html,
    moment,
    not_succeeded,
    parse_id,
    unfinished_html,
    warnings_of,
)
from leaderboard.entry_place import board_with, key_of, place_html
from leaderboard.entry_record import provenance_html, record_html
from leaderboard.entry_scores import scores_html, scores_of, spread_words
from leaderboard.frame import downloads, note, stated
from leaderboard.overview import board_label
from leaderboard.remarks import merged_badges, seed_badges
from submissions.again import again_command
from submissions.entry_query import Entry, EntryRun
from submissions.tables import Status

WATCHED_SECONDS = 5


def draw_head(entry: Entry) -> None:
    """Draw the name and what the manifest says."""
    marks = badges(merged_badges(run.badges for run in entry.runs))
    st.html(f'<div class="lead"><h1>{text(entry.system)}</h1>{marks}</div>')
    if entry.superseded_by:
        newer = entry_link(str(entry.superseded_by), "Open the newer one.")
        st.html(
            f'<div class="message">A newer submission took the place of this one, whose numbers stay. {newer}</div>'
        )
    st.html(facts_html(entry))
    with st.expander("Manifest as handed in"):
        st.json(entry.manifest)


def draw_status(entry: Entry) -> None:
    """Draw what waits, runs or failed; it is looked at again by itself for as long as anything can change."""
    if not not_succeeded(entry.runs):
        return
    st.html("<h3>What is not done</h3>")
    if is_unfinished(entry.runs):
        st.fragment(watch, run_every=WATCHED_SECONDS)(entry.id)
    else:
        st.html(unfinished_html(not_succeeded(entry.runs)))


def watch(submission: UUID) -> None:
    """Draw the state of the evaluations as of now; once all have ended, draw the whole page again."""
    with troubles.told():
        now = data.entry(submission)
        if now is None or not is_unfinished(now.runs):
            st.rerun()
        st.html(unfinished_html(not_succeeded(now.runs)))
        note(f"Looked at again every {WATCHED_SECONDS} seconds.")


def draw_protocol(entry: Entry, title: str, runs: Sequence[EntryRun]) -> None:
    """Draw the numbers of all seeds under one protocol, and what stands behind each of them."""
    scores = scores_of(runs)
    succeeded = [run for run in runs if run.status is Status.SUCCEEDED]
    st.html(f"<h3>{text(title)}</h3>{badges(seed_badges(succeeded, deterministic=entry.deterministic))}")
    if scores is not None:
        stated(key_of(runs[0]), f"scored {moment(max(run.finished_at or run.queued_at for run in succeeded))}")
        draw_place(entry, runs[0])
        st.html(scores_html(scores))
        note(f"Percent; MedR and MeanR are ranks. {spread_words(scores)} Bounds and intervals are below, seed by seed.")
    for words, seeds in warnings_of(runs).items():
        st.html(f'<p class="message">Seed {", ".join(map(str, seeds))}: {text(words)}</p>')
    with st.expander("Bounds, provenance, and how to compute it again"):
        for tab, run in zip(st.tabs([f"seed {run.seed}" for run in runs]), runs, strict=True):
            with tab:
                draw_run(run)


def draw_place(entry: Entry, run: EntryRun) -> None:
    """Draw the rank, where the protocol's board shows this submission."""
    known = data.boards()
    board = board_with(known, run)
    if board is not None:
        st.html(place_html(data.board_table(board), str(entry.id), board_label(board, known)))


def draw_run(run: EntryRun) -> None:
    """Draw one evaluation with its bounds, its provenance and the command that repeats it."""
    if run.message:
        st.html(f'<div class="message">{text(run.message)}</div>')
    if run.measured:
        st.html(measured_html(run.measured))
    st.html("<h4>Compute it again</h4>")
    st.code(again_command(run), language="bash", wrap_lines=True)
    st.html(f"<h4>Provenance</h4>{provenance_html(run)}")
    if run.run_record:
        st.html(f"<h4>Run record</h4>{record_html(run.run_record)}")
        st.json(run.run_record, expanded=False)


def draw_files(entry: Entry) -> None:
    """Draw what was handed in, and the lines that check a copy of it."""
    if not entry.files:
        return
    st.html(f"<h3>Files</h3>{files_html(entry.files)}")
    with st.expander("Check your copies with sha256sum --check"):
        st.code(sums(entry.files), language=None, wrap_lines=True)


def draw_claims(entry: Entry, verdicts: Sequence[dict[str, Any]]) -> None:
    """Draw what is claimed of the system, and whether it holds."""
    if not verdicts:
        if entry.manifest.get("reproduces"):
            st.html("<h3>Claims about it</h3>")
            note("None of the claims that its manifest names was measured here, or no source of that name is imported.")
        return
    st.html(f"<h3>Claims about it</h3>{claims_html(verdicts)}")
    sources = sorted({one["cell"]["source"] for one in verdicts})
    note(
        f"{DAGGER} as printed, not measured here. It is taken for the system of these claims:"
        f" {', '.join(dict.fromkeys(one['matched'] for one in verdicts))}. Whole audits: rematch audit --source"
        f" {sources[0]}"
    )


def draw(entry: Entry) -> None:
    """Draw the page of one submission."""
    draw_head(entry)
    draw_status(entry)
    groups = by_protocol(entry.runs)
    for title, runs in groups.items():
        draw_protocol(entry, title, runs)
    verdicts = audit_data.claims_about(entry.id)
    draw_files(entry)
    draw_claims(entry, verdicts)
    if groups:
        st.html("<h3>Take it with you</h3>")
        writers = {
            "csv": lambda: entry_exports.as_csv(entry),
            "json": lambda: entry_exports.as_json(entry, verdicts),
            "tex": lambda: entry_exports.as_latex(groups),
        }
        downloads(f"entry-{entry.id}", writers)


st.html(page_link("./", "← All boards"))
asked = st.query_params.get("id", "")
submission_id = parse_id(asked)
found = data.entry(submission_id) if submission_id else None
if found:
    draw(found)
elif asked:
    st.html(
        f'<div class="message">There is no submission with the id {text(repr(asked))}. Ids look like'
        " 1b4e28ba-2fa1-41d2-883f-0016d3cca427; <code>rematch submit</code> prints them.</div>"
    )
else:
    st.info("Choose a system on the board to see its runs, or open this page with `?id=` and a submission's id.")
