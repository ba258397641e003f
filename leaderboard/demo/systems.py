"""The systems of the demo: a real classical baseline, weaker ones, and two that a board must see through.

Each keeps its scores in another kind of file, so that the demo also shows what can be handed in.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evaluator.models.cca.training import CcaOptions, Cue
from evaluator.run import EmbeddingRun, ListRun, MatrixRun, RankedLists, Run
from leaderboard.demo.toy_data import ToyData, train_and_run
from splits import Direction

SEEDS = (0, 1, 2)
LIST_LENGTH = 20


@dataclass(frozen=True, slots=True)
class DemoSystem:
    """A system of the demo and how it hands its scores in."""

    slug: str
    """The name of its folder."""
    name: str
    description: str
    scores: Callable[[ToyData, int], Run]
    """What it returns for the test part of a dataset under a seed."""
    format: str
    suffix: str
    kept_as: str
    """What kind of file it hands in, in words."""
    seed_governs: tuple[str, ...] = ("training",)
    deterministic: bool = False


def _trained(options: CcaOptions) -> Callable[[ToyData, int], EmbeddingRun]:
    return lambda data, seed: train_and_run(data, seed, options)


def _matrix(run: EmbeddingRun) -> MatrixRun:
    return MatrixRun(np.asarray(run.images) @ np.asarray(run.captions).T)


def _shuffled_matrix(run: EmbeddingRun, seed: int) -> MatrixRun:
    generator = np.random.default_rng(seed)
    images, captions = generator.permutation(len(run.images)), generator.permutation(len(run.captions))
    scores = np.asarray(run.images)[images] @ np.asarray(run.captions)[captions].T
    return MatrixRun(scores, image_order=images, caption_order=captions)


def as_lists(run: EmbeddingRun) -> ListRun:
    """Keep the first candidates of every query, in both directions."""
    scores = np.asarray(_matrix(run).scores)
    return ListRun({Direction.I2T: _ranked(scores), Direction.T2I: _ranked(np.ascontiguousarray(scores.T))})


def _ranked(scores: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> RankedLists:
    n_queries, n_candidates = scores.shape
    best = np.argsort(-scores, axis=1, kind="stable")[:, :LIST_LENGTH]
    found = np.take_along_axis(scores, best, axis=1).astype(np.float64)
    offsets = np.arange(n_queries + 1, dtype=np.int64) * best.shape[1]
    return RankedLists(offsets, best.ravel(), found.ravel(), n_candidates)


def _random(data: ToyData, seed: int) -> MatrixRun:
    shape = (data.split.n_images, data.split.n_captions)
    return MatrixRun(np.random.default_rng(seed).random(shape, dtype=np.float32))


def _constant(data: ToyData, seed: int) -> MatrixRun:
    return MatrixRun(np.full((data.split.n_images, data.split.n_captions), 0.5, dtype=np.float16))


_BASELINE = _trained(CcaOptions())
_WITH_PAIRS = _trained(CcaOptions(word_pairs=True))
_FEW_WORDS = _trained(CcaOptions(n_terms=30))
_COLOUR = _trained(CcaOptions(cues=frozenset({Cue.COLOUR})))
_SHAPE = _trained(CcaOptions(cues=frozenset({Cue.SHAPE})))

SYSTEMS = (
    DemoSystem(
        "cca",
        "CCA: colour, shape, words",
        "Regularised CCA between histograms of pixels and tf-idf counts of words: the real baseline.",
        _BASELINE,
        "embeddings",
        ".npz",
        "embeddings, .npz",
    ),
    DemoSystem(
        "cca-pairs",
        "CCA: and word pairs",
        "The baseline with pairs of neighbouring words among its terms.",
        lambda data, seed: _matrix(_WITH_PAIRS(data, seed)),
        "matrix",
        ".npy",
        "matrix, .npy",
    ),
    DemoSystem(
        "cca-few-words",
        "CCA: 30 words only",
        "The baseline with the 30 most frequent words alone.",
        lambda data, seed: _shuffled_matrix(_FEW_WORDS(data, seed), seed),
        "matrix",
        ".npz",
        "matrix with ids in another order, .npz",
    ),
    DemoSystem(
        "cca-colour",
        "CCA: colour only",
        "The baseline without any feature of shape.",
        lambda data, seed: as_lists(_COLOUR(data, seed)),
        "trec",
        ".trec",
        f"TREC run of the first {LIST_LENGTH}",
    ),
    DemoSystem(
        "cca-shape",
        "CCA: shape only",
        "The baseline without any feature of colour.",
        lambda data, seed: as_lists(_SHAPE(data, seed)),
        "ranked-json",
        ".json",
        f"JSON lists of the first {LIST_LENGTH}",
    ),
    DemoSystem(
        "same-seed",
        "CCA: one seed, sent three times",
        "The baseline under seed 2, handed in under three seeds: its spread of 0 is no evidence.",
        lambda data, seed: _BASELINE(data, 2),
        "embeddings",
        ".safetensors",
        "embeddings, .safetensors",
    ),
    DemoSystem(
        "random",
        "Random scores",
        "Independent uniform scores: chance.",
        _random,
        "matrix",
        ".h5",
        "matrix, HDF5",
        seed_governs=("sampling",),
    ),
    DemoSystem(
        "constant",
        "Constant scores",
        "The same score for every pair, so that the order is all ties: chance as well, and never more.",
        _constant,
        "matrix",
        ".safetensors",
        "matrix in float16, .safetensors",
        seed_governs=(),
        deterministic=True,
    ),
)
