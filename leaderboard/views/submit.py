"""Hand in: fill in or bring a manifest, have it checked, hand it in, and watch what becomes of it."""

from collections.abc import Callable

import streamlit as st

from leaderboard import manifest_form, troubles
from leaderboard.components import page_link
from leaderboard.doors import door_of, way_of_visitor
from leaderboard.frame import empty, head, note
from leaderboard.handing_over import Door, Outcome, Parcel, refused
from leaderboard.submit_form import KINDS, ask
from leaderboard.submit_page import counts_of, findings_html, is_finished, status_html
from leaderboard.ways_in import Way
from splits.errors import RematchError

REFRESH_SECONDS = 2
# In the state of a visit: what was checked, and what was found.
CHECKED = "checked"
COMMANDS = """rematch submit submission.yaml --dry-run      # checks everything, stores nothing
rematch submit submission.yaml                # on this machine
rematch login URL                             # once, with a token from the operator of a board
rematch submit submission.yaml --server URL   # to a board elsewhere, files of any size"""


def draw_closed() -> None:
    """Say that nothing is handed in here, and how it is."""
    empty("This page takes nothing in here. The command does:", COMMANDS)
    note(
        "The page is open on the machine itself (rematch serve without a broker, visited as localhost), and where the"
        " operator of the board names an HTTP API for it (REMATCH_API_URL)."
    )


def draw_form(door: Door) -> None:
    """Draw the form, the button that checks, and what it found.

    The fields are sent together. Were each sent when it is left, a file chosen in the same moment could get lost:
    Streamlit drops what it has not sent yet when a page is drawn anew, the address for an upload among it.
    """
    kind = st.segmented_control(
        "What do you hand in?",
        list(KINDS),
        format_func=KINDS.__getitem__,
        default="files",
        key="kind",
        bind="query-params",
    )
    with st.form("submission", border=False, enter_to_submit=False):
        parcel, why_not = chosen(kind or "files", has_owners=door.has_owners)
        note("Larger files: rematch submit MANIFEST. Nothing is kept of what you choose here until you hand it in.")
        if st.form_submit_button("Check", key="check", help="Reads all of it, and stores nothing."):
            outcome = attempted(door.check, parcel) if parcel else refused(RematchError(why_not))
            st.session_state[CHECKED] = (parcel and parcel.mark, outcome)
        mark, found = st.session_state.get(CHECKED, (None, None))
        is_same = mark == (parcel and parcel.mark)
        if found is not None and is_same:
            draw_outcome(door, parcel, found)
        elif found is not None:
            note("Something was changed since the last check. Check again.")
    if parcel is not None and is_same:
        written = manifest_form.as_yaml(parcel.document)
        st.download_button("Manifest", written, "submission.yaml", "application/yaml", on_click="ignore")


def chosen(kind: str, *, has_owners: bool) -> tuple[Parcel | None, str]:
    """Ask for a submission; where what is chosen so far makes none, say why."""
    try:
        return ask(kind, most_mb=int(st.get_option("server.maxUploadSize")), has_owners=has_owners), ""
    except RematchError as error:
        return None, str(error)


def draw_outcome(door: Door, parcel: Parcel | None, outcome: Outcome) -> None:
    """Draw what was found and, where nothing speaks against it, the button that records."""
    st.html(findings_html(outcome.findings))
    note(counts_of(outcome.findings))
    if parcel is None or not outcome.is_acceptable:
        return
    if st.form_submit_button("Hand in", key="hand-in", type="primary"):
        hand_in(door, parcel)


def hand_in(door: Door, parcel: Parcel) -> None:
    """Record what was checked, and go on to what becomes of it."""
    done = attempted(door.hand_in, parcel)
    if done.submission is None:
        st.html(findings_html(done.findings))
        return
    del st.session_state[CHECKED]
    st.query_params.from_dict({"id": done.submission, **({"known": "1"} if done.is_known else {})})
    st.rerun()


def attempted(act: Callable[[Parcel], Outcome], parcel: Parcel) -> Outcome:
    """Do something with a submission; what goes wrong is one more thing that was found."""
    try:
        with st.spinner("Reading all of it ..."):
            return act(parcel)
    except RematchError as error:
        return refused(error)


def draw_status(door: Door, submission: str) -> None:
    """Draw what becomes of a submission, again and again until it is finished."""
    found = door.status(submission)
    if found is None:
        token = " A private one is shown to those whose token is filled in above." if door.has_owners else ""
        empty(f"There is no public submission of this id.{token} Check the address, or hand in something new.")
    else:
        if st.query_params.get("known"):
            note("The same was handed in before. Nothing was recorded again, replaced or made private.")
        if found["private"]:
            draw_private(door, submission)
        is_watched = not is_finished(found)
        st.fragment(draw_progress, run_every=REFRESH_SECONDS if is_watched else None)(
            door, submission, is_watched=is_watched
        )
    st.html(f'<div class="queued">{page_link("submit", "Hand in another")}</div>')


def draw_private(door: Door, submission: str) -> None:
    """Say that a submission is private, and let its owner publish it."""
    note("Private: on no board and no page. Only its account and the admins see it, here and over the API.")
    if st.button("Publish", key="publish", help="Shows it to everybody. This cannot be undone."):
        with troubles.told():
            door.publish(submission)
            st.rerun()


def draw_progress(door: Door, submission: str, *, is_watched: bool) -> None:
    """Draw what became of a submission so far; once it is finished, end the watching."""
    with troubles.told():
        found = door.status(submission)
        if found is not None:
            st.html(f'<div class="queued">{status_html(found)}</div>')
        if is_watched and (found is None or is_finished(found)):
            st.rerun()


head("Submit", "Checked first, with nothing stored; then recorded and scored as everywhere.")
way, asked = way_of_visitor(), st.query_params.get("id")
typed = None
if way is Way.API:
    typed = st.text_input("Token", type="password", key="token", help="From the operator of this board; never kept.")
door = door_of(way, typed or None)
if door is None:
    draw_closed()
elif asked:
    draw_status(door, asked)
else:
    draw_form(door)
