"""Which columns a board shows: the numbers that papers print unless others are chosen, and facts of the systems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd

from evaluator.metric import METRICS
from evaluator.protocol import RECALLS
from leaderboard.components import MISSING, is_plain
from leaderboard.standings import metric_columns

ABOUT: Mapping[str, str] = MappingProxyType(
    {
        "parameters": "Parameters",
        "pretraining_data": "Pre-training data",
        "pretraining_pairs": "Pairs",
        "interaction": "Interaction",
        "hard_negatives": "Hard negatives",
        "evidence": "Evidence",
        "verified": "Verified",
    }
)
"""Facts of a system that are shown on request, with the heads of their columns."""
MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "parameters": "How many parameters the system has.",
        "pretraining_data": "What it was pre-trained on.",
        "pretraining_pairs": "How many pairs of image and text it was pre-trained on.",
        "interaction": "Where the modalities meet.",
        "hard_negatives": "Whether training chose the hardest negatives of a batch.",
        "evidence": "What the numbers rest on: the model was run here, scores were ranked here, or ranks were counted.",
        "verified": "Whether the claims about it came back, as the newest audits say.",
    }
)
IN_WORDS = frozenset({"pretraining_data", "interaction", "evidence"})
"""Facts that are words, and so begin at the left."""
_SUMMED = frozenset({*RECALLS, "rsum"})


@dataclass(frozen=True, slots=True)
class Shown:
    """The columns that a viewer chose."""

    numbers: tuple[str, ...]
    about: tuple[str, ...] = ()


def shown_columns(table: pd.DataFrame, chosen: Sequence[str] = ()) -> list[str]:
    """List the measured columns that a board shows: those chosen; else what rsum adds up, or shares without an rsum."""
    columns = metric_columns(table)
    picked = [name for name in columns if name in chosen]
    if picked:
        return picked
    if "rsum" in columns:
        return [name for name in columns if name.split(" ")[-1] in _SUMMED]
    return [name for name in columns if not is_plain(name) and not name.endswith(" MRR")]


def meaning(column: str) -> str:
    """Say what a measured column holds, for somebody who meets it first."""
    metric = column.split(" ")[-1]
    if metric in METRICS:
        return METRICS[metric].definition
    return "The sum of R@1, R@5 and R@10 over both directions." if metric == "rsum" else ""


def in_words(column: str, value: Any) -> str:
    """Show a fact of a system.

    >>> in_words("parameters", 151_277_313), in_words("pretraining_data", ()), in_words("verified", False)
    ('151M', 'none', 'no')
    """
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if pd.isna(value):
        return MISSING
    if column in ("parameters", "pretraining_pairs"):
        return rounded_count(int(value))
    return str(value) if isinstance(value, str) else "yes" if value else "no"


def rounded_count(number: int) -> str:
    """Show a count as papers do, with three digits at most.

    >>> rounded_count(1_172_032_258), rounded_count(9_400_000), rounded_count(400_000_000), rounded_count(999_700)
    ('1.17B', '9.4M', '400M', '1M')
    """
    for letter, factor in (("B", 10**9), ("M", 10**6), ("K", 10**3)):
        if float(f"{number / factor:.3g}") >= 1:
            return f"{float(f'{number / factor:.3g}'):g}{letter}"
    return str(number)
