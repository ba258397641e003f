"""Metrics over every relevant candidate: mAP, mAP@R and R-Precision, with ties in closed form.

In a group of n tied candidates of which r are relevant, place j (from 1) holds a relevant one with probability r / n;
given that, (j - 1)(r - 1) / (n - 1) of the places before it in the group are relevant on average. Summing the expected
precision over the places of a group needs only differences of harmonic numbers. R counts every relevant candidate,
also those outside the gallery.
"""

import numpy as np
from numpy.typing import NDArray

from evaluator.groups import RelevantGroups
from evaluator.metric import Metric, TieValues, Values
from splits.split import Indices


def average_precision(groups: RelevantGroups) -> TieValues:
    """Return AP over the whole ranking."""
    return _average_precision(groups, np.full(len(groups.queries), np.iinfo(np.int64).max))


def average_precision_at_r(groups: RelevantGroups) -> TieValues:
    """Return AP over the first R places, R being the query's number of relevant candidates."""
    return _average_precision(groups, groups.n_relevant)


def r_precision(groups: RelevantGroups) -> TieValues:
    """Return the share of relevant candidates among the first R."""
    owners = _owners(groups)
    places = np.clip(groups.n_relevant[owners] - groups.above, 0, groups.size)
    irrelevant = groups.size - groups.relevant
    return TieValues(
        _sum_by_query(groups, owners, places * groups.relevant / groups.size),
        _sum_by_query(groups, owners, np.maximum(places - irrelevant, 0)),
        _sum_by_query(groups, owners, np.minimum(places, groups.relevant)),
    )


def _average_precision(groups: RelevantGroups, depth: Indices) -> TieValues:
    """Sum the precision at the relevant places within each query's depth, over its R."""
    owners = _owners(groups)
    running = np.cumsum(groups.relevant) - groups.relevant
    found = running - running[groups.offsets[:-1]][owners]
    depth = depth[owners]
    first = _precision_sum(groups, found, groups.above, depth)
    last = _precision_sum(groups, found, groups.above + groups.size - groups.relevant, depth)
    mixed = _expected_precision_sum(groups, found, depth)
    expected = np.where(groups.size == groups.relevant, first, mixed)
    return TieValues(*(_sum_by_query(groups, owners, values) for values in (expected, last, first)))


def _precision_sum(groups: RelevantGroups, found: Indices, start: NDArray[np.int64], depth: Indices) -> Values:
    """Sum precision over a group's relevant candidates when they take the places right after `start`."""
    owner = np.repeat(np.arange(len(start)), groups.relevant)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(groups.relevant) - groups.relevant, groups.relevant) + 1
    place = start[owner] + nth
    precision = np.where(place <= depth[owner], (found[owner] + nth) / place, 0.0)
    sums: Values = np.bincount(owner, weights=precision, minlength=len(start)).astype(np.float64)
    return sums


def _expected_precision_sum(groups: RelevantGroups, found: Indices, depth: Indices) -> Values:
    """Sum expected precision over the places of a group that lie within the depth."""
    above, size, relevant = groups.above, groups.size, groups.relevant
    places = np.clip(depth - above, 0, size)
    harmonic = np.concatenate(([0.0], np.cumsum(1 / np.arange(1, int((above + size).max(initial=0)) + 1))))
    reciprocal = harmonic[above + places] - harmonic[above]
    before = places - (above + 1) * reciprocal
    per_place = (found + 1) * reciprocal + (relevant - 1) / np.maximum(size - 1, 1) * before
    sums: Values = relevant / size * per_place
    return sums


def _owners(groups: RelevantGroups) -> Indices:
    return np.repeat(np.arange(len(groups.queries)), np.diff(groups.offsets))


def _sum_by_query(groups: RelevantGroups, owners: Indices, values: NDArray[np.floating] | Indices) -> Values:
    sums = np.bincount(owners, weights=values, minlength=len(groups.queries))
    return (sums / groups.n_relevant)[None]


MEAN_AVERAGE_PRECISION = Metric(
    name="mAP",
    definition="Mean over queries of the average precision over the whole ranking.",
    from_groups=average_precision,
)

MEAN_AVERAGE_PRECISION_AT_R = Metric(
    name="mAP@R",
    definition="Mean over queries of the average precision over the first R places, R relevant candidates in all.",
    from_groups=average_precision_at_r,
)

R_PRECISION = Metric(
    name="R-Precision",
    definition="Mean over queries of the share of relevant candidates among the first R, R relevant candidates in all.",
    from_groups=r_precision,
)
