"""Controls that live in the address: a link reproduces what was chosen, and says so where it no longer can."""

from collections.abc import Sequence

import streamlit as st

from leaderboard.frame import note

SIZES = (10, 20, 40, 60)
"""How many systems a picture may hold; more cannot be told apart."""
USUAL_SIZE = 20


def choose(label: str, options: Sequence[str], *, key: str, usual: str | None = None, width: int = 240) -> str:
    """Let a viewer choose one of several words, kept in the address under a key.

    Args:
        label: What is chosen.
        options: At least one.
        key: The name in the address.
        usual: What is chosen where the address says nothing; the first option if omitted.
        width: In pixels.
    """
    first = options.index(usual) if usual in options else 0
    asked = st.query_params.get(key)
    if asked is not None and asked not in options:
        del st.query_params[key]
        st.session_state.pop(key, None)
        note(f"{label} {asked[:80]!r} of the address is not here any more: {options[first]} is shown.")
    return st.selectbox(label, options, index=first, key=key, bind="query-params", width=width)


def choose_size(n_systems: int, *, key: str) -> int:
    """Let a viewer choose how many systems are shown, where there are more than a picture usually holds."""
    if n_systems <= USUAL_SIZE:
        return n_systems
    sizes = [str(size) for size in SIZES]
    return int(choose("Show the best", sizes, key=key, usual=str(USUAL_SIZE), width=130))
