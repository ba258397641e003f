"""Where and how often scores are not finite: looked for in full only once something has met the first of them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import ScoreFileError
from evaluator.matrix import NonFiniteScoresError, check_finite
from evaluator.run import EmbeddingRun, MatrixRun, Run, Scores
from splits.shown import quoted
from splits.split import Indices, Split

__all__ = ["NonFiniteScoresError", "check_embeddings", "describe_nonfinite", "refuse_nonfinite", "refuse_unscorable"]

BLOCK_BYTES = 2**24
KINDS: dict[str, Callable[[Any], Any]] = {"NaN": np.isnan, "+Inf": np.isposinf, "-Inf": np.isneginf}


def refuse_nonfinite(run: MatrixRun, split: Split) -> None:
    """Read a whole matrix once, and refuse it if any score is not finite.

    Raises:
        ScoreFileError: With how many there are, of which kind, and where the first is.
    """
    try:
        check_finite(run)
    except NonFiniteScoresError:
        raise describe_nonfinite(run, split) from None


def refuse_unscorable(run: Run, split: Split) -> None:
    """Say what is wrong with a run whose scores were found not to be finite.

    Raises:
        ScoreFileError: With what is wrong and where it is first.
    """
    if isinstance(run, EmbeddingRun):
        check_embeddings(run, split)
    if isinstance(run, MatrixRun):
        raise describe_nonfinite(run, split)


def describe_nonfinite(run: MatrixRun, split: Split) -> ScoreFileError:
    """Count the scores that are not finite and name the first.

    Args:
        run: The matrix, which axis holds the images, and in which order they are.
        split: Names the images and captions.

    Returns:
        The error to raise.
    """
    scores = run.scores
    counts, (row, column) = _survey(scores)
    image, caption = (column, row) if run.captions_first else (row, column)
    image_id = split.image_ids[_canonical(image, run.image_order)]
    caption_id = split.caption_ids[_canonical(caption, run.caption_order)]
    return ScoreFileError(
        f"{_tally(counts, scores, 'scores')}; the first is {_word(scores[row, column])} at"
        f" row {row:,}, column {column:,}: image {quoted(image_id)}, caption {quoted(caption_id)}."
        f" {_advice(scores, counts)}"
    )


def check_embeddings(run: EmbeddingRun, split: Split) -> None:
    """Refuse vectors that are not finite, or that have no direction and so no cosine.

    Raises:
        ScoreFileError: There is one.
    """
    _check_vectors("image_embeddings", run.images, run.image_order, ("image", split.image_ids))
    _check_vectors("text_embeddings", run.captions, run.caption_order, ("caption", split.caption_ids))


def _check_vectors(
    name: str, vectors: Scores, order: Indices | None, kind_and_ids: tuple[str, tuple[str, ...]]
) -> None:
    kind, ids = kind_and_ids
    # The largest magnitude of a row is NaN or Inf if one of its numbers is, and 0 if it has no direction.
    largest = np.concatenate([np.abs(block).max(axis=1) for block in _blocks(vectors)])
    if not np.isfinite(largest).all():
        counts, (row, column) = _survey(vectors)
        raise ScoreFileError(
            f"{_tally(counts, vectors, f'numbers in `{name}`')}; the first is"
            f" {_word(vectors[row, column])} at row {row:,}, column {column:,}: {kind}"
            f" {quoted(ids[_canonical(row, order)])}. {_advice(vectors, counts)}"
        )
    zeros = np.flatnonzero(largest == 0)
    if len(zeros):
        first = int(zeros[0])
        raise ScoreFileError(
            f"{len(zeros):,} of {len(vectors):,} rows of `{name}` {_are(len(zeros))} all zeros, first row {first:,}:"
            f" {kind} {quoted(ids[_canonical(first, order)])}. Such a vector has no cosine with anything: encode it"
            " again."
        )


def _blocks(scores: Scores) -> Iterator[NDArray[np.floating]]:
    step = max(BLOCK_BYTES // max(scores.shape[1] * scores.dtype.itemsize, 1), 1)
    for first in range(0, len(scores), step):
        yield scores[first : first + step]


def _survey(scores: Scores) -> tuple[dict[str, int], tuple[int, int]]:
    counts = dict.fromkeys(KINDS, 0)
    found: tuple[int, int] | None = None
    done = 0
    for block in _blocks(scores):
        bad = ~np.isfinite(block)
        if bad.any():
            for kind, test in KINDS.items():
                counts[kind] += int(np.count_nonzero(test(block)))
            if found is None:
                row, column = divmod(int(np.argmax(bad)), bad.shape[1])
                found = done + row, column
        done += len(block)
    return counts, found or (0, 0)


def _canonical(position: int, order: Indices | None) -> int:
    return position if order is None else int(order[position])


def _tally(counts: dict[str, int], values: Scores, what: str) -> str:
    total = sum(counts.values())
    parts = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    return f"{total:,} of {values.size:,} {what} {_are(total)} not finite ({parts})"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _word(value: np.floating) -> str:
    return next(kind for kind, test in KINDS.items() if test(value))


def _advice(scores: Scores, counts: dict[str, int]) -> str:
    if scores.dtype.itemsize == 2 and not counts["NaN"]:
        return "The largest float16 is 65,504: what lies beyond becomes Inf. Save float32."
    return "Nothing can be ranked by that: find where it comes from, such as a division by zero or the log of 0."
