"""Files of the cache that no run can have left are said, removed and computed again, whatever stands in them."""

import hashlib
import io
import json
import zipfile

import numpy as np
import pytest

from evaluator.encoding.cache import EmbeddingCache
from evaluator.encoding.content import encode_content
from evaluator.reranking.lists import rerank
from splits.split import Direction
from tests.unit.evaluator.counting_encoder import CountingEncoder, make_content
from tests.unit.evaluator.small_reranker import SmallReranker, content_of

N = 1200
"""Three chunks of images at 8 a batch."""

IMPOSSIBLE = {
    "a history of strings": {"chunk": "512", "batch_size": "8", "n_encoded": "1200", "seconds": "1"},
    "a chunk that is no whole number": {"chunk": 512.5},
    "a chunk of no rows": {"chunk": 0},
    "a chunk that is true": {"chunk": True},
    "chunks of another size than is asked for": {"chunk": 9},
    "a batch larger than a chunk": {"batch_size": 100_000},
    "a negative count": {"n_encoded": -1},
    "a count that no number holds": {"n_encoded": 10**400},
    "a negative number of truncated captions": {"n_truncated": -3},
    "truncated captions by name": {"n_truncated": ["c1", "c2"]},
    "a negative time": {"seconds": -1.0},
    "a time that is no number": {"seconds": float("nan")},
    "a time too short for a rate": {"seconds": 1e-320},
    "remarks that are no words": {"remarks": [1, 2]},
    "one remark in place of a list": {"remarks": "out of memory"},
    "kernels that cannot be sorted": {"kernels": ["one", None]},
    "environments that describe nothing": {"environments": ["here"]},
    "a width that is no number": {"row_shape": "6"},
    "a negative width": {"row_shape": [-6]},
}
DAMAGED = {
    "an empty file": b"",
    "no text": b"\xff\xfe\x00",
    "no object": b"[]",
    "a list without an end": b'{"history": ' + b"[" * 100_000,
}


def changed(rows):
    """Rows under a name with the right digest, in a file that is whole."""
    buffer = io.BytesIO()
    np.save(buffer, rows, allow_pickle=rows.dtype == object)
    return buffer.getvalue()


def archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("rows.npy", b"")
    return buffer.getvalue()


def enormous(rows):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (10**15, *rows.shape[1:])}
    )
    return header.getvalue()


UNLIKE = {
    "another length or width": lambda rows: changed(np.concatenate([rows, rows], axis=-1)),
    "another rank": lambda rows: changed(rows[:, None]),
    "a single number": lambda rows: changed(rows.ravel()[0]),
    "another precision": lambda rows: changed(rows.astype(np.float64)),
    "whole numbers": lambda rows: changed(rows.astype(np.int32)),
    "objects": lambda rows: changed(rows.astype(object)),
    "fewer rows": lambda rows: changed(rows[:-1]),
    "rows that are no numbers": lambda rows: changed(np.full_like(rows, np.nan)),
    "an archive": lambda rows: archive(),
    "more rows than memory holds": enormous,
    "no array": lambda rows: b"these are words",
}


def spoil(manifest, changes):
    document = json.loads(manifest.read_text())
    document["history"].update(changes)
    manifest.write_text(json.dumps(document))


def replace_chunk(path, make):
    data = make(np.load(path))
    path.unlink()
    path.with_name(f"{path.name.partition('-')[0]}-{hashlib.sha256(data).hexdigest()}.npy").write_bytes(data)


def said(told):
    return [one.remark for one in told if "computed again" in one.remark]


