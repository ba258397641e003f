"""The fields of the page Submit, and the submission that they make."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from evaluator.protocol import PROTOCOLS
from leaderboard import manifest_form
from leaderboard.handing_over import Parcel
from leaderboard.manifest_form import GOVERNED, SETTINGS, Filled
from leaderboard.staging import SafeFile, safe_files
from splits.errors import RematchError
from submissions.cli import parse_id
from submissions.manifest import STANDARD

KINDS = {"files": "Score files", "model": "A model by its name", "manifest": "A manifest with its files"}


def ask(kind: str, *, most_mb: int, has_owners: bool) -> Parcel:
    """Ask for a submission of a kind.

    Args:
        kind: One of `KINDS`.
        most_mb: How large all files may be together.
        has_owners: Ask whether it is to be private.

    Raises:
        RematchError: What is chosen so far makes none.
    """
    above, below = st.container(), st.container()
    # Drawn first, as what stands above may be of no use yet.
    with below:
        replaced, is_private = _more(has_owners=has_owners)
    with above:
        parcel = _parcel(kind, most_mb)
    return replace(parcel, replaces=parse_id(replaced) if replaced else None, is_private=is_private)


def _parcel(kind: str, most_mb: int) -> Parcel:
    if kind == "model":
        filled = _fields(governs=False)
        reference = st.text_input(
            "Model", key="model", placeholder="open_clip:ViT-B-32/laion2b_s34b_b79k", help="rematch models list"
        )
        return manifest_form.of_model(filled, reference or "")
    if kind == "manifest":
        manifest = st.file_uploader("Manifest (YAML)", key="manifest")
        files = _files(most_mb)
        if manifest is None:
            raise RematchError("No manifest is chosen. Choose one, and the files that it names.")
        return manifest_form.of_manifest(manifest.getvalue(), files)
    return manifest_form.of_files(_fields(governs=True), _files(most_mb))


def _more(*, has_owners: bool) -> tuple[str, bool]:
    replaces = st.text_input(
        "Replaces",
        key="replaces",
        placeholder="id of an earlier submission of yours",
        help="Its numbers stay stored. Whether it is yours is looked at when you hand in.",
    )
    is_private = has_owners and st.checkbox(
        "Private until it is published", key="private", help="Only you and the admins of this board see it."
    )
    return (replaces or "").strip(), is_private


def _files(most_mb: int) -> Sequence[SafeFile]:
    label = f"Score files, at most {most_mb} MB in all"
    sent = st.file_uploader(label, accept_multiple_files=True, key="files", help="One for each seed.")
    return safe_files(sent, most_mb=most_mb)


def _fields(*, governs: bool) -> Filled:
    left, right = st.columns(2)
    return Filled(
        system=left.text_input("System", key="system", help="The name that the board shows.") or "",
        submitter=right.text_input("Submitter", key="submitter", help="With a token: the name of its account.") or "",
        setting=left.selectbox("Setting", SETTINGS, key="setting", help="What the system has seen before."),
        protocols=right.multiselect(
            "Protocols", [name for name in PROTOCOLS if name != STANDARD], key="protocols", help="See About."
        ),
        seeds=left.text_input(
            "Seeds", key="seeds", placeholder="0, 1, 2", help="One for each file, in the order of their names."
        )
        or "",
        seed_governs=right.multiselect("The seed decides", GOVERNED, key="governs", help="Empty: it decides nothing.")
        if governs
        else (),
    )
