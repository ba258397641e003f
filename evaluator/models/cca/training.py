"""A classical baseline: regularised canonical correlation between histograms of pixels and counts of words.

It needs no deep-learning framework, trains in a fraction of a second on the toy datasets, and is honest: it is fitted
to the training part only, chooses its regularisation on the validation part, and its seed governs which images and
captions it is trained on, so that two seeds really give two systems.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator.models.cca.pixel_features import Cue, Features, PixelFeatures, pixel_features
from evaluator.models.cca.word_features import Vocabulary, vocabulary_of
from splits.split import Indices

__all__ = ["BOTH_CUES", "CcaModel", "CcaOptions", "Cue", "Examples", "examples_of", "fit"]

Matrix = NDArray[np.float64]

BOTH_CUES = frozenset(Cue)
PRINCIPAL_AXES = 200
COMPONENTS = 150
CORRELATION_POWER = 2
"""How much more a component counts the better it correlates."""


@dataclass(frozen=True, slots=True)
class CcaOptions:
    """What a system sees; the defaults are the real baseline, anything less a deliberately weaker system."""

    cues: frozenset[Cue] = BOTH_CUES
    n_terms: int = 300
    word_pairs: bool = False
    regularisations: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3)
    """The ridge on both sides, as a share of the greatest variance; the best on validation is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Images with their captions, the pixels already described, so that several systems can share the work."""

    images: PixelFeatures
    captions: Sequence[str]
    image_of_caption: Indices


@dataclass(frozen=True, slots=True, eq=False)
class CcaModel:
    """A trained system: two linear maps into one space."""

    options: CcaOptions
    regularisation: float
    vocabulary: Vocabulary
    image_mean: Features
    image_map: Features
    caption_mean: Features
    caption_map: Features

    def encode_images(self, images: PixelFeatures | NDArray[np.uint8]) -> Features:
        """Return one row of length 1 per image."""
        features = images if isinstance(images, PixelFeatures) else pixel_features(images)
        return _directions((features.seen_with(self.options.cues) - self.image_mean) @ self.image_map)

    def encode_captions(self, captions: Sequence[str]) -> Features:
        """Return one row of length 1 per caption."""
        return _directions((self.vocabulary.features(captions) - self.caption_mean) @ self.caption_map)


def examples_of(images: NDArray[np.uint8], captions: Sequence[str], image_of_caption: Indices) -> Examples:
    """Describe the pixels of some images, once for all systems to be trained on them."""
    return Examples(pixel_features(images), captions, image_of_caption)


def fit(train: Examples, validation: Examples, *, seed: int, options: CcaOptions | None = None) -> CcaModel:
    """Train one system.

    Args:
        train: What it learns from.
        validation: On what its regularisation is chosen, by R@1 over both directions.
        seed: Governs which images and captions are drawn, with replacement, to be trained on.
        options: What the system sees; the real baseline if omitted.
    """
    options = options or CcaOptions()
    drawn, repeats, captions = _resample(train.image_of_caption, np.random.default_rng(seed))
    vocabulary = vocabulary_of(train.captions, n_terms=options.n_terms, pairs=options.word_pairs)
    images = train.images.seen_with(options.cues)[drawn]
    words = vocabulary.features(train.captions)[captions]
    correlated = _Correlated.between(images, repeats, words)
    candidates = []
    for regularisation in options.regularisations:
        image_map, caption_map = correlated.maps(regularisation)
        candidates.append(
            CcaModel(
                options,
                regularisation,
                vocabulary,
                images.mean(axis=0),
                image_map,
                words.mean(axis=0),
                caption_map,
            )
        )
    return max(candidates, key=lambda model: _first_places(model, validation))


def _resample(image_of_caption: Indices, generator: np.random.Generator) -> tuple[Indices, Indices, Indices]:
    """Draw images with replacement and, for each, as many of its captions as it has, with replacement too.

    Returns:
        The drawn images, how many captions were drawn for each, and the drawn captions in the same order.
    """
    by_image = np.argsort(image_of_caption, kind="stable")
    n_captions = np.bincount(image_of_caption)
    starts = np.cumsum(n_captions) - n_captions
    drawn = generator.integers(0, len(n_captions), len(n_captions))
    repeats = n_captions[drawn]
    place = np.floor(generator.random(repeats.sum()) * np.repeat(repeats, repeats)).astype(np.int64)
    return drawn, repeats, by_image[np.repeat(starts[drawn], repeats) + place]


@dataclass(frozen=True, slots=True, eq=False)
class _Correlated:
    """The variances of both sides along their principal axes, and the covariance between them."""

    image_axes: Matrix
    image_variances: Matrix
    caption_axes: Matrix
    caption_variances: Matrix
    covariance: Matrix

    @classmethod
    def between(cls, images: Features, repeats: Indices, words: Features) -> "_Correlated":
        centred = images - images.mean(axis=0)
        image_axes, image_variances = _principal_axes(centred)
        paired = words - words.mean(axis=0)
        caption_axes, caption_variances = _principal_axes(paired)
        projected = np.repeat(centred @ image_axes, repeats, axis=0)
        covariance = projected.T @ (paired @ caption_axes) / len(paired)
        return cls(image_axes, image_variances, caption_axes, caption_variances, covariance)

    def maps(self, regularisation: float) -> tuple[Features, Features]:
        """Solve for one ridge; components that correlate better weigh more."""
        left = 1 / np.sqrt(self.image_variances + regularisation * self.image_variances[0])
        right = 1 / np.sqrt(self.caption_variances + regularisation * self.caption_variances[0])
        u, correlations, vt = np.linalg.svd(left[:, None] * self.covariance * right, full_matrices=False)
        weights = correlations[:COMPONENTS] ** CORRELATION_POWER
        image_map = self.image_axes @ (left[:, None] * u[:, :COMPONENTS] * weights)
        caption_map = self.caption_axes @ (right[:, None] * vt[:COMPONENTS].T * weights)
        return image_map.astype(np.float32), caption_map.astype(np.float32)


def _principal_axes(centred: Features) -> tuple[Matrix, Matrix]:
    """Return the axes of greatest variance as columns, and the variance along each, descending."""
    rows, columns = centred.shape
    exact = centred.astype(np.float64)
    # The smaller of the two products has the same eigenvalues.
    product = exact @ exact.T if rows < columns else exact.T @ exact
    values, vectors = np.linalg.eigh(product)
    values, vectors = values[::-1][:PRINCIPAL_AXES], vectors[:, ::-1][:, :PRINCIPAL_AXES]
    kept = values > values[0] * 1e-9
    values, vectors = values[kept], vectors[:, kept]
    axes = exact.T @ vectors / np.sqrt(values) if rows < columns else vectors
    return axes, values / rows


def _directions(vectors: NDArray[np.floating]) -> Features:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Features = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return unit


def _first_places(model: CcaModel, examples: Examples) -> float:
    scores = model.encode_images(examples.images) @ model.encode_captions(examples.captions).T
    owner = examples.image_of_caption
    by_caption = np.mean(scores.argmax(axis=0) == owner)
    by_image = np.mean(owner[scores.argmax(axis=1)] == np.arange(len(scores)))
    return float(by_caption + by_image)
