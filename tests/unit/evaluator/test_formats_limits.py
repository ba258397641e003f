"""What a hostile or oversized file may not do: fill memory or disk, follow links, pass for something it is not."""

import gzip
import io
import json
import struct
import zipfile

import h5py
import numpy as np
import pytest

from evaluator import container, finiteness, text_lines
from evaluator.container import map_array, open_arrays, text_array, write_arrays
from evaluator.containers import hdf5, npz
from evaluator.errors import ScoreFileError
from evaluator.finiteness import describe_nonfinite
from evaluator.formats import ranked_json
from evaluator.reading import read_score_file
from evaluator.run import MatrixRun
from evaluator.score_format import FORMATS, Reading
from splits import Centricity, Dataset, Split

DATASET = Dataset("made", "Made", Centricity.SCENE, "CC0-1.0", "none", "generated")
SPLIT = Split(
    "made/test",
    DATASET,
    tuple(f"im{i}" for i in range(6)),
    tuple(f"cap{i}" for i in range(12)),
    np.array([(c, c // 2) for c in range(12)]),
)
SCORES = np.random.default_rng(0).standard_normal((6, 12)).astype(np.float32)


def refused(path, message):
    with pytest.raises(ScoreFileError, match=message):
        read_score_file(path, SPLIT)


def test_a_compressed_array_beyond_the_limit_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(container, "UNPACK_LIMIT", 100)
    np.savez_compressed(tmp_path / "s.npz", scores=SCORES)
    refused(tmp_path / "s.npz", r"would unpack to 416 bytes; the limit is 100\.")


def test_an_uncompressed_array_has_no_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(container, "UNPACK_LIMIT", 100)
    np.savez(tmp_path / "s.npz", scores=SCORES)
    assert read_score_file(tmp_path / "s.npz", SPLIT).format == "matrix"


def test_an_archive_of_very_many_arrays_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "MAX_MEMBERS", 2)
    np.savez(tmp_path / "s.npz", scores=SCORES, a=SCORES, b=SCORES)
    refused(tmp_path / "s.npz", "holds 3 arrays")


def test_an_archive_with_two_arrays_of_one_name_is_not_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "s.npz", "w") as archive:
        archive.writestr("scores.npy", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("scores.npy", b"2")
    refused(tmp_path / "s.npz", "two of one name")


def with_directory_entry(path, offset, value):
    """Overwrite four bytes of the first entry of the archive's directory."""
    data = bytearray(path.read_bytes())
    place = data.index(b"PK\x01\x02") + offset
    data[place : place + 4] = struct.pack("<I", value)
    path.write_bytes(data)


def test_an_archive_whose_directory_points_elsewhere_is_damaged(tmp_path):
    with zipfile.ZipFile(tmp_path / "s.npz", "w") as archive:
        archive.writestr("scores.npy", b"\x93NUMPY")
    with_directory_entry(tmp_path / "s.npz", 42, 3)
    refused(tmp_path / "s.npz", "is damaged")


def npy_bytes(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize("lost", [40, 200])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_that_promises_more_than_it_holds_is_damaged(tmp_path, compression, lost):
    content = npy_bytes(SCORES)
    with zipfile.ZipFile(tmp_path / "s.npz", "w", compression) as archive:
        archive.writestr("scores.npy", content[:-lost])
    with_directory_entry(tmp_path / "s.npz", 24, len(content))
    refused(tmp_path / "s.npz", "is damaged|cut short")


def test_a_deflated_stream_with_a_flipped_bit_is_damaged(tmp_path):
    # Long enough that the fault lies beyond what is unpacked for the header.
    long = np.random.default_rng(0).standard_normal((200, 200))
    np.savez_compressed(tmp_path / "s.npz", scores=long)
    data = bytearray((tmp_path / "s.npz").read_bytes())
    data[100_000] ^= 4
    (tmp_path / "s.npz").write_bytes(data)
    with pytest.raises(ScoreFileError, match="is damaged"):
        open_arrays(tmp_path / "s.npz")["scores"].load()


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-6, 12)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6.0, 12)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [6, 12]}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (6, 12)}",
        "{'descr': '<q9', 'fortran_order': False, 'shape': (6, 12)}",
        "{'descr': '<f4', 'shape': (6, 12)}",
        "['<f4']",
        "__import__('os').getcwd()",
        "(" * 5000,
        "",
    ],
)
def test_a_header_that_is_no_header_is_garbled(tmp_path, header):
    text = header.encode()
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(288)
    (tmp_path / "s.npy").write_bytes(content)
    refused(tmp_path / "s.npy", "header of `scores` is cut short or garbled")