class TestEmbeddings:
    @pytest.fixture
    def encode(self, tmp_path):
        def encode(*, told=None):
            encoder = CountingEncoder()
            tell = {} if told is None else {"tell": told.append}
            cache = EmbeddingCache(tmp_path)
            found = encode_content(encoder, make_content(N, 1), batch_size=8, cache=cache, **tell)
            return encoder, found

        return encode

    @pytest.fixture
    def whole(self, encode):
        return encode()[1]

    def mended(self, encode, whole, folder, images):
        """Check that just these images are encoded again, that it is said once, and that nothing is left to mend."""
        told = []
        encoder, found = encode(told=told)
        assert encoder.images_seen == images
        [remark] = said(told)
        np.testing.assert_array_equal(found.images, whole.images)
        assert found.images_per_second > 0
        assert len(list(folder.glob("images-*/*.npy"))) == 3
        assert encode()[0].images_seen == []
        return remark

    @pytest.mark.parametrize("changes", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
    def test_a_history_that_no_run_wrote_is_no_history(self, encode, whole, tmp_path, changes):
        [manifest] = tmp_path.glob("images-*/manifest.json")
        spoil(manifest, changes)
        remark = self.mended(encode, whole, tmp_path, list(range(N)))
        assert remark == f"{manifest} is damaged; what lies beside it is computed again"

    @pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
    def test_a_manifest_that_is_none_is_damaged(self, encode, whole, tmp_path, data):
        [manifest] = tmp_path.glob("images-*/manifest.json")
        manifest.write_bytes(data)
        self.mended(encode, whole, tmp_path, list(range(N)))

    def test_a_missing_manifest_is_said(self, encode, whole, tmp_path):
        [manifest] = tmp_path.glob("images-*/manifest.json")
        manifest.unlink()
        assert "is missing; what lies" in self.mended(encode, whole, tmp_path, list(range(N)))

    def test_a_folder_in_place_of_a_chunk_is_removed(self, encode, whole, tmp_path):
        path = sorted(tmp_path.glob("images-*/*.npy"))[1]
        path.unlink()
        path.mkdir()
        self.mended(encode, whole, tmp_path, list(range(512, 1024)))

    @pytest.mark.parametrize("make", UNLIKE.values(), ids=UNLIKE)
    @pytest.mark.parametrize("place", [0, 1])
    def test_a_chunk_unlike_the_others_is_encoded_again(self, encode, whole, tmp_path, make, place):
        replace_chunk(sorted(tmp_path.glob("images-*/*.npy"))[place], make)
        self.mended(encode, whole, tmp_path, list(range(512 * place, 512 * (place + 1))))

    def test_chunks_of_another_size_than_is_written_down_are_all_encoded_again(self, encode, whole, tmp_path):
        [manifest] = tmp_path.glob("images-*/manifest.json")
        spoil(manifest, {"chunk": 1024})
        told = []
        encoder, found = encode(told=told)
        assert len(said(told)) == 2, "the last one begins and ends as it did"
        assert encoder.images_seen == list(range(1024))
        np.testing.assert_array_equal(found.images, whole.images)

    def test_a_width_that_no_chunk_has_costs_the_chunks(self, encode, whole, tmp_path):
        [manifest] = tmp_path.glob("images-*/manifest.json")
        spoil(manifest, {"row_shape": [7]})
        told = []
        encoder, found = encode(told=told)
        assert len(said(told)) == 3
        assert encoder.images_seen == list(range(N))
        np.testing.assert_array_equal(found.images, whole.images)
        assert encode()[0].images_seen == []


class TestPairScores:
    @pytest.fixture
    def score(self, split_of, tmp_path):
        split = split_of(20, 5)
        generator = np.random.default_rng(0)
        images, captions = (generator.standard_normal((n, 8)).astype(np.float32) for n in (20, 100))
        content = content_of(split)

        def score(*, told=None):
            reranker = SmallReranker()
            tell = {} if told is None else {"tell": told.append}
            options = {"images": images, "captions": captions, "depth": 5, "cache": tmp_path}
            return reranker, rerank(reranker, content, **options, **tell)

        return score

    @pytest.fixture
    def whole(self, score):
        return score()[1]

    def mended(self, score, whole, n_pictures):
        told = []
        reranker, found = score(told=told)
        assert len(reranker.prepared) == n_pictures
        assert len(said(told)) == 1
        for direction in Direction:
            np.testing.assert_array_equal(found.run.lists[direction].scores, whole.run.lists[direction].scores)
        assert found.pairs_per_second > 0
        assert score()[0].prepared == []

    @pytest.mark.parametrize("changes", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
    def test_a_history_that_no_run_wrote_is_no_history(self, score, whole, tmp_path, changes):
        [manifest] = tmp_path.glob("pairs-*/manifest.json")
        spoil(manifest, changes)
        self.mended(score, whole, 20)

    @pytest.mark.parametrize("make", UNLIKE.values(), ids=UNLIKE)
    @pytest.mark.parametrize(("place", "n_pictures"), [(0, 8), (2, 4)])
    def test_a_chunk_unlike_the_others_is_scored_again(self, score, whole, tmp_path, make, place, n_pictures):
        replace_chunk(sorted(tmp_path.glob("pairs-*/*.npy"))[place], make)
        self.mended(score, whole, n_pictures)

    def test_a_chunk_from_elsewhere_is_removed(self, score, whole, tmp_path):
        first = min(tmp_path.glob("pairs-*/*.npy"))
        moved = first.rename(first.with_name(f"000000003-{first.name.partition('-')[2]}"))
        self.mended(score, whole, 8)
        assert not moved.exists()
