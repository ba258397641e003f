"""Files made to exhaust memory or time, to be read in two ways, or to write to the terminal of whoever scores them."""

import bz2
import gzip
import io
import json
import os
import struct
import subprocess
import sys
import warnings
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from safetensors.numpy import save_file

from evaluator import alignment, container, text_lines
from evaluator.container import LazyArrays, StoredArray, map_array, open_arrays, opened_once, write_arrays
from evaluator.containers import hdf5, npz, safetensors
from evaluator.errors import ScoreFileError
from evaluator.reading import read_score_file, refuse_changed, stamp_of
from evaluator.run import MatrixRun
from evaluator.score_format import FORMATS, Reading, ScoreFormat
from splits import Centricity, Dataset, Split
from splits.shown import shown

DATASET = Dataset("made", "Made", Centricity.SCENE, "CC0-1.0", "none", "generated")
SPLIT = Split(
    "made/test",
    DATASET,
    tuple(f"im{i}" for i in range(6)),
    tuple(f"cap{i}" for i in range(12)),
    np.array([(c, c // 2) for c in range(12)]),
)
SCORES = np.random.default_rng(0).standard_normal((6, 12)).astype(np.float32)
LITTLE_MEMORY = 3 * 2**30
"""Bytes of address space: enough for the libraries, too little for what the files claim to hold."""
PROGRAM = f"""
import resource, sys
from pathlib import Path
import numpy as np
import h5py, safetensors
from evaluator.errors import ScoreFileError
from evaluator.reading import read_score_file
from splits import Centricity, Dataset, Split
split = Split("made/test", Dataset("made", "", Centricity.SCENE, "", "", ""), tuple(f"im{{i}}" for i in range(6)),
    tuple(f"cap{{i}}" for i in range(12)), np.array([(c, c // 2) for c in range(12)]))
resource.setrlimit(resource.RLIMIT_AS, ({LITTLE_MEMORY}, {LITTLE_MEMORY}))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
try:
    read_score_file(Path(sys.argv[1]), split)
except ScoreFileError as error:
    print(error)
"""


def refused(path: Path, message: str) -> str:
    with pytest.raises(ScoreFileError, match=message) as caught:
        read_score_file(path, SPLIT)
    return str(caught.value)


def refused_in_little(path: Path) -> str:
    """The message of a process that has little memory and little time."""
    limited = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, check=False, env=limited
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def npy_bytes(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npy_header(shape: str, descr: str = "'<f4'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(text)) + text


def archive_of(
    method: int, packed: bytes, content: bytes, *, size: int | None = None, name: bytes = b"scores"
) -> bytes:
    """A zip archive of one array, packed by someone else's means."""
    name += b".npy"
    size = len(content) if size is None else size
    fields = (method, 0, 0x21, zlib.crc32(content), len(packed), size, len(name), 0)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 46, 0, *fields) + name
    entry = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 46, 46, 0, *fields, 0, 0, 0, 0, 0) + name
    body = local + packed
    return body + entry + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(entry), len(body), 0)


# Archives


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_array_packed_by_another_method_is_not_opened(tmp_path, method):
    with zipfile.ZipFile(tmp_path / "s.npz", "w", method) as archive:
        archive.writestr("scores.npy", npy_bytes(SCORES))
    refused(tmp_path / "s.npz", r"`scores` is compressed by (bzip2|lzma), which is not read")


def test_a_bzip2_bomb_takes_no_memory(tmp_path):
    packer, content = bz2.BZ2Compressor(9), npy_bytes(SCORES)
    zeros = bytes(2**24)
    packed = packer.compress(content) + b"".join(packer.compress(zeros) for _ in range(8)) + packer.flush()
    (tmp_path / "s.npz").write_bytes(archive_of(zipfile.ZIP_BZIP2, packed, content))
    assert "compressed by bzip2" in refused_in_little(tmp_path / "s.npz")


def test_a_method_without_a_name_is_given_by_its_number(tmp_path):
    (tmp_path / "s.npz").write_bytes(archive_of(77, b"x" * 9, npy_bytes(SCORES)))
    refused(tmp_path / "s.npz", "compressed by method 77")


def test_an_archive_of_very_many_members_is_not_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "s.npz", "w") as archive:
        archive.writestr("scores.npy", npy_bytes(SCORES))
        for number in range(npz.MAX_MEMBERS):
            archive.writestr(f"x{number}", b"")
    refused(tmp_path / "s.npz", r"holds 1,001 members; no more than 1,000")


def test_a_directory_longer_than_the_limit_is_not_parsed(tmp_path, monkeypatch):
    np.savez(tmp_path / "s.npz", scores=SCORES, ids=SCORES)
    monkeypatch.setattr(npz, "MAX_DIRECTORY", 100)
    refused(tmp_path / "s.npz", "the limit is 100")


def test_the_directory_of_an_archive_is_parsed_once_for_all_formats(tmp_path, monkeypatch):
    np.savez(tmp_path / "s.npz", scores=SCORES, **{f"a{i}": SCORES for i in range(50)})
    listed, headers = [], []
    members_of, read_header = npz.members_of, npz.read_header
    monkeypatch.setattr(npz, "members_of", lambda path: listed.append(path) or members_of(path))
    monkeypatch.setattr(npz, "read_header", lambda stream, name: headers.append(name) or read_header(stream, name))
    read_score_file(tmp_path / "s.npz", SPLIT)
    assert len(listed) == 2, "once to look for a pickle, once for the arrays"
    assert headers == ["scores"]


def test_nothing_of_a_file_is_remembered_for_the_next_reading(tmp_path):
    path = tmp_path / "s.npy"
    for sign in (1, -1):
        np.save(path, sign * SCORES)
        np.testing.assert_array_equal(read_score_file(path, SPLIT).run.scores, sign * SCORES)
    np.save(path, SCORES[:5])
    refused(path, "shape")
    with opened_once():
        assert open_arrays(path) is open_arrays(path)
    assert open_arrays(path) is not open_arrays(path)


def test_a_lazy_array_is_read_once_and_only_when_it_is_asked_for():
    asked = []

    def read(name):
        asked.append(name)
        return StoredArray((), np.dtype("f4"), lambda: np.zeros(()))

    arrays = LazyArrays(["a", "b"], read)
    assert (len(arrays), list(arrays), "a" in arrays, "c" in arrays, arrays.get("c")) == (
        2,
        ["a", "b"],
        True,
        False,
        None,
    )
    assert asked == []
    assert arrays["b"] is arrays["b"]
    assert asked == ["b"]


def test_a_compressed_size_that_is_a_lie_does_not_lift_the_ratio(tmp_path, monkeypatch):
    monkeypatch.setattr(container, "SMALL", 0)
    monkeypatch.setattr(container, "UNPACK_RATIO", 10)
    content = npy_bytes(np.zeros((6, 12), np.float32)) + bytes(10**6)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = bytearray(archive_of(zipfile.ZIP_DEFLATED, packer.compress(content) + packer.flush(), content))
    place = data.index(b"PK\x01\x02") + 20
    data[place : place + 4] = struct.pack("<I", 10**7)
    (tmp_path / "s.npz").write_bytes(data)
    with pytest.raises(ScoreFileError):
        read_score_file(tmp_path / "s.npz", SPLIT)


# Ids


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
def test_ids_beyond_their_axis_are_not_loaded(tmp_path, suffix, monkeypatch):
    write_arrays(tmp_path / f"s{suffix}", {"scores": SCORES, "image_ids": np.arange(50_000)})
    monkeypatch.setattr(alignment, "_values", lambda _stored: pytest.fail("The ids were loaded."))
    refused(tmp_path / f"s{suffix}", "`image_ids` lists 50,000 ids for 6 rows of `scores`")


@pytest.mark.parametrize(("dtype", "count"), [("<i8", 10**9), ("|u1", 2**62), ("<U0", 10**12), ("<U5000", 10**5)])
def test_more_ids_than_any_split_has_are_not_loaded(dtype, count):
    stored = StoredArray((count,), np.dtype(dtype), lambda: pytest.fail("The ids were loaded."))
    with pytest.raises(ScoreFileError, match="no more than 1,000,000 ids or"):
        alignment.read_ids({"image_ids": stored}, "image_ids")


def test_ids_of_an_axis_without_end_are_not_loaded(tmp_path):
    count = 10**9
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file.create_dataset("scores", shape=(count, 0), dtype="f4")
        file.create_dataset("image_ids", shape=(count,), dtype="i8", chunks=(10**6,))
    assert "no more than 1,000,000 ids" in refused_in_little(tmp_path / "s.h5")


def test_a_word_longer_than_any_digest_is_not_loaded():
    stored = StoredArray((), np.dtype("<U500000"), lambda: pytest.fail("The word was loaded."))
    with pytest.raises(ScoreFileError, match="`split_digest` takes 2,000,000 bytes"):
        alignment.read_text({"split_digest": stored}, "split_digest")


# HDF5


@pytest.mark.parametrize("dtype", [h5py.string_dtype(), "S1"])
def test_strings_that_were_never_written_are_not_read(tmp_path, dtype):
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["scores"] = SCORES
        file.create_dataset("image_ids", (6,), dtype=dtype)
        file.create_dataset("chunked", (6,), dtype=dtype, chunks=(3,))
    refused(tmp_path / "s.h5", "`image_ids` of shape .* was created but not filled")
    with pytest.raises(ScoreFileError, match="was created but not filled"):
        open_arrays(tmp_path / "s.h5")["chunked"].load()


@pytest.mark.parametrize(
    ("dtype", "chunk"), [(h5py.string_dtype(), 10**6), ("S1", 10**6), ("S300000000", 1), ("S1000", 10**6)]
)
def test_strings_beyond_all_memory_are_not_read(tmp_path, dtype, chunk):
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file.create_dataset("ids", (10**9,), dtype=dtype, chunks=(chunk,))
    with pytest.raises(ScoreFileError, match="`ids` holds more text than ids ever fill"):
        open_arrays(tmp_path / "s.h5")["ids"].load()


def test_strings_in_chunks_beyond_the_limit_are_not_read(tmp_path, monkeypatch):
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file.create_dataset("ids", data=["a"] * 20, dtype=h5py.string_dtype(), chunks=(20,))
    monkeypatch.setattr(hdf5, "MAX_CHUNK", 100)
    with pytest.raises(ScoreFileError, match=r"in chunks of shape \(20,\)"):
        open_arrays(tmp_path / "s.h5")["ids"].load()


def test_a_group_of_very_many_entries_is_not_read(tmp_path, monkeypatch):
    write_arrays(tmp_path / "s.h5", {"scores": SCORES, "more": SCORES})
    monkeypatch.setattr(hdf5, "MAX_ENTRIES", 1)
    refused(tmp_path / "s.h5", "holds 2 entries; no more than 1")


OTHER = "sha256:000"


@pytest.mark.parametrize(
    "value", [OTHER, [OTHER], np.bytes_(OTHER), np.array([OTHER.encode()]), np.array([[OTHER]], "O")]
)
def test_a_digest_in_an_attribute_of_any_text_form_is_compared(tmp_path, value):
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["scores"] = SCORES
        file.attrs["split_digest"] = value
    refused(tmp_path / "s.h5", "The file carries split digest sha256:000, made/test has")


@pytest.mark.parametrize("value", [3, [OTHER, OTHER], h5py.Empty("S1"), np.array([1.5]), np.empty(0, "S1")])
def test_an_attribute_that_is_no_word_is_refused(tmp_path, value):
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["scores"] = SCORES
        file.attrs["split_digest"] = value
    refused(tmp_path / "s.h5", "The attribute `split_digest` has shape .*Save one string")


@pytest.mark.parametrize("length", [0, 2**64 - 24, 2**64 - 16])
def test_a_heap_of_strings_that_leads_nowhere_is_not_entered(tmp_path, length):
    path = tmp_path / "s.h5"
    write_arrays(path, {"scores": SCORES, "image_ids": np.array(SPLIT.image_ids)})
    content = bytearray(path.read_bytes())
    place = content.index(b"GCOL") + 16
    content[place : place + 16] = struct.pack("<H6xQ", 0, length)
    path.write_bytes(content)
    assert "strings of the HDF5 file are damaged" in refused_in_little(path)


def test_a_heap_of_attributes_that_leads_nowhere_is_not_entered(tmp_path):
    path = tmp_path / "s.h5"
    with h5py.File(path, "w") as file:
        file["scores"] = SCORES
        file.attrs["orientation"] = "images-x-captions"
    content = bytearray(path.read_bytes())
    place = content.index(b"GCOL") + 16
    content[place : place + 16] = bytes(16)
    path.write_bytes(content)
    assert "strings of the HDF5 file are damaged" in refused_in_little(path)


def test_a_heap_of_more_objects_than_any_split_has_ids_is_not_entered(tmp_path, monkeypatch):
    write_arrays(tmp_path / "s.h5", {"scores": SCORES, "image_ids": np.array(SPLIT.image_ids)})
    assert read_score_file(tmp_path / "s.h5", SPLIT).format == "matrix"
    monkeypatch.setattr("evaluator.hdf5_heaps.MAX_OBJECTS", 3)
    refused(tmp_path / "s.h5", "strings of the HDF5 file are damaged")


def test_a_file_with_short_addresses_is_refused(tmp_path):
    plist = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    plist.set_sizes(4, 4)
    with h5py.File(h5py.h5f.create(bytes(tmp_path / "s.h5"), fcpl=plist)) as file:
        file["scores"] = SCORES
        file.create_dataset("image_ids", data=list(SPLIT.image_ids), dtype=h5py.string_dtype())
    refused(tmp_path / "s.h5", "addresses of other than 8 bytes")


# safetensors


def safetensors_file(path: Path, header: bytes, data: bytes = b"") -> Path:
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
    return path


ENTRY = '{"dtype":"F32","shape":[6,12],"data_offsets":[0,288]}'


def test_a_tensor_that_is_named_twice_is_refused(tmp_path):
    header = f'{{"scores":{ENTRY},"scores":{ENTRY}}}'.encode()
    refused(safetensors_file(tmp_path / "s.safetensors", header, SCORES.tobytes()), "has the key 'scores' twice")


def test_metadata_that_is_not_asked_for_is_not_parsed(tmp_path, monkeypatch):
    save_file({"scores": SCORES}, tmp_path / "s.safetensors", {"note": "[1, 2]", "orientation": "images-x-captions"})
    parsed = []
    as_text = safetensors._from_text
    monkeypatch.setattr(safetensors, "_from_text", lambda name, text: parsed.append(name) or as_text(name, text))
    read_score_file(tmp_path / "s.safetensors", SPLIT)
    assert parsed == ["orientation"]


def test_a_header_of_many_megabytes_is_not_parsed(tmp_path):
    header = json.dumps({"__metadata__": {"note": "x" * safetensors.MAX_HEADER}, "scores": json.loads(ENTRY)})
    path = safetensors_file(tmp_path / "s.safetensors", header.encode(), SCORES.tobytes())
    refused(path, r"header of the safetensors file takes 8,388,\d+ bytes; the limit is 8,388,608")


def test_ids_without_end_in_metadata_are_not_parsed(tmp_path):
    header = json.dumps({"__metadata__": {"image_ids": "[" + "0," * 2_000_000 + "0]"}, "scores": json.loads(ENTRY)})
    path = safetensors_file(tmp_path / "s.safetensors", header.encode(), SCORES.tobytes())
    refused(path, "`image_ids` lists more than 1,000,000 ids")


@pytest.mark.parametrize("text", ["[" * 5000, "[" + "1" * 5000 + "]", "[" * 500 + "]" * 500])
def test_metadata_that_cannot_be_parsed_is_no_list_of_ids(tmp_path, text):
    save_file({"scores": SCORES}, tmp_path / "s.safetensors", {"image_ids": text})
    refused(tmp_path / "s.safetensors", "`image_ids`")


def test_the_ids_of_the_largest_splits_fit_a_header(tmp_path):
    n_images, n_captions = 5000, 25_010
    images = tuple(f"COCO_val2014_{i:012d}.jpg" for i in range(n_images))
    captions = tuple(f"https://example.org/captions/{i:012d}" for i in range(n_captions))
    pairs = np.array([(c, min(c // 5, n_images - 1)) for c in range(n_captions)])
    split = Split("made/coco", DATASET, images, captions, pairs)
    path = tmp_path / "s.safetensors"
    scores = np.broadcast_to(np.float32(1), (n_images, 2))
    write_arrays(path, {"scores": scores, "image_ids": np.array(images), "caption_ids": np.array(captions)})
    arrays = open_arrays(path)
    assert alignment.read_ids(arrays, "image_ids") == list(split.image_ids)
    assert alignment.read_ids(arrays, "caption_ids") == list(split.caption_ids)


# Runs


def run_lines(split: Split) -> list[str]:
    return [
        f"{image} Q0 {caption} 1 {c}.5 tag\n"
        for image in split.image_ids
        for c, caption in enumerate(split.caption_ids)
    ]


def test_a_run_of_more_lines_than_the_split_has_pairs_is_not_read_to_its_end(tmp_path, monkeypatch):
    blocks = []
    monkeypatch.setattr(text_lines, "CHUNK", 2**16)
    blocks_of = text_lines._blocks
    monkeypatch.setattr(text_lines, "_blocks", lambda *a: (blocks.append(b) or b for b in blocks_of(*a)))
    (tmp_path / "run.gz").write_bytes(gzip.compress(b"im0 Q0 cap0 1 1.0 tag\n" * 200_000))
    refused(tmp_path / "run.gz", "^Line 2 repeats line 1: .* repeated up to there")
    assert len(blocks) == 2
    blocks.clear()
    (tmp_path / "run.gz").write_bytes(gzip.compress(b"im0 Q0 cap0 1 1.0 tag\n" + b"\n" * 2_000_000))
    refused(tmp_path / "run.gz", "holds more than 10,576 lines")
    assert len(blocks) == 1


def test_a_repeat_far_into_a_run_is_found_before_the_run_has_doubled_twice(tmp_path, monkeypatch):
    lines = run_lines(SPLIT)
    (tmp_path / "run.trec").write_text("".join(lines) * 20)
    monkeypatch.setattr(text_lines, "CHUNK", 2**9)
    message = refused(tmp_path / "run.trec", "^Line 73 repeats line 1: query 'im0' already has caption 'cap0'")
    assert int(message.split("(")[1].split()[0]) < 2 * len(lines), "of the 1,368 that the file repeats"


def test_a_run_in_many_blocks_is_read_as_one(tmp_path, monkeypatch):
    (tmp_path / "run.trec").write_text("\n".join(run_lines(SPLIT)))
    whole = read_score_file(tmp_path / "run.trec", SPLIT).run.lists["i2t"]
    monkeypatch.setattr(text_lines, "CHUNK", 2**8)
    parts = read_score_file(tmp_path / "run.trec", SPLIT).run.lists["i2t"]
    np.testing.assert_array_equal(whole.candidates, parts.candidates)
    np.testing.assert_array_equal(whole.scores, parts.scores)


@pytest.mark.parametrize("score", ["1_0", "1_0.5", "1e1_0", "_1"])
def test_a_score_with_an_underscore_is_no_number(tmp_path, score):
    (tmp_path / "run.trec").write_text(f"im0 Q0 cap0 1 {score} tag\n")
    refused(tmp_path / "run.trec", f"^Line 1: the score '{score}' is no finite number")


# Headers of numpy's own files


@pytest.mark.parametrize(
    "header",
    [
        npy_header("(0x" + "f" * 4500 + ", 0x" + "f" * 4400 + ")"),
        npy_header("(" + "9" * 4000 + ", 12)"),
        npy_header(f"({2**63}, 0)"),
        npy_header("(" + "1, " * 65 + ")"),
        npy_header("(6, 12) if 1else 2"),
        npy_header("(6, 12)", r"'\d'"),
        npy_header("(6, 1_2)"),
        npy_header("-" * 4000 + "1"),
        npy_header("(6, 12)", "[('a', '<f4', (1000000000, 1000000000))]"),
    ],
)
def test_a_header_that_numpy_never_writes_is_garbled_without_a_warning(tmp_path, header):
    (tmp_path / "s.npy").write_bytes(header + b"aaaa")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        refused(tmp_path / "s.npy", "header of `scores` is cut short or garbled")
    assert said == []


def test_an_array_that_can_not_be_is_refused(tmp_path):
    with pytest.raises(ScoreFileError, match="cannot be mapped"):
        map_array(tmp_path, np.dtype("f4"), (2**63 - 1, 2**62, 0))
    (tmp_path / "short").write_bytes(b"1234")
    with pytest.raises(ScoreFileError, match="cannot be mapped"):
        map_array(tmp_path / "short", np.dtype("f4"), (10,))


@pytest.mark.parametrize("value", [1e300, 2.0**63, -1e300])
@pytest.mark.parametrize("dtype", ["f8", "f4", "u8", "g"])
def test_a_rank_that_no_integer_holds_is_not_taken_for_a_small_one(tmp_path, value, dtype):
    ranks = np.zeros(6, dtype)
    with np.errstate(all="ignore"):
        ranks[2] = 2**63 if dtype == "u8" else value
    np.savez(tmp_path / "r.npz", i2t_rank0=ranks)
    refused(tmp_path / "r.npz", "`i2t_rank0` is (impossible|no whole number)")


# What messages show


RED = "\x1b[31mred\x07"


@pytest.mark.parametrize(
    "name", [f"{RED}.npy", f"{RED}.zzz", "line\nbreak.zzz", "\u202etxt.zzz", os.fsdecode(b"\xff.zzz"), f"{RED}.gone"]
)
def test_the_name_of_a_file_steers_no_terminal(tmp_path, name):
    if not name.endswith("gone"):
        (tmp_path / name).write_bytes(b"zzz")
    assert refused(tmp_path / name, "of no known type|There is no file").isprintable()


def test_a_note_about_a_name_steers_no_terminal(tmp_path):
    with (tmp_path / f"{RED}.npz").open("wb") as stream:
        np.save(stream, SCORES)
    (note,) = read_score_file(tmp_path / f"{RED}.npz", SPLIT).notes
    assert note.isprintable()


def test_a_digest_steers_no_terminal(tmp_path):
    (tmp_path / "l.json").write_text(json.dumps({"split_digest": f"\ud800{RED}", "i2t": {}}))
    assert r"carries split digest \ud800\x1b[31mred\x07," in refused(tmp_path / "l.json", "digest")
    np.save(tmp_path / "s.npy", SCORES)
    with pytest.raises(ScoreFileError) as caught:
        read_score_file(tmp_path / "s.npy", SPLIT, Reading(split_digest=RED))
    assert str(caught.value).isprintable()


def test_the_names_within_a_file_steer_no_terminal(tmp_path):
    np.savez(tmp_path / "s.npz", **{RED: SCORES, "x" * 10_000: SCORES})
    assert refused(tmp_path / "s.npz", "holds .*no scores").isprintable()
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file[RED] = h5py.SoftLink("/nowhere")
    assert refused(tmp_path / "s.h5", "is a link").isprintable()


def test_what_can_be_printed_is_shown_as_it_is():
    assert shown("Zürich [1] 图片.npy") == "Zürich [1] 图片.npy"
    assert shown("x" * 300, 10) == "x" * 10


@pytest.mark.parametrize("digest", [["x"], {"a": 1}, 7, "[" * 3])
def test_a_digest_that_is_no_string_is_refused(tmp_path, digest):
    (tmp_path / "l.json").write_text(json.dumps({"split_digest": digest, "i2t": {}}))
    refused(tmp_path / "l.json", "digest")


def test_lists_nested_as_deeply_as_they_can_be_read_are_refused(tmp_path):
    for depth in range(100, 1000, 20):
        (tmp_path / "l.json").write_text('{"i2t": {"im0": [' + "[" * depth + "]" * depth + "]}}")
        refused(tmp_path / "l.json", "is no caption|cannot be read")


# Files that change


def test_a_file_that_is_changed_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "s.npy"
    np.save(path, SCORES)
    matrix = FORMATS["matrix"]

    def read_late(path, split, reading):
        found = matrix.read(path, split, reading)
        np.save(path, np.zeros((7, 12), "f4"))
        return found

    late = ScoreFormat(matrix.name, matrix.summary, matrix.suffixes, matrix.accepts, read_late, matrix.write)
    monkeypatch.setattr("evaluator.reading._recognise", lambda _path: late)
    refused(path, r"s\.npy was changed while it was read")


def test_a_stamp_tells_a_file_that_was_changed_or_removed(tmp_path):
    path = tmp_path / "s.npy"
    np.save(path, SCORES)
    stamp = stamp_of(path)
    refuse_changed(path, stamp)
    with path.open("ab") as stream:
        stream.write(b"1")
    with pytest.raises(ScoreFileError, match="was changed while it was read"):
        refuse_changed(path, stamp)
    path.unlink()
    with pytest.raises(ScoreFileError, match="was changed while it was read"):
        refuse_changed(path, stamp)


# Damage anywhere


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors", ".h5"])
def test_damage_to_any_header_gives_a_message_or_scores_of_the_right_shape(tmp_path, suffix):
    path = tmp_path / f"s{suffix}"
    named = {"image_ids": np.array(SPLIT.image_ids), "caption_ids": np.array(SPLIT.caption_ids)}
    write_arrays(path, {"scores": SCORES, **({} if suffix == ".npy" else named)})
    content, random = path.read_bytes(), np.random.default_rng(7)
    data = content.index(SCORES.tobytes())
    places = np.setdiff1d(np.arange(len(content)), np.arange(data, data + SCORES.nbytes))
    refusals = 0
    for _ in range(75):
        damaged = bytearray(content)
        for place in random.choice(places, size=random.integers(1, 6)):
            damaged[place] ^= 1 << int(random.integers(8))
        path.write_bytes(damaged)
        try:
            run = read_score_file(path, SPLIT).run
        except ScoreFileError:
            refusals += 1
        else:
            assert isinstance(run, MatrixRun)
            assert run.scores.shape in {(6, 12), (12, 6)}
    assert refusals