def test_a_header_of_the_second_version_is_read(tmp_path):
    with (tmp_path / "s.npy").open("wb") as stream:
        np.lib.format.write_array(stream, SCORES, version=(2, 0))
    np.testing.assert_array_equal(read_score_file(tmp_path / "s.npy", SPLIT).run.scores, SCORES)


def test_a_shape_beyond_all_memory_allocates_nothing(tmp_path):
    with (tmp_path / "s.npy").open("wb") as stream:
        np.lib.format.write_array_header_1_0(
            stream, {"descr": "<f8", "fortran_order": False, "shape": (10**15, 10**15)}
        )
    refused(tmp_path / "s.npy", "takes 8,000,000,000,000,000,000,000,000,000,000 bytes, 0 are there")


def test_a_virtual_dataset_is_not_followed(tmp_path):
    layout = h5py.VirtualLayout(shape=(6, 12), dtype="f4")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "scores", shape=(6, 12))
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file.create_virtual_dataset("scores", layout)
    refused(tmp_path / "s.h5", "keeps its data in another place")


def test_a_dataset_kept_in_another_file_is_not_followed(tmp_path):
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file.create_dataset("scores", shape=(6, 12), dtype="f4", external=[("/etc/passwd", 0, 288)])
    refused(tmp_path / "s.h5", "keeps its data in another place")


def test_a_soft_link_is_not_followed(tmp_path):
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["scores"] = h5py.SoftLink("/nowhere")
    refused(tmp_path / "s.h5", "is a link")


def test_chunks_larger_than_memory_are_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5, "MAX_CHUNK", 100)
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file.create_dataset("scores", data=SCORES, chunks=(6, 12))
    refused(tmp_path / "s.h5", r"in chunks of shape \(6, 12\), more than 100 bytes")


def test_half_written_chunks_are_not_read_as_zeros(tmp_path):
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file.create_dataset("scores", shape=(6, 12), dtype="f4", chunks=(3, 12))[:3] = SCORES[:3]
    refused(tmp_path / "s.h5", "parts of it were never written")


def test_ids_longer_than_memory_are_not_read(tmp_path, monkeypatch):
    write_arrays(tmp_path / "s.h5", {"scores": SCORES, "image_ids": np.array(SPLIT.image_ids)})
    monkeypatch.setattr(hdf5, "TEXT_LIMIT", 20)
    refused(tmp_path / "s.h5", "`image_ids` holds more text than ids ever fill")
    monkeypatch.setattr(container, "TEXT_LIMIT", 20)
    with pytest.raises(ScoreFileError, match="`ids` holds 2 strings"):
        text_array("ids", ["a", "b" * 10])


def test_groups_and_empty_datasets_beside_the_scores_do_no_harm(tmp_path):
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["scores"] = SCORES
        file.create_group("more")
        file["nothing"] = np.empty((0, 3), "f4")
        file["comment"] = "words"
    assert open_arrays(tmp_path / "s.h5")["nothing"].load().shape == (0, 3)
    assert read_score_file(tmp_path / "s.h5", SPLIT).format == "matrix"
    assert map_array(tmp_path / "s.h5", np.dtype("f4"), (0, 3)).shape == (0, 3)


def test_metadata_that_is_no_list_is_a_word(tmp_path):
    from safetensors.numpy import save_file

    save_file({"scores": SCORES}, tmp_path / "s.safetensors", {"image_ids": "[im0", "format": "pt"})
    refused(tmp_path / "s.safetensors", r"`image_ids` has shape \(\)")


def test_a_safetensors_header_longer_than_the_file_is_broken(tmp_path):
    (tmp_path / "s.safetensors").write_bytes(struct.pack("<Q", 10**6) + b"{}")
    refused(tmp_path / "s.safetensors", "its header is broken")


def test_vectors_without_numbers_are_refused(tmp_path):
    np.savez(tmp_path / "e.npz", image_embeddings=np.ones((6, 0), "f4"), text_embeddings=np.ones((12, 0), "f4"))
    refused(tmp_path / "e.npz", "vectors without numbers")


