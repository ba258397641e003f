"""What a classical system sees of a picture: where its colours are, and which way its edges run."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]

LEVELS = 4
"""Levels per colour channel of the colour histogram."""
COARSE_LEVELS = 3
CELLS = 3
FINE_CELLS = 6
ORIENTATIONS = 12
LEAST_CONTRAST = 14
"""Below it a change is the grain of the picture and no edge."""
GREY_WEIGHTS = (45, 35, 20)
"""Percent of red, green and blue. Red counts more than in a photograph, so that no two colours of the palette look the
same. Whole numbers, so that flat areas and edges are the same on every machine.
"""


class Cue(StrEnum):
    """A kind of evidence; a deliberately weak system does without one."""

    COLOUR = "colour"
    SHAPE = "shape"


@dataclass(frozen=True, slots=True, eq=False)
class PixelFeatures:
    """Histograms of some images, one row an image, kept apart so that systems may share them."""

    colour: Features
    """Colours in each cell of a grid."""
    shape: Features
    """Edge orientations, in each cell of a finer grid and in all."""
    joint: Features
    """Edge orientations of each colour."""

    def seen_with(self, cues: frozenset[Cue]) -> Features:
        """Return the columns that a system with these cues sees."""
        parts = []
        if Cue.COLOUR in cues:
            parts.append(self.colour)
        if Cue.SHAPE in cues:
            parts.append(self.shape)
        if cues == frozenset(Cue):
            parts.append(self.joint)
        return np.concatenate(parts, axis=1)


def pixel_features(images: NDArray[np.uint8]) -> PixelFeatures:
    """Describe images by histograms.

    Args:
        images: Shape (n_images, height, width, 3).
    """
    n_images, height, width, _ = images.shape
    edges = _edges(images)
    cell = _cells(height, width, CELLS) * LEVELS**3 + _colour_bins(images, LEVELS)
    colour = _histogram(np.repeat(np.arange(n_images), height * width), cell.ravel(), n_images, CELLS**2 * LEVELS**3)

    def oriented(group: NDArray[np.int32], n_groups: int) -> Features:
        bins = group.ravel()[edges.pixel] * ORIENTATIONS + edges.orientation
        return _histogram(edges.pixel // (height * width), bins, n_images, n_groups * ORIENTATIONS, edges.strength)

    local = oriented(np.broadcast_to(_cells(height, width, FINE_CELLS), images.shape[:3]), FINE_CELLS**2)
    overall = oriented(np.zeros(images.shape[:3], dtype=np.int32), 1)
    joint = oriented(_colour_bins(images, COARSE_LEVELS), COARSE_LEVELS**3)
    return PixelFeatures(colour, np.concatenate((local, overall), axis=1), joint)


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    pixel: NDArray[np.int64]
    """Flat index over images, rows and columns."""
    orientation: NDArray[np.int64]
    strength: Features


def _colour_bins(images: NDArray[np.uint8], levels: int) -> NDArray[np.int32]:
    level = (np.arange(256) * levels // 256).astype(np.int32)[images]
    bins: NDArray[np.int32] = (level[..., 0] * levels + level[..., 1]) * levels + level[..., 2]
    return bins


def _cells(height: int, width: int, count: int) -> NDArray[np.int32]:
    rows, columns = np.arange(height) * count // height, np.arange(width) * count // width
    return (rows[:, None] * count + columns[None, :]).astype(np.int32)


def _edges(images: NDArray[np.uint8]) -> _Edges:
    """Find the pixels where the brightness-weighted colour changes, how much, and which way the edge runs."""
    grey: NDArray[np.int32] = images.astype(np.int32) @ np.array(GREY_WEIGHTS, dtype=np.int32)
    down, across = np.zeros_like(grey), np.zeros_like(grey)
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    squared = (down**2 + across**2).ravel()
    pixel = np.flatnonzero(squared > (100 * LEAST_CONTRAST) ** 2)
    turn = np.arctan2(down.ravel()[pixel], across.ravel()[pixel]) / np.pi % 1
    # Upright, level and diagonal edges lie in the middle of a bin, where the last bit of an angle decides nothing.
    orientation = (turn * ORIENTATIONS + 0.5).astype(np.int64) % ORIENTATIONS
    return _Edges(pixel, orientation, (np.sqrt(squared[pixel]) / 100).astype(np.float32))


def _histogram(
    image: NDArray[np.int64], bins: NDArray[np.int32], n_images: int, size: int, weights: Features | None = None
) -> Features:
    """Count bins per image; the root keeps large areas from drowning small ones."""
    counts = np.bincount(image * size + bins, weights, minlength=n_images * size)
    return np.sqrt(counts.reshape(n_images, size)).astype(np.float32)
