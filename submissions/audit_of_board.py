"""The audit of the board's own results: how order carries between datasets, who beats whom, and what seeds move."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from evaluator.audit.levels import Levels
from evaluator.protocol import PROTOCOLS
from splits.split import ORIGINAL, CaptionPolicy
from submissions.audit_orders import across_datasets, stability
from submissions.board_pairs import pairs_of_boards
from submissions.measured_levels import measured_levels, measured_runs, named
from submissions.measured_query import MeasuredSystem

POLICIES = {CaptionPolicy.ONE: "one caption per image", CaptionPolicy.ALL: "all captions"}


def sections_of_board(session: Session, systems: Sequence[MeasuredSystem]) -> dict[str, Any]:
    """Audit what was measured here."""
    own = named(systems)
    levels = measured_levels(own)
    lists = {f"measured here, {words}": _plain(levels, policy) for policy, words in POLICIES.items()}
    across = (across_datasets(values, name=name) for name, values in lists.items())
    return {
        "replication": [one for one in across if one is not None],
        "pairs": pairs_of_boards(session, own),
        "stability": stability(measured_runs(own), name="measured here"),
    }


def _plain(levels: Levels, policy: CaptionPolicy) -> Levels:
    """Keep the protocols that rank a whole split under its own judgments, with one caption per image or with all."""
    return {
        name: values
        for name, values in levels.items()
        if name in PROTOCOLS
        and (PROTOCOLS[name].captions, PROTOCOLS[name].folds, PROTOCOLS[name].judgments) == (policy, None, ORIGINAL)
    }
