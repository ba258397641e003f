"""What every score format does with a run: keep it and give it back unchanged, or say that it cannot keep it."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from evaluator.errors import ScoreFileError
from evaluator.ranked_lists import build_lists, sides_of
from evaluator.run import EmbeddingRun, ListRun, MatrixRun, RankEvidence, Run
from evaluator.score_format import Reading, ScoreFormat
from splits import Centricity, Dataset, Direction, Split

DATASET = Dataset("made", "Made", Centricity.SCENE, "CC0-1.0", "none", "generated")


def made_split(prefix: str, n_images: int) -> Split:
    """Two captions for each image, of which the first also fits the second image."""
    pairs = [(c, c // 2) for c in range(2 * n_images)] + [(0, 1)]
    images, captions = range(n_images), range(2 * n_images)
    return Split(
        "made/test",
        DATASET,
        tuple(f"{prefix}im{i}" for i in images),
        tuple(f"{prefix}cap{i}" for i in captions),
        np.array(pairs),
    )


SPLIT, OTHER_SPLIT = made_split("", 6), made_split("x", 8)


def sample_runs() -> dict[str, Run]:
    """Runs of every kind for `SPLIT`, without ties: not every format can keep those."""
    generator = np.random.default_rng(0)
    scores = generator.standard_normal((6, 12)).astype(np.float32)
    images, captions = generator.permutation(6), generator.permutation(12)
    vectors = [generator.standard_normal((n, 5)).astype(np.float32) for n in (6, 12)]
    lists = {direction: _lists(direction, generator) for direction in Direction}
    return {
        "a matrix": MatrixRun(scores),
        "a matrix of captions x images": MatrixRun(scores.T, captions_first=True),
        "a matrix in another order": MatrixRun(scores, image_order=images, caption_order=captions),
        "embeddings": EmbeddingRun(*vectors),
        "embeddings in another order": EmbeddingRun(*vectors, caption_order=captions),
        "lists of both directions": ListRun(lists),
        "lists of captions": ListRun({Direction.I2T: lists[Direction.I2T]}),
        "lists of images": ListRun({Direction.T2I: lists[Direction.T2I]}),
        "ranks of both directions": RankEvidence({Direction.I2T: np.arange(6), Direction.T2I: np.arange(12) % 5}),
        "ranks of captions": RankEvidence({Direction.I2T: np.arange(6)[::-1]}),
    }


def _lists(direction: Direction, generator: np.random.Generator):
    sides = sides_of(SPLIT, direction)
    n, depth = len(sides.query_ids), len(sides.candidate_ids) // 2
    candidates = np.concatenate([generator.permutation(2 * depth)[:depth] for _ in range(n)])
    return build_lists(sides, np.repeat(np.arange(n), depth), candidates, np.tile(np.arange(depth, 0.0, -1), n))


def written_files(one: ScoreFormat, folder: Path) -> Iterator[tuple[Path, Run]]:
    """Write every sample run that a format keeps, under every one of its file name endings."""
    for position, run in enumerate(sample_runs().values()):
        for suffix in one.suffixes or ("",):
            path = folder / f"{one.name}-{position}{suffix}"
            try:
                one.write(path, run, SPLIT)
            except ScoreFileError:
                continue
            yield path, run


def check_round_trips(one: ScoreFormat, catalog: dict[str, ScoreFormat], folder: Path) -> None:
    """Every run that a format writes is accepted by it alone, under any name, and read back as it was."""
    kept = set()
    for path, run in written_files(one, folder):
        bare = path.rename(folder / path.name.replace(".", "_"))
        assert [other.name for other in catalog.values() if other.accepts(bare)] == [one.name], path.name
        found = one.read(bare, SPLIT, Reading())
        assert found.format == one.name
        assert_same(found.run, run)
        kept.add(type(run))
    assert kept, f"{one.name} writes no run of any kind"


def check_refusals(one: ScoreFormat, folder: Path) -> None:
    """A kind of run that a format cannot keep is refused by its name, and a file is refused for another split."""
    kept = {type(run) for _, run in written_files(one, folder)}
    for run in sample_runs().values():
        if type(run) not in kept:
            with pytest.raises(ScoreFileError, match=re.escape(f"not {type(run).__name__}")):
                one.write(folder / f"refused{(*one.suffixes, '')[0]}", run, SPLIT)
    for path, _ in written_files(one, folder):
        with pytest.raises(ScoreFileError):
            one.read(path, OTHER_SPLIT, Reading())


def assert_same(found: Run, expected: Run) -> None:
    """Whether two runs say the same; lists that keep no scores say the same order."""
    assert type(found) is type(expected)
    if isinstance(expected, MatrixRun):
        np.testing.assert_array_equal(canonical_matrix(found), canonical_matrix(expected))
    elif isinstance(expected, EmbeddingRun):
        for side, order in (("images", "image_order"), ("captions", "caption_order")):
            one, two = (canonical(getattr(run, side), getattr(run, order)) for run in (found, expected))
            np.testing.assert_array_equal(one, two)
    elif isinstance(expected, ListRun):
        assert list(found.lists) == list(expected.lists)
        for direction, lists in expected.lists.items():
            assert_same_lists(found.lists[direction], lists)
    else:
        assert list(found.ranks) == list(expected.ranks)
        for direction, ranks in expected.ranks.items():
            np.testing.assert_array_equal(found.ranks[direction], ranks)


def assert_same_lists(found, expected) -> None:
    """Whether two sets of lists name the same candidates in the same order, without ties."""
    np.testing.assert_array_equal(found.offsets, expected.offsets)
    np.testing.assert_array_equal(found.candidates, expected.candidates)
    assert found.n_candidates == expected.n_candidates
    for row in np.split(found.scores, found.offsets[1:-1]):
        assert (np.diff(row) < 0).all()


def canonical_matrix(run: MatrixRun):
    """The scores as images x captions in the split's order."""
    scores = run.scores.T if run.captions_first else run.scores
    return canonical(canonical(scores, run.image_order).T, run.caption_order).T


def canonical(rows, order):
    """Rows in the split's order."""
    if order is None:
        return rows
    found = np.empty_like(rows)
    found[order] = rows
    return found
