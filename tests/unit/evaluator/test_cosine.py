"""Embeddings are counted as the exact cosines rank, whatever the tiles, the types and the order of the file."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evaluator import cosine_kernel, cosine_tiles
from evaluator.blas import blas_threads, one_thread_each
from evaluator.cosine import Vectors, cosines, float32_error, float64_error
from evaluator.cosine_counts import count_embeddings
from evaluator.evaluation import evaluate
from evaluator.finiteness import refuse_unscorable
from evaluator.groups import relevant_groups
from evaluator.passes import thread_count
from evaluator.protocol import PROTOCOLS, Folds, Protocol
from evaluator.ranking import FoldPlan, count_ranks, restrict
from evaluator.run import EmbeddingRun, ListRun, MatrixRun, ScoreFile
from splits.errors import RematchError
from splits.loading import load_split
from splits.split import Direction, Judgments, Relevance
from tests.unit.evaluator.conftest import make_split

BLAS = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]


def definition(run: EmbeddingRun) -> MatrixRun:
    """The whole matrix: unit rows multiplied in float64, rounded to float32."""
    images, captions = (np.asarray(side, dtype=np.float64) for side in (run.images, run.captions))
    images, captions = (side / np.abs(side).max(axis=1, keepdims=True) for side in (images, captions))
    images, captions = (side / np.sqrt((side * side).sum(axis=1, keepdims=True)) for side in (images, captions))
    return MatrixRun((images @ captions.T).astype(np.float32), False, run.image_order, run.caption_order)


def assert_same_counts(run, judgments, table=None, plan=None):
    table = definition(run) if table is None else table
    mine, theirs = count_ranks(run, judgments, plan), count_ranks(table, judgments, plan)
    for direction in Direction:
        for field in ("queries", "above", "tied", "tied_relevant"):
            ours, expected = getattr(mine[direction], field), getattr(theirs[direction], field)
            assert ours.dtype == expected.dtype
            assert np.array_equal(ours, expected), (direction, field)


def assert_same_groups(run, judgments, table=None):
    table = definition(run) if table is None else table
    counts = count_ranks(table, judgments)
    for direction in Direction:
        mine, theirs = (relevant_groups(one, judgments.towards(direction), direction) for one in (run, table))
        for field in ("queries", "offsets", "above", "size", "relevant", "n_relevant"):
            assert np.array_equal(getattr(mine, field), getattr(theirs, field)), (direction, field)
        for field in ("queries", "above", "tied", "tied_relevant"):
            assert np.array_equal(getattr(mine.best, field), getattr(counts[direction], field)), (direction, field)


def related(rng, n_images, n_captions, width, *, noise=1.0):
    images = rng.standard_normal((n_images, width))
    captions = images[np.arange(n_captions) * n_images // n_captions] + noise * rng.standard_normal((n_captions, width))
    return images.astype(np.float32), captions.astype(np.float32)


def several_relevant(rng, n_images, n_captions):
    """Judgments of any kind: several relevant candidates, queries that are not asked, no symmetry."""

    def towards(n_queries, n_candidates):
        queries = rng.integers(n_queries, size=3 * n_queries // 2 + 1)
        return Relevance.from_pairs(queries, rng.integers(n_candidates, size=len(queries)), n_queries, n_candidates)

    return Judgments("generated", towards(n_images, n_captions), towards(n_captions, n_images))


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.fixture
def small_tiles(monkeypatch):
    monkeypatch.setattr(cosine_tiles, "TILE", (40, 70))
    monkeypatch.setattr(cosine_tiles, "FEWEST_ROWS", 1)


@pytest.mark.parametrize("width", [1, 2, 3, 7, 8, 9, 64, 771])
@pytest.mark.parametrize(("n_images", "captions_each"), [(1, 1), (1, 5), (13, 1), (150, 3)])
def test_counts_and_groups_are_those_of_the_whole_matrix(rng, small_tiles, n_images, captions_each, width):
    split = make_split(n_images, captions_each)
    run = EmbeddingRun(*related(rng, split.n_images, split.n_captions, width, noise=3))
    assert_same_counts(run, split.judgments())
    assert_same_groups(run, split.judgments())


def _duplicates(images, captions, rng):
    captions[rng.integers(len(captions), size=len(captions) // 2)] = captions[0]
    images[5:9] = images[4]


def _neighbours(images, captions, rng):
    """Every caption is another one but for the last bit of one number."""
    captions[1::2] = captions[::2]
    places = rng.integers(captions.shape[1], size=len(captions) // 2)
    rows = np.arange(1, len(captions), 2)
    captions[rows, places] = np.nextafter(captions[rows, places], np.float32(9))


def _barely_apart(images, captions, rng):
    """All vectors lie within a few roundings of each other, so that hardly any comparison is certain."""
    captions[:] = images[0] + rng.integers(-2, 3, captions.shape) * np.spacing(images[0])
    images[:] = images[0] + rng.integers(-2, 3, images.shape) * np.spacing(images[0])


def _opposite(images, captions, rng):
    captions[::3] = -captions[1::3]
    images[::2] = -images[1::2]


def _alike(images, captions, rng):
    """A cone, as trained encoders give: all cosines near 1."""
    images += 30
    captions += 30


def _constant(images, captions, rng):
    images[:], captions[:] = 1, 2


def _sparse(images, captions, rng):
    images *= rng.random(images.shape) < 0.2
    captions *= rng.random(captions.shape) < 0.2
    images[:, 0] = captions[:, 0] = 0.5


SHAPES = (_duplicates, _neighbours, _barely_apart, _opposite, _alike, _constant, _sparse)


@pytest.mark.parametrize("reshape", SHAPES, ids=lambda reshape: reshape.__name__[1:])
@pytest.mark.parametrize("width", [5, 300])
def test_ties_and_near_ties_are_counted_as_in_the_whole_matrix(rng, small_tiles, reshape, width):
    images, captions = related(rng, 150, 300, width)
    reshape(images, captions, rng)
    run = EmbeddingRun(images, captions)
    for judgments in (make_split(150, 2).judgments(), several_relevant(rng, 150, 300)):
        assert_same_counts(run, judgments)
        assert_same_groups(run, judgments)


@st.composite
def small_whole_numbers(draw):
    """Vectors of small whole numbers, whose products are exact in any order: many cosines are equal."""
    n_images, each, width = draw(st.integers(1, 20)), draw(st.integers(1, 3)), draw(st.integers(1, 11))
    numbers = st.integers(-2, 2).map(float)
    sides = [draw(hnp.arrays(np.float32, (n, width), elements=numbers)) for n in (n_images, n_images * each)]
    for side in sides:
        side[~side.any(axis=1), 0] = 1
    return sides[0], sides[1], each


@settings(max_examples=80, deadline=None)
@given(problem=small_whole_numbers(), seed=st.integers(0, 9))
def test_vectors_of_small_whole_numbers_tie_as_their_exact_cosines(problem, seed):
    images, captions, each = problem
    wide = [side.astype(np.float64) for side in (images, captions)]
    lengths = [np.sqrt((side * side).sum(axis=1)) for side in wide]
    table = MatrixRun((wide[0] @ wide[1].T / (lengths[0][:, None] * lengths[1])).astype(np.float32))
    run = EmbeddingRun(images, captions)
    rng = np.random.default_rng(seed)
    for judgments in (make_split(len(images), each).judgments(), several_relevant(rng, len(images), len(captions))):
        assert_same_counts(run, judgments, table)
        assert_same_groups(run, judgments, table)


def test_the_size_of_the_tiles_and_the_number_of_threads_change_nothing(rng, monkeypatch):
    judgments = make_split(300, 2).judgments()
    images, captions = related(rng, 300, 600, 40)
    captions[77] = captions[500]
    found = []
    for tile, threads in (((1024, 2048), 2), ((7, 11), 1), ((64, 600), 5), ((300, 1), 3)):
        monkeypatch.setattr(cosine_tiles, "TILE", tile)
        monkeypatch.setattr(cosine_tiles, "FEWEST_ROWS", 1)
        monkeypatch.setattr(cosine_tiles, "thread_count", lambda threads=threads: threads)
        counts = count_embeddings(EmbeddingRun(images, captions), judgments)
        found.append([counts[d].above.tolist() + counts[d].tied.tolist() for d in Direction])
    assert found[0] == found[1] == found[2] == found[3]


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8"])
@pytest.mark.parametrize("layout", ["rows", "columns", "strided", "mapped"])
def test_type_byte_order_and_memory_layout_change_nothing(rng, tmp_path, dtype, layout):
    split = make_split(60, 2)
    sides = [side.astype(np.float16) for side in related(rng, 60, 120, 19)]

    def stored(name, side):
        if layout == "columns":
            return np.asfortranarray(side.astype(dtype))
        if layout == "strided":
            return np.repeat(side.astype(dtype), 2, axis=1)[:, ::2]
        if layout == "mapped":
            np.save(tmp_path / name, side.astype(dtype))
            return np.load(tmp_path / name, mmap_mode="r")
        return side.astype(dtype)

    run = EmbeddingRun(stored("i.npy", sides[0]), stored("c.npy", sides[1]))
    assert_same_counts(run, split.judgments(), definition(EmbeddingRun(*sides)))
    assert_same_groups(run, split.judgments(), definition(EmbeddingRun(*sides)))


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e-40, 1e40, 1e200, 1e305])
def test_very_short_and_very_long_vectors_are_compared_like_others(rng, scale):
    split = make_split(40, 2)
    images, captions = (side.astype(np.float64) for side in related(rng, 40, 80, 16))
    images[::2] *= scale
    captions[::3] *= scale
    run = EmbeddingRun(images, captions)
    assert_same_counts(run, split.judgments())


def test_embeddings_in_another_order_are_followed(rng, small_tiles):
    split = make_split(150, 2)
    images, captions = related(rng, 150, 300, 12)
    captions[10:40] = captions[3]
    rows, columns = rng.permutation(150), rng.permutation(300)
    shuffled = EmbeddingRun(images[rows], captions[columns], rows, columns)
    for judgments in (split.judgments(), several_relevant(rng, 150, 300)):
        assert_same_counts(shuffled, judgments, definition(EmbeddingRun(images, captions)))
        assert_same_groups(shuffled, judgments, definition(EmbeddingRun(images, captions)))


@pytest.mark.parametrize("in_order", [True, False])
def test_restricted_embeddings_are_the_chosen_rows_in_the_order_given(rng, in_order):
    images, captions = related(rng, 30, 90, 6)
    rows, columns = (np.arange(30), np.arange(90)) if in_order else (rng.permutation(30), rng.permutation(90))
    run = EmbeddingRun(images[rows], captions[columns], None if in_order else rows, None if in_order else columns)
    kept = restrict(run, np.arange(10, 20), np.array([5, 2, 80]))
    assert np.array_equal(kept.images, images[10:20])
    assert np.array_equal(kept.captions, captions[[5, 2, 80]])
    assert (kept.image_order, kept.caption_order) == (None, None)
    assert np.shares_memory(kept.images, run.images) is in_order


@pytest.mark.parametrize("folds", [Folds(3), Folds(3, draws=7)])
def test_folds_of_embeddings_are_those_of_the_whole_matrix(rng, small_tiles, folds):
    split = make_split(150, 2)
    images, captions = related(rng, 150, 300, 9)
    captions[rng.integers(300, size=60)] = captions[1]
    order = rng.permutation(300)
    run = EmbeddingRun(images, captions[order], caption_order=order)
    assert_same_counts(run, split.judgments(), plan=FoldPlan.of(folds, split, seed=3))


@pytest.mark.parametrize(
    "name", ["standard", "toy-scene", "toy-object", "toy-scene-1cap", "folded", "folded at random"]
)
def test_reports_on_embeddings_are_those_on_the_whole_matrix(rng, name):
    extra = {
        "folded": Protocol("folded", 1, "", None, folds=Folds(5)),
        "folded at random": Protocol("folded at random", 1, "", None, folds=Folds(5, draws=4)),
    }
    protocol = extra.get(name) or PROTOCOLS[name]
    split = (
        load_split(protocol.split) if protocol.split else make_split(100, 3, extra=[] if name in extra else [(7, 9)])
    )
    images, captions = related(rng, split.n_images, split.n_captions, 24)
    captions = images[split.image_of_caption] + (captions - captions.mean(axis=0))
    captions[4] = captions[9]
    run = EmbeddingRun(images, captions)
    mine, theirs = (evaluate(ScoreFile(one, "x"), protocol, split, seed=2) for one in (run, definition(run)))
    assert mine.measurements == theirs.measurements
    assert (mine.badges, mine.warnings) == (theirs.badges, theirs.warnings)


def test_equal_vectors_have_equal_cosines_wherever_they_stand(rng):
    images, captions = rng.standard_normal((200, 33)), rng.standard_normal((400, 33))
    captions[[3, 77, 399]] = captions[150]
    images[[0, 199]] = images[64] * 8
    left, right = Vectors.of(images), Vectors.of(captions)
    table = cosines(left, right, np.repeat(np.arange(200), 400), np.tile(np.arange(400), 200)).reshape(200, 400)
    assert (table[:, [3, 77, 399]] == table[:, [150]]).all()
    assert (table[[0, 199]] == table[64]).all()
    assert np.array_equal(table, definition(EmbeddingRun(images, captions)).scores)


@pytest.mark.parametrize("width", [1, 8, 512, 5000])
@pytest.mark.parametrize("signs", ["equal", "mixed"])
def test_no_product_lies_farther_from_the_exact_cosine_than_its_bound(rng, width, signs):
    vectors = rng.random((40, width)) + 0.5 if signs == "equal" else rng.standard_normal((40, width))
    side = Vectors.of(vectors)
    every = np.arange(40)
    exact = cosines(side, side, np.repeat(every, 40), np.tile(every, 40)).reshape(40, 40).astype(np.float64)
    near = side.unit(np.float32) @ side.unit(np.float32).T
    assert np.abs(near - exact).max() <= float32_error(width)
    wide = side.unit(np.float64) @ side.unit(np.float64).T
    assert np.abs(wide - exact).max() <= float64_error(width) + 2**-24
    # Term by term, which errs most.
    slow = np.zeros((40, 40), np.float32)
    for term in range(width):
        slow += np.outer(*[side.unit(np.float32)[:, term]] * 2)
    assert np.abs(slow - exact).max() <= float32_error(width)


@pytest.mark.skipif("openblas" not in BLAS, reason=f"numpy is linked with {BLAS} here, as its wheels for macOS are")
def test_products_run_on_the_calling_thread_until_the_last_count_is_done():
    threads = blas_threads()
    before = threads.get()
    with one_thread_each():
        with one_thread_each():
            assert threads.get() == 1
        assert threads.get() == 1
    assert threads.get() == before


def test_another_library_than_openblas_is_left_alone(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda path: object())
    assert blas_threads.__wrapped__() is None


def test_a_library_that_cannot_be_told_gives_the_same_counts(rng, monkeypatch):
    monkeypatch.setattr("evaluator.blas.blas_threads", lambda: None)
    assert_same_counts(EmbeddingRun(*related(rng, 100, 200, 20)), make_split(100, 2).judgments())


def test_a_bound_that_says_nothing_makes_every_comparison_doubtful():
    assert float32_error(1 << 24) == np.inf


def test_tiles_with_many_doubtful_scores_are_multiplied_in_float64(rng, monkeypatch):
    images, captions = related(rng, 100, 200, 20)
    captions[:150] = captions[0]
    run, judgments = EmbeddingRun(images, captions), make_split(100, 2).judgments()
    calls = []
    original = cosine_kernel.settle_all
    monkeypatch.setattr(cosine_kernel, "settle_all", lambda *given: (calls.append(1), original(*given)))
    assert_same_counts(run, judgments)
    assert_same_groups(run, judgments)
    assert calls


@pytest.mark.parametrize("protocol", ["standard", "folded"])
@pytest.mark.parametrize(
    ("side", "bad", "message"),
    [
        ("images", np.nan, "1 of 400 numbers in `image_embeddings` is not finite .1 NaN.*row 7, column 3: image 'i7'"),
        ("captions", -np.inf, "`text_embeddings` is not finite .1 -Inf.*row 7, column 3: caption 'c7'"),
        ("captions", 0, "1 of 80 rows of `text_embeddings` is all zeros, first row 7: caption 'c7'"),
    ],
)
def test_embeddings_without_a_cosine_are_refused_by_name(rng, side, bad, message, protocol):
    images, captions = related(rng, 40, 80, 10)
    vectors = {"images": images, "captions": captions}
    if bad == 0:
        vectors[side][7] = 0
    else:
        vectors[side][7, 3] = bad
    folded = Protocol("folded", 1, "", None, folds=Folds(2))
    with pytest.raises(RematchError, match=message):
        evaluate(
            ScoreFile(EmbeddingRun(images, captions), "x"),
            PROTOCOLS["standard"] if protocol == "standard" else folded,
            make_split(40, 2),
        )


def test_a_run_without_vectors_or_a_matrix_has_nothing_to_refuse():
    refuse_unscorable(ListRun({}), make_split(3))


def test_no_matrix_is_held_in_memory(rng):
    split = make_split(20_000)
    run, judgments = EmbeddingRun(*related(rng, 20_000, 20_000, 8, noise=0.1)), split.judgments()
    tracemalloc.start()
    try:
        counts = count_embeddings(run, judgments)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The matrix would take 1,600 MB; every thread has a tile of 4 MB.
    assert peak < 20e6 + 10e6 * thread_count()
    some = np.arange(0, 20_000, 400)
    images, captions = (side.astype(np.float64) for side in (run.images, run.captions))
    lengths = [np.sqrt((side * side).sum(axis=1, keepdims=True)) for side in (images[some], captions)]
    rows = ((images[some] / lengths[0]) @ (captions / lengths[1]).T).astype(np.float32)
    own = rows[np.arange(len(some)), some][:, None]
    assert np.array_equal(counts[Direction.I2T].above[0, some], (rows > own).sum(axis=1))


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["features_clip", "features_clip_random"])
def test_features_of_clip_are_counted_as_in_the_whole_matrix(shared_data, name):
    run = EmbeddingRun(*np.load(shared_data / "coco_val2017_clip500" / f"{name}.npy"))
    assert_same_counts(run, make_split(500).judgments())
    assert_same_groups(run, make_split(500).judgments())
