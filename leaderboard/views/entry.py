"""One submission: what was handed in, what came of every run, and how to compute the numbers again."""

import streamlit as st

from leaderboard import data
from leaderboard.components import badges, entry_link, text
from leaderboard.entry_page import (
    by_protocol,
    facts_html,
    measured_html,
    parse_id,
    provenance_html,
    record_html,
    runs_html,
)
from leaderboard.remarks import merged_badges, seed_badges
from submissions.again import again_command
from submissions.entry_query import Entry, EntryRun
from submissions.tables import Status


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


def draw_run(run: EntryRun) -> None:
    """Draw one evaluation with its numbers, its provenance and the command that repeats it."""
    if run.message:
        st.html(f'<div class="message">{text(run.message)}</div>')
    for warning in run.warnings:
        st.html(f'<p class="note">{text(warning)}</p>')
    if run.measured:
        st.html(measured_html(run.measured))
    with st.expander("Provenance, and how to compute it again", expanded=False):
        st.html(provenance_html(run))
        st.code(again_command(run), language="bash", wrap_lines=True)
        if run.run_record:
            st.html(record_html(run.run_record))
            st.json(run.run_record, expanded=False)


def draw(entry: Entry) -> None:
    """Draw the page of one submission."""
    draw_head(entry)
    st.html(f"<h3>Runs</h3>{runs_html(entry.runs)}")
    for title, runs in by_protocol(entry.runs).items():
        succeeded = [run for run in runs if run.status is Status.SUCCEEDED]
        st.html(f"<h3>{text(title)}</h3>{badges(seed_badges(succeeded, deterministic=entry.deterministic))}")
        for tab, run in zip(st.tabs([f"seed {run.seed}" for run in runs]), runs, strict=True):
            with tab:
                draw_run(run)


st.html('<a href="./" target="_self">← All boards</a>')
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
