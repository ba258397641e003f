"""Turn judgments kept as a JSON object, from each query's id to the ids of its relevant candidates, into rows."""

from collections.abc import Mapping, Sequence

import numpy as np

from splits.split import Relevance


def judged_pairs(
    judged: Mapping[str, Sequence[int]], query_ids: Sequence[str], candidate_ids: Sequence[str]
) -> Relevance:
    """Build the relevance of one direction; queries that are not judged are not asked.

    Relevant candidates that are not in the gallery are counted, so that they stay in R of R-Precision.
    """
    query_at = {query: index for index, query in enumerate(query_ids)}
    candidate_at = {candidate: index for index, candidate in enumerate(candidate_ids)}
    outside = np.zeros(len(query_ids), dtype=np.int64)
    queries: list[int] = []
    candidates: list[int] = []
    for query, relevant in judged.items():
        for candidate in {str(value) for value in relevant}:
            if candidate in candidate_at:
                queries.append(query_at[query])
                candidates.append(candidate_at[candidate])
            else:
                outside[query_at[query]] += 1
    return Relevance.from_pairs(
        np.array(queries, dtype=np.int64),
        np.array(candidates, dtype=np.int64),
        len(query_ids),
        len(candidate_ids),
        outside=outside,
    )
