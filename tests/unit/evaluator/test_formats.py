"""Every format gives back what was written, whatever the type, the order of the ids and the orientation."""

import itertools
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.container import container_suffixes
from evaluator.containers.npz import NPZ
from evaluator.errors import ScoreFileError
from evaluator.lists import count_lists
from evaluator.matrix import count_matrix
from evaluator.ranked_lists import build_lists, sides_of
from evaluator.reading import known_suffixes, read_score_file
from evaluator.run import EmbeddingRun, ListRun, MatrixRun, RankEvidence
from evaluator.score_format import FORMATS, Orientation, Reading
from splits import Centricity, Dataset, Direction, Split

DATASET = Dataset("made", "Made", Centricity.SCENE, "CC0-1.0", "none", "generated")
CAPTIONS_FIRST = Reading(orientation=Orientation.CAPTIONS_FIRST)


def split_of(n_images: int = 6, per_image: int = 2) -> Split:
    """Captions in blocks, of which the first also fits the second image."""
    pairs = [(c, c // per_image) for c in range(n_images * per_image)] + [(0, 1)]
    return Split(
        "made/test",
        DATASET,
        tuple(f"im{i}" for i in range(n_images)),
        tuple(f"cap{i}" for i in range(n_images * per_image)),
        np.array(pairs),
    )


SPLIT = split_of()
ARRAY_SUFFIXES = [".npz", ".safetensors", ".h5", ".hdf5"]


def scores_of(split: Split = SPLIT, dtype="float32", seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((split.n_images, split.n_captions)).astype(dtype)


def in_canonical_order(run: MatrixRun) -> np.ndarray:
    scores = run.scores.T if run.captions_first else run.scores
    images = np.arange(scores.shape[0]) if run.image_order is None else run.image_order
    captions = np.arange(scores.shape[1]) if run.caption_order is None else run.caption_order
    found = np.empty_like(scores)
    found[np.ix_(images, captions)] = scores
    return found


def random_lists(split: Split, direction: Direction, seed: int):
    generator = np.random.default_rng(seed)
    sides = sides_of(split, direction)
    n, depth = len(sides.query_ids), len(sides.candidate_ids) // 2
    candidates = np.concatenate([generator.permutation(len(sides.candidate_ids))[:depth] for _ in range(n)])
    scores = generator.integers(0, 4, n * depth).astype(float)
    return build_lists(sides, np.repeat(np.arange(n), depth), candidates, scores)


@pytest.mark.parametrize(
    ("suffix", "dtype"),
    [
        *itertools.product([".npy", *ARRAY_SUFFIXES], ["float16", "float32", "float64"]),
        *itertools.product([".npy", ".npz", ".h5"], [">f2", ">f4", ">f8"]),
    ],
)
def test_a_matrix_comes_back_as_written(tmp_path, suffix, dtype):
    scores = scores_of(dtype=dtype)
    path = tmp_path / f"scores{suffix}"
    FORMATS["matrix"].write(path, MatrixRun(scores), SPLIT)
    found = read_score_file(path, SPLIT)
    assert found.format == "matrix"
    assert found.notes == ()
    assert found.run.scores.dtype == scores.dtype
    np.testing.assert_array_equal(found.run.scores, scores)
    assert not found.run.captions_first


@pytest.mark.parametrize("suffix", ARRAY_SUFFIXES)
@pytest.mark.parametrize("captions_first", [False, True])
def test_ids_in_another_order_are_followed(tmp_path, suffix, captions_first):
    generator = np.random.default_rng(3)
    images, captions = generator.permutation(SPLIT.n_images), generator.permutation(SPLIT.n_captions)
    scores = scores_of()
    shuffled = scores[np.ix_(images, captions)]
    run = MatrixRun(shuffled.T if captions_first else shuffled, captions_first, images, captions)
    path = tmp_path / f"scores{suffix}"
    FORMATS["matrix"].write(path, run, SPLIT)
    found = read_score_file(path, SPLIT)
    np.testing.assert_array_equal(in_canonical_order(found.run), scores)
    assert found.notes == (
        "`image_ids` are in another order than made/test; they were followed.",
        "`caption_ids` are in another order than made/test; they were followed.",
    )
    expected, got = (count_matrix(r, SPLIT.judgments()) for r in (MatrixRun(scores), found.run))
    for direction in Direction:
        np.testing.assert_array_equal(expected[direction].above, got[direction].above)


@settings(max_examples=25, deadline=None)
@given(images=st.permutations(range(6)), captions=st.permutations(range(12)), first=st.booleans())
def test_any_permutation_of_the_ids_gives_the_same_matrix(tmp_path_factory, images, captions, first):
    scores, path = scores_of(), tmp_path_factory.mktemp("any") / "scores.npz"
    shuffled = scores[np.ix_(images, captions)]
    run = MatrixRun(shuffled.T if first else shuffled, first, np.array(images), np.array(captions))
    FORMATS["matrix"].write(path, run, SPLIT)
    np.testing.assert_array_equal(in_canonical_order(read_score_file(path, SPLIT).run), scores)


def test_a_transposed_matrix_is_read_when_declared(tmp_path):
    np.save(tmp_path / "scores.npy", scores_of().T)
    found = read_score_file(tmp_path / "scores.npy", SPLIT, CAPTIONS_FIRST)
    assert found.run.captions_first
    np.testing.assert_array_equal(in_canonical_order(found.run), scores_of())


def test_ids_decide_the_orientation_where_the_axes_differ_in_length(tmp_path):
    path = tmp_path / "scores.npz"
    np.savez(path, scores=scores_of().T, image_ids=np.array(SPLIT.image_ids), caption_ids=np.array(SPLIT.caption_ids))
    found = read_score_file(path, SPLIT)
    assert found.run.captions_first
    assert found.notes == ("`scores` is captions x images, as its ids say; it was read so.",)


@pytest.mark.parametrize("orientation", Orientation)
def test_a_square_matrix_is_read_when_declared(tmp_path, orientation):
    split = split_of(per_image=1)
    np.save(tmp_path / "scores.npy", scores_of(split))
    found = read_score_file(tmp_path / "scores.npy", split, Reading(orientation=orientation))
    assert found.run.captions_first == (orientation is Orientation.CAPTIONS_FIRST)


def test_fortran_order_is_kept_and_mapped(tmp_path):
    np.save(tmp_path / "scores.npy", np.asfortranarray(scores_of()))
    scores = read_score_file(tmp_path / "scores.npy", SPLIT).run.scores
    assert scores.flags.f_contiguous
    np.testing.assert_array_equal(scores, scores_of())


def test_integer_ids_are_ids(tmp_path):
    split = Split("made/test", DATASET, ("7", "9"), ("1", "2", "3", "4"), np.array([[0, 0], [1, 0], [2, 1], [3, 1]]))
    scores = scores_of(split)
    np.savez(tmp_path / "s.npz", scores=scores[::-1], image_ids=np.array([9, 7]), caption_ids=np.arange(1, 5))
    run = read_score_file(tmp_path / "s.npz", split).run
    assert run.caption_order is None
    np.testing.assert_array_equal(in_canonical_order(run), scores)


@pytest.mark.parametrize("make", ["stored", "compressed", "chunked", "gzipped", "contiguous"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_large_arrays_lie_in_a_file_however_they_are_stored(tmp_path, make, dtype):
    split = split_of(60, 5)
    scores = scores_of(split, dtype)
    path = tmp_path / ("s.npz" if make in {"stored", "compressed"} else "s.h5")
    if make == "stored":
        np.savez(path, scores=scores)
    elif make == "compressed":
        np.savez_compressed(path, scores=scores)
    else:
        options = {"chunked": {"chunks": (7, 11)}, "gzipped": {"compression": "gzip"}, "contiguous": {}}[make]
        with h5py.File(path, "w") as file:
            file.create_dataset("scores", data=scores, **options)
    found = read_score_file(path, split).run.scores
    root = found
    while isinstance(root.base, np.ndarray):
        root = root.base
    assert isinstance(root, np.memmap)
    np.testing.assert_array_equal(found, scores)
    counts, expected = (count_matrix(MatrixRun(s), split.judgments()) for s in (found, scores))
    np.testing.assert_array_equal(counts[Direction.I2T].above, expected[Direction.I2T].above)


def test_big_endian_hdf5_and_a_user_block_are_read(tmp_path):
    with h5py.File(tmp_path / "s.h5", "w", userblock_size=512) as file:
        file.create_dataset("scores", data=scores_of(), dtype=">f8")
    # A user block moves the signature, so only a plain file is recognised.
    with pytest.raises(ScoreFileError, match="no known type"):
        read_score_file(tmp_path / "s.h5", SPLIT)
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file.create_dataset("scores", data=scores_of(), dtype=">f8")
        file.attrs["split_digest"] = SPLIT.digest
    np.testing.assert_array_equal(read_score_file(tmp_path / "t.h5", SPLIT).run.scores, scores_of())


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("suffix", ARRAY_SUFFIXES)
def test_embeddings_come_back_as_written(tmp_path, suffix, dtype):
    generator = np.random.default_rng(4)
    images = generator.standard_normal((SPLIT.n_images, 5)).astype(dtype)
    captions = generator.standard_normal((SPLIT.n_captions, 5)).astype(dtype)
    order = generator.permutation(SPLIT.n_captions)
    path = tmp_path / f"e{suffix}"
    FORMATS["embeddings"].write(path, EmbeddingRun(images, captions[order], caption_order=order), SPLIT)
    found = read_score_file(path, SPLIT)
    assert found.format == "embeddings"
    np.testing.assert_array_equal(found.run.images, images)
    np.testing.assert_array_equal(found.run.captions, captions[order])
    np.testing.assert_array_equal(found.run.caption_order, order)
    assert found.run.image_order is None


def test_equal_runs_give_equal_safetensors_files(tmp_path):
    split = split_of()
    for number in range(8):
        FORMATS["matrix"].write(tmp_path / f"{number}.safetensors", MatrixRun(scores_of()), split)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


@pytest.mark.parametrize("suffix", ARRAY_SUFFIXES)
def test_ranks_come_back_as_written(tmp_path, suffix):
    ranks = {Direction.I2T: np.arange(6), Direction.T2I: np.zeros(12, int)}
    FORMATS["ranks"].write(tmp_path / f"r{suffix}", RankEvidence(ranks), SPLIT)
    found = read_score_file(tmp_path / f"r{suffix}", SPLIT)
    assert found.format == "ranks"
    for direction in Direction:
        np.testing.assert_array_equal(found.run.ranks[direction], ranks[direction])


def test_ranks_of_old_scripts_are_read_with_their_first_candidates(tmp_path):
    ranks = np.array([0, 1, 0, 4, 0, 2], dtype=float)
    first = np.array([1, 9, 4, 0, 8, 0], dtype=float)
    np.savez(tmp_path / "r.npz", rt=np.stack([ranks, first]))
    found = read_score_file(tmp_path / "r.npz", SPLIT).run
    assert list(found.ranks) == [Direction.I2T]
    np.testing.assert_array_equal(found.ranks[Direction.I2T], ranks)


@pytest.mark.parametrize("directions", [[Direction.I2T], [Direction.T2I], list(Direction)])
@pytest.mark.parametrize("suffix", [".trec", ".run", ".trec.gz", ".gz"])
def test_trec_runs_come_back_as_written_with_their_ties(tmp_path, suffix, directions):
    run = ListRun({direction: random_lists(SPLIT, direction, 5) for direction in directions})
    path = tmp_path / f"run{suffix}"
    FORMATS["trec"].write(path, run, SPLIT)
    found = read_score_file(path, SPLIT)
    assert found.format == "trec"
    assert list(found.run.lists) == directions
    expected, got = (count_lists(r, SPLIT.judgments()) for r in (run, found.run))
    for direction in directions:
        np.testing.assert_array_equal(found.run.lists[direction].scores, run.lists[direction].scores)
        for field in ("above", "tied", "tied_relevant"):
            np.testing.assert_array_equal(getattr(got[direction], field), getattr(expected[direction], field))


def test_trec_lines_are_ordered_by_score_and_not_by_rank_or_place(tmp_path):
    lines = [f"im{i} Q0 cap{c} 1 {score} tag" for i in range(6) for c, score in ((0, -1), (2 * i or 1, 5), (3, 2.5))]
    lines = [line for line in lines if line != "im0 Q0 cap3 1 2.5 tag"]
    (tmp_path / "run.trec").write_text("\n\n".join(lines) + "\r\n")
    lists = read_score_file(tmp_path / "run.trec", SPLIT).run.lists[Direction.I2T]
    assert lists.candidates[:2].tolist() == [1, 0]
    assert lists.candidates[2:5].tolist() == [2, 3, 0]


def test_ids_that_name_images_and_captions_are_told_apart_by_the_rest_of_the_file(tmp_path):
    split = Split("made/test", DATASET, ("1", "2"), ("2", "1", "3"), np.array([[0, 0], [1, 1], [2, 1]]))
    full = "".join(f"{i} Q0 {c} 1 {n} t\n" for n, (i, c) in enumerate(itertools.product("12", "213")))
    (tmp_path / "one.trec").write_text(full)
    assert list(read_score_file(tmp_path / "one.trec", split).run.lists) == [Direction.I2T]
    (tmp_path / "both.trec").write_text(full + "3 Q0 1 1 0.5 t\n")
    with pytest.raises(ScoreFileError, match=r"Line 1 fits both directions.*\(4 such lines\)"):
        read_score_file(tmp_path / "both.trec", split)
    (tmp_path / "open.trec").write_text("1 Q0 2 1 0.5 t\n")
    with pytest.raises(ScoreFileError, match="Line 1 fits both directions"):
        read_score_file(tmp_path / "open.trec", split)


@pytest.mark.parametrize("directions", [[Direction.I2T], list(Direction)])
def test_json_lists_come_back_as_written(tmp_path, directions):
    run = ListRun({direction: random_lists(SPLIT, direction, 6) for direction in directions})
    FORMATS["ranked-json"].write(tmp_path / "lists.json", run, SPLIT)
    found = read_score_file(tmp_path / "lists.json", SPLIT)
    assert found.format == "ranked-json"
    for direction in directions:
        got, expected = found.run.lists[direction], run.lists[direction]
        np.testing.assert_array_equal(got.candidates, expected.candidates)
        assert (
            np.diff(got.scores)[np.diff(np.repeat(np.arange(len(got.offsets) - 1), np.diff(got.offsets))) == 0] < 0
        ).all()


def test_json_lists_may_name_ids_as_numbers(tmp_path):
    split = Split("made/test", DATASET, ("7", "9"), ("1", "2"), np.array([[0, 0], [1, 1]]))
    (tmp_path / "lists.json").write_text(json.dumps({"t2i": {"1": [9, 7], "2": ["9"]}}))
    lists = read_score_file(tmp_path / "lists.json", split).run.lists[Direction.T2I]
    assert lists.candidates.tolist() == [1, 0, 1]


def test_a_digest_inside_the_file_is_compared(tmp_path):
    other = split_of(7)
    for suffix in (".npz", ".json"):
        run = (
            MatrixRun(scores_of(other))
            if suffix == ".npz"
            else ListRun({Direction.I2T: random_lists(other, Direction.I2T, 0)})
        )
        FORMATS["matrix" if suffix == ".npz" else "ranked-json"].write(tmp_path / f"x{suffix}", run, other)
        with pytest.raises(ScoreFileError, match=f"carries split digest {other.digest}"):
            read_score_file(tmp_path / f"x{suffix}", SPLIT)


def is_refused(path: Path) -> bool:
    try:
        read_score_file(path, SPLIT)
    except ScoreFileError:
        return True
    return False


def test_valid_files_that_are_cut_or_garbled_give_a_clear_error_or_a_checked_run(tmp_path):
    generator = np.random.default_rng(11)
    written = {
        ".npy": ("matrix", MatrixRun(scores_of())),
        ".npz": ("matrix", MatrixRun(scores_of())),
        ".safetensors": ("embeddings", EmbeddingRun(np.ones((6, 3), "f4"), np.ones((12, 3), "f4"))),
        ".h5": ("matrix", MatrixRun(scores_of())),
        ".trec": ("trec", ListRun({Direction.I2T: random_lists(SPLIT, Direction.I2T, 0)})),
        ".trec.gz": ("trec", ListRun({Direction.I2T: random_lists(SPLIT, Direction.I2T, 0)})),
        ".json": ("ranked-json", ListRun({Direction.I2T: random_lists(SPLIT, Direction.I2T, 0)})),
    }
    refused = 0
    for suffix, (name, run) in written.items():
        path = tmp_path / f"file{suffix}"
        FORMATS[name].write(path, run, SPLIT)
        whole = path.read_bytes()
        for trial in range(60):
            content = bytearray(whole)
            for place in generator.integers(0, min(len(whole), 700), trial % 4):
                content[place] ^= 1 << int(generator.integers(8))
            path.write_bytes(content[: int(generator.integers(1, len(whole) + 1))] if trial % 2 else content)
            refused += is_refused(path)
    assert refused > 200


def test_a_deflated_archive_is_unpacked_exactly(tmp_path):
    np.savez_compressed(tmp_path / "s.npz", scores=scores_of(), image_ids=np.array(SPLIT.image_ids))
    arrays = NPZ.open(tmp_path / "s.npz")
    assert arrays["scores"].shape == (6, 12)
    np.testing.assert_array_equal(arrays["scores"].load(), scores_of())


def test_the_suffixes_of_every_format_and_container_are_known():
    assert {suffix for one in FORMATS.values() for suffix in one.suffixes} <= set(known_suffixes())
    assert set(container_suffixes()) <= set(known_suffixes())


def test_a_matrix_of_captions_x_images_is_written_to_npy_the_other_way_round(tmp_path):
    FORMATS["matrix"].write(tmp_path / "s.npy", MatrixRun(scores_of().T, captions_first=True), SPLIT)
    np.testing.assert_array_equal(np.load(tmp_path / "s.npy"), scores_of())


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "name", "i2t", "t2i"),
    [
        ("coco5k_chainvse", "coco/karpathy-test-25000", [39.64, 69.42, 80.90], [30.88, 60.70, 73.52]),
        ("f30k_gsmn", "flickr30k/karpathy-test", [74.3, 91.6, 95.3], [54.12, 79.94, 86.58]),
        ("f30k_vsrn310", "flickr30k/karpathy-test", [71.5, 90.8, 95.5], [54.74, 80.92, 87.70]),
    ],
)
def test_ranks_of_real_systems_give_the_numbers_stated_for_them(shared_data: Path, file, name, i2t, t2i):
    from splits import load_split

    found = read_score_file(shared_data / "real_ranks" / f"{file}.npz", load_split(name))
    assert found.format == "ranks"
    for direction, stated in ((Direction.I2T, i2t), (Direction.T2I, t2i)):
        got = [round(100 * float((found.run.ranks[direction] < k).mean()), 2) for k in (1, 5, 10)]
        assert got == stated


@pytest.mark.real_data
def test_real_clip_embeddings_are_read_once_each_image_is_there_once(shared_data: Path, tmp_path):
    folder = shared_data / "flickr8k" / "clip_vitb32_100x5"
    images, captions = (np.load(folder / f"{kind}_embeddings.npy") for kind in ("image", "text"))
    split = split_of(100, 5)
    np.savez(tmp_path / "repeated.npz", image_embeddings=images, text_embeddings=captions)
    with pytest.raises(ScoreFileError, match=r"Keep each image once: image_embeddings\[0::5\]"):
        read_score_file(tmp_path / "repeated.npz", split)
    np.savez(tmp_path / "e.npz", image_embeddings=images[::5], text_embeddings=captions)
    assert read_score_file(tmp_path / "e.npz", split).run.images.shape == (100, 512)
