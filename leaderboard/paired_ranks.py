"""What the images of a board say of its systems: the effects of every system, averaged over its runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from submissions.board_query import BoardKey, board_effects

if TYPE_CHECKING:
    from sqlmodel import Session

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """What every image does to the ranked value of some systems of a board; the others are compared unpaired."""

    of_system: NDArray[np.bool_]
    """For every system of the board whether its effects are known, of all its runs."""
    values: Values
    """Shape (systems with known effects, n_images)."""
    n_clusters: int
    """Images with a query."""

    @classmethod
    def unknown(cls, n_systems: int) -> "Effects":
        """Return that nothing is known of any system."""
        return cls(np.zeros(n_systems, dtype=bool), np.zeros((0, 0)), 0)


def read_effects(
    session: "Session", board: BoardKey, metric: str, system_of: Mapping[UUID, int], n_systems: int
) -> Effects:
    """Read and average the effects of the systems of a board.

    Args:
        session: Where they are.
        board: Which board.
        metric: What it is ranked on.
        system_of: The number of the system of every evaluation that counts.
        n_systems: How many systems there are.
    """
    from evaluator.effects_codec import decode_effects

    runs, read = np.bincount(list(system_of.values()), minlength=n_systems), np.zeros(n_systems, dtype=np.int64)
    sums: Values | None = None
    clusters = 0
    for evaluation_id, n_clusters, content in board_effects(session, board, metric):
        system = system_of.get(evaluation_id)
        if system is None:
            continue
        effects = decode_effects(content)
        if sums is None:
            sums, clusters = np.zeros((n_systems, len(effects))), n_clusters
        # On one split all are asked about the same images; what was not cannot be paired, and counts as not read.
        if (len(effects), n_clusters) == (sums.shape[1], clusters):
            sums[system] += effects
            read[system] += 1
    if sums is None:
        return Effects.unknown(n_systems)
    known = (read == runs) & (runs > 0)
    return Effects(known, sums[known] / runs[known, None], clusters)
