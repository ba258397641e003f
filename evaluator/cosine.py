"""Cosine similarities of embeddings, as a matrix that equal vectors tie in exactly.

Computed in float64 and rounded to float32: the float64 products of equal vectors may differ in their last bits with
their place in a block, and those bits are what rounding takes away; so the ranks do not depend on the machine's
linear algebra, and identical captions tie.
"""

import tempfile

import numpy as np

from evaluator.run import EmbeddingRun, MatrixRun, Scores

IN_MEMORY_BYTES = 32 << 20
"""Larger matrices go to an unnamed temporary file and are read back by memory map."""

TILE = (1024, 2048)
"""Images and captions multiplied at a time, 16 MB: thin slices of a few images make the product twice as dear."""


def cosine_matrix(run: EmbeddingRun) -> MatrixRun:
    """Compare every image with every caption.

    Args:
        run: Finite embeddings, no vector of length zero.

    Returns:
        A float32 matrix of shape (n_images, n_captions), in the order of the embeddings.
    """
    images, captions = _unit_rows(run.images), _unit_rows(run.captions)
    shape = (len(images), len(captions))
    scores: Scores
    if shape[0] * shape[1] * 4 <= IN_MEMORY_BYTES:
        scores = np.empty(shape, dtype=np.float32)
    else:
        with tempfile.TemporaryFile(prefix="rematch-cosine-") as file:
            # The mapping keeps the unnamed file alive; the last reference to the array frees the space.
            scores = np.memmap(file, dtype=np.float32, mode="w+", shape=shape)
    for row in range(0, shape[0], TILE[0]):
        for column in range(0, shape[1], TILE[1]):
            part = images[row : row + TILE[0]] @ captions[column : column + TILE[1]].T
            scores[row : row + TILE[0], column : column + TILE[1]] = part
    return MatrixRun(scores, image_order=run.image_order, caption_order=run.caption_order)


def _unit_rows(vectors: Scores) -> Scores:
    wide = np.asarray(vectors, dtype=np.float64)
    # Dividing by the largest component first keeps the squares of very large and very small vectors in range.
    wide = wide / np.abs(wide).max(axis=1, keepdims=True)
    lengths: Scores = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    unit: Scores = wide / lengths[:, None]
    return unit
