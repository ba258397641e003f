"""Render the toy splits: the facts come from scenes and badges, and what no caption tells is drawn here."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from splits.toy.badge import Badge, badges_of
from splits.toy.drawing import Field, bands, checks, coverage, dots, signed_distance
from splits.toy.draws import Draws, between, draws, pick
from splits.toy.parts import Part
from splits.toy.scene import GRID, Scene, scenes_of
from splits.toy.vocabulary import BACKGROUNDS, PALETTE

Images = NDArray[np.uint8]

SIDE = 64
MARGIN = 8
PATCH = 30
"""Wide enough for the biggest thing of a scene, turned."""
OUTLINE_PIXELS = {"none": 0.0, "thin": 1.3, "thick": 2.8}
BADGE_RADIUS = {"small": 15.0, "medium": 19.5, "big": 24.0}
THING_RADIUS = {"small": 4.8, "big": 8.4}
STRIPE_PIXELS = 8.0
INK = (30, 30, 36)


@cache
def pictures_of(part: Part) -> Images:
    """Render every image of a toy split, in canonical order; the array is shared and read-only."""
    canvas = _backgrounds(part)
    if part.dataset == "toy-scene":
        _paint_scenes(canvas, part, scenes_of(part))
    else:
        _paint_badges(canvas, part, badges_of(part))
    inner = canvas[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    levels = np.floor(inner + _grain(part, inner.shape) + np.float32(0.5))
    images: Images = np.clip(levels, 0, 255).astype(np.uint8)
    images.flags.writeable = False
    return images


def _backgrounds(part: Part) -> Field:
    rows = []
    for index in range(part.n_images):
        stream = draws(f"{part.name}/background/{index}")
        tint = pick(stream, BACKGROUNDS)
        rows.append((*(c + between(stream, -5, 5) for c in tint), between(stream, -16, 16), between(stream, -16, 16)))
    drawn = np.array(rows, dtype=np.float32)[:, None, None, :]
    place = np.linspace(-0.5, 0.5, SIDE + 2 * MARGIN, dtype=np.float64).astype(np.float32)
    slope = drawn[..., 3] * place[None, :, None] + drawn[..., 4] * place[None, None, :]
    return np.ascontiguousarray(drawn[..., :3] + slope[..., None])


def _grain(part: Part, shape: tuple[int, ...]) -> Field:
    count = math.prod(shape)
    raw = np.random.PCG64(next(draws(f"{part.name}/grain"))).random_raw(-(-count // 8))
    noise = raw.astype("<u8").view(np.uint8)[:count] % np.uint8(9)
    return noise.reshape(shape).astype(np.float32) - np.float32(4)


def _shade(stream: Draws, colour: str) -> tuple[float, ...]:
    lighter = between(stream, -10, 10)
    return tuple(float(min(255, max(0, c + lighter + between(stream, -6, 6)))) for c in PALETTE[colour])


def _turn(stream: Draws, most_degrees: int) -> tuple[float, float]:
    angle = math.radians(between(stream, -most_degrees, most_degrees))
    return round(math.cos(angle), 4), round(math.sin(angle), 4)


def _paint_scenes(canvas: Field, part: Part, scenes: Sequence[Scene]) -> None:
    """Paint all things of a split that have the same shape at once; things of a scene never overlap."""
    by_shape: dict[str, list[tuple[float, ...]]] = {}
    cell = SIDE / GRID
    for index, scene in enumerate(scenes):
        stream = draws(f"{part.name}/pixels/{index}")
        for thing in scene:
            x, y = (MARGIN + (n + 0.5) * cell + between(stream, -10, 10) / 8 for n in (thing.column, thing.row))
            radius = THING_RADIUS[thing.size] * (1 + between(stream, -8, 8) / 100)
            drawn = (float(index), x, y, radius, *_turn(stream, 9), *_shade(stream, thing.colour))
            by_shape.setdefault(thing.shape, []).append(drawn)
    for shape, rows in by_shape.items():
        _paint_patches(canvas, shape, np.array(rows, dtype=np.float32))


def _paint_patches(canvas: Field, shape: str, drawn: Field) -> None:
    image = drawn[:, 0].astype(np.intp)[:, None, None]
    corner = np.floor(drawn[:, 1:3]).astype(np.intp) - PATCH // 2
    columns = corner[:, 0, None, None] + np.arange(PATCH)[None, None, :]
    rows = corner[:, 1, None, None] + np.arange(PATCH)[None, :, None]
    _, x0, y0, radius, cosine, sine = (drawn[:, n, None, None] for n in range(6))
    right, down = columns.astype(np.float32) - x0, rows.astype(np.float32) - y0
    x, y = (right * cosine + down * sine) / radius, (down * cosine - right * sine) / radius
    alpha = coverage(signed_distance(shape, x, y) * radius)
    # Things of one scene are in different cells but their patches overlap: blend one by one per image.
    order = np.argsort(image.ravel(), kind="stable")
    nth_of_image = np.arange(len(order)) - np.searchsorted(image.ravel()[order], image.ravel()[order])
    for turn in range(int(nth_of_image.max()) + 1):
        now = order[nth_of_image == turn]
        share = alpha[now, :, :, None]
        patch = canvas[image[now], rows[now], columns[now]]
        canvas[image[now], rows[now], columns[now]] = patch + share * (drawn[now, None, None, 6:] - patch)


def _paint_badges(canvas: Field, part: Part, badges: Sequence[Badge]) -> None:
    """Paint all badges of one shape and one pattern at once."""
    groups: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    middle = MARGIN + SIDE / 2
    for index, badge in enumerate(badges):
        stream = draws(f"{part.name}/pixels/{index}")
        x, y = (middle + between(stream, -40, 40) / 8 for _ in range(2))
        radius = BADGE_RADIUS[badge.size or ""] * (1 + between(stream, -6, 6) / 100)
        first, second = _shade(stream, badge.colour or ""), _shade(stream, badge.second or badge.colour or "")
        drawn = (float(index), x, y, radius, *_turn(stream, 16), OUTLINE_PIXELS[badge.outline or ""], *first, *second)
        groups.setdefault((badge.shape or "", badge.pattern or ""), []).append(drawn)
    for (shape, pattern), rows in groups.items():
        _paint_group(canvas, shape, pattern, np.array(rows, dtype=np.float32))


def _paint_group(canvas: Field, shape: str, pattern: str, drawn: Field) -> None:
    index = drawn[:, 0].astype(np.intp)
    _, x0, y0, radius, cosine, sine, outline = (drawn[:, n, None, None] for n in range(7))
    pixels = np.arange(SIDE + 2 * MARGIN, dtype=np.float32)
    right, down = pixels[None, None, :] - x0, pixels[None, :, None] - y0
    x, y = right * cosine + down * sine, down * cosine - right * sine
    distance = signed_distance(shape, x / radius, y / radius) * radius
    # Lit from above, so that a badge looks like one.
    light = (np.float32(1) - np.float32(0.12) * np.clip(y / radius, -1, 1))[..., None]
    face = drawn[:, None, None, 7:10] * light
    marks = coverage(_pattern_distance(pattern, x, y, distance, radius, outline))[..., None]
    face = face + marks * (drawn[:, None, None, 10:13] * light - face)
    edge = (coverage(-(distance + outline)) * (outline > 0))[..., None]
    face = face + edge * (np.array(INK, dtype=np.float32) - face)
    share = coverage(distance)[..., None]
    canvas[index] += share * (face - canvas[index])


def _pattern_distance(pattern: str, x: Field, y: Field, distance: Field, radius: Field, outline: Field) -> Field:
    if pattern == "across":
        return bands(y, STRIPE_PIXELS)
    if pattern == "upright":
        return bands(x, STRIPE_PIXELS)
    if pattern == "dots":
        return dots(x, y, STRIPE_PIXELS)
    if pattern == "checks":
        return checks(x, y, 1.5 * STRIPE_PIXELS)
    if pattern == "halves":
        return -x
    if pattern == "core":
        depth: Field = np.maximum(np.float32(0.18) * radius, outline + np.float32(1.6))
        return distance + depth
    nowhere: Field = np.full_like(x, np.inf)
    return nowhere
