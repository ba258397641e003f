"""How systems answer the same queries: ranks side by side, who is ahead on how many, and where they differ most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from evaluator.report import RankCounts

Values = NDArray[np.float64]
Indices = NDArray[np.int64]

MOST_RUNS = 0.5
"""A query counts as answered if its hit, averaged over runs and over orders of ties, is above this."""
SAME = 1e-9
"""Means over runs differ in their last bits only."""
BANDS = ((1, 1), (2, 5), (6, 10), (11, 50), (51, 100), (101, None))
"""Ranks that are counted together, both ends included."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The queries of one direction that some systems were all asked, and where their best relevant candidate stood."""

    queries: Indices
    """The canonical index of each query; of its image, where every run draws another caption. Shape (n,)."""
    ranks: Values
    """Expected rank of the best relevant candidate, averaged over runs; shape (systems, n)."""
    answered: NDArray[np.bool_]
    """Whether it stands first in more than half of the runs; shape (systems, n)."""
    every_rank: tuple[Values, ...]
    """Of every system the ranks of all queries in all of its runs, ascending: R@K is the share within K."""


@dataclass(frozen=True, slots=True)
class Faced:
    """Two systems on the same queries, as numbers of queries."""

    wins: int
    """The first ranks its best relevant candidate higher."""
    ties: int
    losses: int
    both: int
    """Answered by both at R@1."""
    only_first: int
    only_second: int
    neither: int

    @property
    def n(self) -> int:
        """How many queries there are."""
        return self.wins + self.ties + self.losses

    @property
    def disagreement(self) -> float:
        """Return the share of queries that only one of the two answers at R@1."""
        return (self.only_first + self.only_second) / self.n


def answers_of(systems: Sequence[Sequence[tuple[Indices, "RankCounts"]]]) -> Answers:
    """Lay the answers of some systems side by side, on the queries that all of their runs were asked.

    Args:
        systems: Of every system the runs: the query that each count belongs to, and the counts.
    """
    common = systems[0][0][0]
    for runs in systems:
        for queries, _ in runs:
            common = np.intersect1d(common, queries)
    parts = [_answered(runs, common) for runs in systems]
    return Answers(
        queries=common,
        ranks=np.stack([ranks.mean(axis=0) for ranks, _ in parts]),
        answered=np.stack([hits.mean(axis=0) for _, hits in parts]) > MOST_RUNS + SAME,
        every_rank=tuple(np.sort(ranks, axis=None) for ranks, _ in parts),
    )


def _answered(runs: Sequence[tuple[Indices, "RankCounts"]], common: Indices) -> tuple[Values, Values]:
    """Return expected ranks and hits at 1 of some queries, shape (runs, queries); folds that are drawn are averaged."""
    from evaluator.metrics.rank import best_rank
    from evaluator.metrics.recall import hit_at

    ranks, hits = [], []
    for queries, counts in runs:
        known, places = np.unique(queries, return_index=True)
        chosen = places[np.searchsorted(known, common)]
        ranks.append(best_rank(counts).expected.mean(axis=0)[chosen])
        hits.append(hit_at(1, counts).expected.mean(axis=0)[chosen])
    return np.stack(ranks), np.stack(hits)


def faced(answers: Answers, first: int, second: int) -> Faced:
    """Count on how many queries each of two systems is ahead, and which of them answer a query."""
    lead = answers.ranks[second] - answers.ranks[first]
    own, other = answers.answered[first], answers.answered[second]
    wins, losses = int((lead > SAME).sum()), int((lead < -SAME).sum())
    return Faced(
        wins=wins,
        ties=len(lead) - wins - losses,
        losses=losses,
        both=int((own & other).sum()),
        only_first=int((own & ~other).sum()),
        only_second=int((other & ~own).sum()),
        neither=int((~own & ~other).sum()),
    )


def band_shares(answers: Answers) -> Values:
    """Return the share of queries in every band of ranks, shape (systems, bands); a broken rank counts as the next."""
    ends = np.array([high or np.inf for _, high in BANDS])
    return np.diff(shares_within(answers, ends), axis=1, prepend=0.0)


def shares_within(answers: Answers, limits: NDArray[np.number]) -> Values:
    """Return the share of queries, over all runs, with a rank up to each of some limits; shape (systems, limits)."""
    return np.stack([np.searchsorted(ranks, limits + SAME, side="right") / len(ranks) for ranks in answers.every_rank])


def furthest_apart(answers: Answers, count: int) -> Indices:
    """Return the places of the queries whose ranks differ by the largest factor, most different first; no equals."""
    factor = np.log(answers.ranks.max(axis=0) / answers.ranks.min(axis=0))
    order = np.argsort(-factor, kind="stable")[:count].astype(np.int64)
    different: Indices = order[factor[order] > SAME]
    return different