def test_vectors_of_too_few_images_say_what_is_needed(tmp_path):
    np.savez(tmp_path / "e.npz", image_embeddings=np.ones((5, 3), "f4"), text_embeddings=np.ones((12, 3), "f4"))
    refused(tmp_path / "e.npz", "Save one vector for every image and every caption")


def test_ranks_that_are_words_are_refused(tmp_path):
    np.savez(tmp_path / "r.npz", i2t_rank0=np.array(["first"] * 6))
    refused(tmp_path / "r.npz", "ranks are whole numbers")


def test_json_beyond_the_limit_is_not_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(ranked_json, "MAX_BYTES", 10)
    (tmp_path / "l.json").write_text('{"i2t": {"im0": []}}')
    refused(tmp_path / "l.json", "The JSON has 20 bytes; the limit is 10")


@pytest.mark.parametrize("text", ['{"i2t": ' + "[" * 100_000, '{"i2t": ' + "9" * 5000 + "}", '{"i2t": [1]}'])
def test_json_of_another_form_is_refused(tmp_path, text):
    (tmp_path / "l.json").write_text(text)
    refused(tmp_path / "l.json", "cannot be read|is not an object of lists")


@pytest.mark.parametrize("candidate", [True, 1.5, None, [], {}])
def test_a_candidate_that_is_no_id_is_refused(tmp_path, candidate):
    (tmp_path / "l.json").write_text(json.dumps({"i2t": {"im0": [candidate]}}))
    refused(tmp_path / "l.json", "is no caption of made/test")


def test_a_gzipped_run_that_grows_without_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(text_lines, "MAX_BYTES", 2**20)
    line = b"im0 Q0 cap0 1 1.0 tag\n"
    (tmp_path / "run.gz").write_bytes(gzip.compress(line + b"\n" * 2**23))
    refused(tmp_path / "run.gz", "more than 20,000,000 lines or 1,048,576 bytes")


def test_a_line_without_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(text_lines, "CHUNK", 64)
    (tmp_path / "run.trec").write_text("im0 Q0 cap0 1 1.0 " + "x" * 500)
    refused(tmp_path / "run.trec", "A line is longer than 64 bytes")


def test_lines_across_blocks_keep_their_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(text_lines, "CHUNK", 64)
    lines = [f"im{i} Q0 cap{i} 1 1.0 tag" for i in range(6)]
    (tmp_path / "run.trec").write_text("\n\n".join(lines) + "\n\n\n" + "im0 Q0 cap1 2 bad tag\n")
    refused(tmp_path / "run.trec", "^Line 14: the score 'bad'")


def test_a_run_of_blank_lines_holds_no_line(tmp_path):
    (tmp_path / "run.trec").write_text("  \n\n")
    with pytest.raises(ScoreFileError, match="of no known type"):
        read_score_file(tmp_path / "run.trec", SPLIT)
    with pytest.raises(ScoreFileError, match="holds no line"):
        FORMATS["trec"].read(tmp_path / "run.trec", SPLIT, Reading())


def test_an_array_file_cannot_be_written_under_another_ending(tmp_path):
    with pytest.raises(ScoreFileError, match=r"No array file is called '.txt'"):
        write_arrays(tmp_path / "s.txt", {"scores": SCORES})
    with pytest.raises(ScoreFileError, match="cannot name ids in another order"):
        FORMATS["matrix"].write(tmp_path / "s.npy", MatrixRun(SCORES, image_order=np.arange(6)[::-1]), SPLIT)


def test_scores_that_are_not_finite_are_counted_over_all_blocks_and_named_by_id(monkeypatch):
    monkeypatch.setattr(finiteness, "BLOCK_BYTES", 24 * 4)
    scores = SCORES.T.copy()
    scores[5, 2], scores[5, 4], scores[11, 0] = np.inf, np.nan, -np.inf
    order = np.arange(6)[::-1].copy()
    error = describe_nonfinite(MatrixRun(scores, captions_first=True, image_order=order), SPLIT)
    assert str(error).startswith(
        "3 of 72 scores are not finite (1 NaN, 1 +Inf, 1 -Inf); the first is +Inf at row 5, column 2:"
        " image 'im3', caption 'cap5'."
    )
