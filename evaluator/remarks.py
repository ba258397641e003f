"""What a reader must know beside the numbers: badges for boards and warnings in full sentences."""

from collections.abc import Mapping

import numpy as np

from evaluator.report import RankCounts
from evaluator.run import RankEvidence, ScoreFile
from splits.split import Direction

EVIDENCE_ONLY = "evidence only"
"""The badge of ranks, which cannot be counted again from scores."""
TIES_MATTER = 0.001
"""A difference between the two bounds of a recall beyond which the result carries the ties badge."""


def remarks(
    score_file: ScoreFile, counts: Mapping[Direction, RankCounts], *, tie_gap: float, has_rsum: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return warnings and badges.

    Args:
        score_file: What was read, with the reader's own notes.
        counts: The rank counts of the directions it answers.
        tie_gap: The largest difference between the bounds of a recall, as a fraction.
        has_rsum: Whether the protocol adds up recalls of both directions.
    """
    warnings, badges = list(score_file.notes), list(score_file.badges)
    if tie_gap > TIES_MATTER:
        share = max(float(np.mean(c.tied > 0)) for c in counts.values())
        badges.append(f"ties {100 * share:.1f} %")
        warnings.append(
            f"Ties matter: {100 * share:.1f} % of queries tie their best relevant candidate with others, and recalls"
            f" differ by up to {100 * tie_gap:.1f} points with the order of tied candidates. Boards rank on the"
            " expected value."
        )
    if isinstance(score_file.run, RankEvidence):
        badges.append(EVIDENCE_ONLY)
    if len(counts) < len(Direction):
        (present,) = counts
        badges.append("one direction")
        warnings.append(f"The file answers {present} only{', so there is no rsum' if has_rsum else ''}.")
    return tuple(warnings), tuple(badges)
