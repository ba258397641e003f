"""Per-query ranks as VSE++-style scripts save them: evidence of a result, which cannot be rescored."""

from pathlib import Path

import numpy as np

from evaluator.alignment import check_digest
from evaluator.container import Arrays, StoredArray, container_suffixes, open_arrays, write_arrays
from evaluator.errors import ScoreFileError
from evaluator.run import RankEvidence, Run, ScoreFile
from evaluator.score_format import Reading, ScoreFormat
from splits.split import Direction, Indices, Relevance, Split

OLD_NAMES = {Direction.I2T: "rt", Direction.T2I: "rti"}
"""What VSE++ calls the ranks of each direction; two rows are the ranks and the index of the first candidate."""
QUERIES = {Direction.I2T: "images", Direction.T2I: "captions"}
NOTE = "Ranks are evidence that cannot be rescored: they do not say how ties were broken or who stood above."


def _read(path: Path, split: Split, reading: Reading) -> ScoreFile:
    arrays = open_arrays(path)
    check_digest(split, reading, arrays)
    ranks = {direction: _direction(arrays, split, direction) for direction in Direction if _name(arrays, direction)}
    return ScoreFile(RankEvidence(ranks), RANKS.name, (NOTE,))


def _name(arrays: Arrays, direction: Direction) -> str | None:
    return next((name for name in (f"{direction}_rank0", OLD_NAMES[direction]) if name in arrays), None)


def _direction(arrays: Arrays, split: Split, direction: Direction) -> Indices:
    name = _name(arrays, direction) or ""
    relevance = split.judgments().towards(direction)
    both = _whole_numbers(name, arrays[name], direction, relevance.n_queries)
    ranks, top1 = (both[0], both[1]) if len(both) == 2 else (both[0], None)
    first_name = f"{direction}_top1"
    if first_name in arrays:
        top1 = _whole_numbers(first_name, arrays[first_name], direction, relevance.n_queries)[0]
    _check_ranks(name, ranks, relevance)
    if top1 is not None:
        _check_first(name, ranks, top1, relevance)
    return np.asarray(ranks, dtype=np.int64)


def _whole_numbers(name: str, stored: StoredArray, direction: Direction, n_queries: int) -> Indices:
    if stored.dtype.hasobject or stored.dtype.kind not in "iuf":
        raise ScoreFileError(f"`{name}` is of type {stored.dtype}; ranks are whole numbers. Save int32.")
    if stored.shape not in {(n_queries,), (1, n_queries), (2, n_queries)}:
        raise ScoreFileError(
            f"`{name}` has shape {stored.shape}; {direction} of this split asks {n_queries:,} {QUERIES[direction]}."
            f" Save one rank for each, shape ({n_queries},), or ranks and first candidates, shape (2, {n_queries})."
        )
    values = np.atleast_2d(stored.load())
    wrong = np.flatnonzero((~np.isfinite(values) | (values != np.floor(values)) | (values < 0)).any(axis=0))
    if len(wrong):
        worst = values[:, wrong[0]]
        value = next(v for v in worst.tolist() if not (v >= 0 and float(v).is_integer()))
        raise ScoreFileError(
            f"`{name}` is no whole number from 0 for {len(wrong):,} of {n_queries:,} queries, first {value} at query"
            f" {wrong[0]:,}. Count ranks from 0; an average rank is no rank."
        )
    # What is beyond every gallery stays beyond it: as an integer it might turn negative.
    with np.errstate(over="ignore"):
        return np.minimum(values.astype(np.float64), 2.0**53).astype(np.int64)


def _check_ranks(name: str, ranks: Indices, relevance: Relevance) -> None:
    # The best of r relevant candidates has at most n - r others before it.
    deepest = relevance.n_candidates - np.diff(relevance.offsets)
    beyond = np.flatnonzero(ranks > deepest)
    if len(beyond):
        first = int(beyond[0])
        raise ScoreFileError(
            f"`{name}` is impossible for {len(beyond):,} of {len(ranks):,} queries, first {ranks[first]:,} at query"
            f" {first:,}, whose best relevant candidate of {relevance.n_candidates:,} is"
            f" at {deepest[first]:,} or before, counted from 0."
            " The ranks are counted from 1, or belong to another split."
        )


def _check_first(name: str, ranks: Indices, top1: Indices, relevance: Relevance) -> None:
    rows = np.arange(relevance.n_queries)
    right = np.zeros(relevance.n_queries, dtype=bool)
    right[relevance.query_of_candidate[relevance.candidates == top1[relevance.query_of_candidate]]] = True
    against = rows[(ranks == 0) != right]
    if len(against):
        first = int(against[0])
        fact = "is" if right[first] else "is not"
        raise ScoreFileError(
            f"`{name}` and its first candidates disagree for {len(against):,} of {len(ranks):,} queries, first query"
            f" {first:,}: its rank is {ranks[first]:,}, yet candidate {top1[first]:,}, which came first, {fact}"
            " relevant. The ranks are counted from 1, or belong to another order or split."
        )


def _write(path: Path, run: Run, split: Split) -> None:
    if not isinstance(run, RankEvidence):
        raise ScoreFileError(f"A ranks file keeps per-query ranks, not {type(run).__name__}.")
    ranks = {f"{direction}_rank0": ranks for direction, ranks in run.ranks.items()}
    write_arrays(path, {**ranks, "split_digest": np.array(split.digest)})


def _holds_ranks(path: Path) -> bool:
    arrays = open_arrays(path)
    return any(_name(arrays, direction) for direction in Direction)


RANKS = ScoreFormat(
    name="ranks",
    summary="Per-query ranks of the best relevant candidate, from 0: `i2t_rank0`, `t2i_rank0` or VSE++'s `rt`, `rti`.",
    suffixes=container_suffixes(without="npy"),
    accepts=_holds_ranks,
    read=_read,
    write=_write,
)
