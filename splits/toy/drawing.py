"""Anti-aliased shapes from signed distances, in plain element-wise arithmetic that every numpy rounds alike."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.floating]
Corners: TypeAlias = tuple[tuple[float, float], ...]


def _corners(degrees: Sequence[float], radii: Sequence[float] = (1.0,)) -> Corners:
    # Rounded, because the last digit of a sine depends on the machine.
    return tuple(
        (
            round(radii[n % len(radii)] * math.cos(math.radians(angle)), 4),
            round(radii[n % len(radii)] * math.sin(math.radians(angle)), 4),
        )
        for n, angle in enumerate(degrees)
    )


POLYGONS: Mapping[str, Corners] = {
    "square": ((-0.84, -0.84), (0.84, -0.84), (0.84, 0.84), (-0.84, 0.84)),
    "triangle": ((0.0, -1.0), (1.0, 0.8), (-1.0, 0.8)),
    "diamond": ((0.0, -1.1), (0.75, 0.0), (0.0, 1.1), (-0.75, 0.0)),
    "hexagon": _corners(range(0, 360, 60)),
    "star": _corners(range(-90, 270, 36), (1.12, 0.54)),
    "cross": (
        (-0.38, -1.0),
        (0.38, -1.0),
        (0.38, -0.38),
        (1.0, -0.38),
        (1.0, 0.38),
        (0.38, 0.38),
        (0.38, 1.0),
        (-0.38, 1.0),
        (-0.38, 0.38),
        (-1.0, 0.38),
        (-1.0, -0.38),
        (-0.38, -0.38),
    ),
}


def signed_distance(shape: str, x: Field, y: Field) -> Field:
    """Return the distance to the edge of a shape of radius 1 around the origin, negative inside.

    Args:
        shape: The name of the shape.
        x: To the right, in radii.
        y: Downwards, in radii.
    """
    if shape in POLYGONS:
        return _polygon_distance(POLYGONS[shape], x, y)
    return ROUND_SHAPES[shape](x, y)


def coverage(distance: Field) -> Field:
    """Turn a distance in pixels into the share of a pixel that is inside."""
    share: Field = np.clip(np.float32(0.5) - distance, np.float32(0), np.float32(1))
    return share


def bands(position: Field, period: float) -> Field:
    """Return a distance in pixels that is negative in every other half period."""
    turns = position * np.float32(1 / period)
    distance: Field = (np.abs(turns - np.floor(turns) - np.float32(0.5)) - np.float32(0.25)) * np.float32(period)
    return distance


def dots(x: Field, y: Field, period: float) -> Field:
    """Return a distance in pixels that is negative within dots on a square grid, one of them in the middle."""
    half = np.float32(0.5)
    across, down = x * np.float32(1 / period) + half, y * np.float32(1 / period) + half
    nearest = _length(across - np.floor(across) - half, down - np.floor(down) - half)
    return (nearest - np.float32(0.29)) * np.float32(period)


def checks(x: Field, y: Field, period: float) -> Field:
    """Return a distance in pixels that is negative in every other square of a checkerboard."""
    across, down = bands(x, period), bands(y, period)
    distance: Field = np.maximum(np.minimum(across, down), -np.maximum(across, down))
    return distance


def _length(x: Field, y: Field) -> Field:
    length: Field = np.sqrt(x * x + y * y)
    return length


def _disc(x: Field, y: Field) -> Field:
    return _length(x, y) - np.float32(1)


def _ring(x: Field, y: Field) -> Field:
    distance: Field = np.abs(_disc(x, y) + np.float32(0.24)) - np.float32(0.24)
    return distance


def _crescent(x: Field, y: Field) -> Field:
    distance: Field = np.maximum(_disc(x, y), np.float32(0.82) - _length(x - np.float32(0.48), y))
    return distance


def _dome(x: Field, y: Field) -> Field:
    below = y - np.float32(0.45)
    distance: Field = np.maximum(_length(x, below) - np.float32(1.1), below)
    return distance


def _polygon_distance(corners: Corners, x: Field, y: Field) -> Field:
    squared = np.full(x.shape, np.inf, dtype=np.float32)
    inside = np.zeros(x.shape, dtype=bool)
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        ex, ey = np.float32(bx - ax), np.float32(by - ay)
        px, py = x - np.float32(ax), y - np.float32(ay)
        along = np.clip((px * ex + py * ey) * np.float32(1 / float(ex * ex + ey * ey)), np.float32(0), np.float32(1))
        dx, dy = px - ex * along, py - ey * along
        squared = np.minimum(squared, dx * dx + dy * dy)
        if ey != 0:
            crosses = (y >= np.float32(min(ay, by))) & (y < np.float32(max(ay, by)))
            inside ^= crosses & (px < py * np.float32(float(ex) / float(ey)))
    distance = np.sqrt(squared)
    return np.where(inside, -distance, distance)


ROUND_SHAPES: Mapping[str, Callable[[Field, Field], Field]] = {
    "circle": _disc,
    "ring": _ring,
    "crescent": _crescent,
    "dome": _dome,
}
