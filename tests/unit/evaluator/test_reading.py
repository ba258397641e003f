"""Finding the format of a file, and what is said of files that are none."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evaluator.errors import ScoreFileError
from evaluator.reading import read_score_file
from evaluator.run import EmbeddingRun
from splits import Centricity, Dataset, Split, UnknownNameError

DATASET = Dataset("made", "Made", Centricity.SCENE, "CC0-1.0", "none", "generated")
SPLIT = Split(
    "made/test",
    DATASET,
    tuple(f"im{i}" for i in range(6)),
    tuple(f"cap{i}" for i in range(12)),
    np.array([(c, c // 2) for c in range(12)]),
)
SCORES = np.random.default_rng(0).standard_normal((6, 12)).astype(np.float32)


def test_what_a_file_looks_like_beats_its_name(tmp_path):
    np.savez(tmp_path / "scores.npz", scores=SCORES)
    (tmp_path / "scores.npz").rename(tmp_path / "scores.npy")
    found = read_score_file(tmp_path / "scores.npy", SPLIT)
    assert found.notes == ("scores.npy is called .npy, but its content is npz; it was read as that.",)
    np.testing.assert_array_equal(found.run.scores, SCORES)


def test_a_text_file_under_the_name_of_an_array_is_read_as_what_it_is(tmp_path):
    (tmp_path / "lists.npy").write_text('{"i2t": {' + ", ".join(f'"im{i}": ["cap0"]' for i in range(6)) + "}}")
    found = read_score_file(tmp_path / "lists.npy", SPLIT)
    assert found.format == "ranked-json"
    assert found.notes == ("lists.npy is called .npy, but its content is ranked-json; it was read as that.",)


@pytest.mark.parametrize("name", ["scores", "8f14e45fceea167a", "scores.v2", "scores.npy.part"])
def test_a_name_without_a_known_ending_needs_no_note(tmp_path, name):
    with (tmp_path / name).open("wb") as stream:
        np.save(stream, SCORES)
    assert read_score_file(tmp_path / name, SPLIT).notes == ()


def test_a_named_format_decides_where_a_file_holds_two(tmp_path):
    vectors = {"image_embeddings": np.ones((6, 3), "f4"), "text_embeddings": np.ones((12, 3), "f4")}
    np.savez(tmp_path / "both.npz", scores=SCORES, **vectors)
    assert isinstance(read_score_file(tmp_path / "both.npz", SPLIT, format_name="embeddings").run, EmbeddingRun)
    with pytest.raises(ScoreFileError, match="can be read as embeddings and matrix"):
        read_score_file(tmp_path / "both.npz", SPLIT)


def test_an_unknown_format_suggests_near_ones(tmp_path):
    np.save(tmp_path / "scores.npy", SCORES)
    with pytest.raises(UnknownNameError, match="Did you mean matrix"):
        read_score_file(tmp_path / "scores.npy", SPLIT, format_name="matrx")


def test_a_format_that_is_declared_for_unknown_content_is_refused(tmp_path):
    (tmp_path / "scores.mat").write_bytes(b"MATLAB 5.0\0")
    with pytest.raises(ScoreFileError, match=r"declared to be matrix, but its content is of no known format\."):
        read_score_file(tmp_path / "scores.mat", SPLIT, format_name="matrix")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ScoreFileError, match="is no regular file"):
        read_score_file(tmp_path / "pipe", SPLIT)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x" * 300, "cannot be opened: File name too long"),
        ("scores\0.npy", "cannot be opened: "),
        ("file/scores.npy", "There is no file "),
    ],
)
def test_an_impossible_name_gives_a_sentence(tmp_path, name, message):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ScoreFileError, match=message):
        read_score_file(tmp_path / name, SPLIT)


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    path = tmp_path / "scores.npy"
    np.save(path, SCORES)

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied", str(path))

    # The tests may run as root, whom no permission stops.
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ScoreFileError, match="may not be read by this user"):
        read_score_file(path, SPLIT)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors", ".h5"])
def test_a_large_matrix_is_read_in_little_memory(tmp_path, suffix):
    n_images, n_captions = 400, 100_000
    program = f"""
import resource, sys
from pathlib import Path
import numpy as np
from evaluator.reading import read_score_file
from splits import Centricity, Dataset, Split
import h5py, safetensors
split = Split("made/big", Dataset("made", "", Centricity.SCENE, "", "", ""),
    tuple(map(str, range({n_images}))), tuple("c%d" % i for i in range({n_captions})),
    np.array([(c, c % {n_images}) for c in range({n_captions})]))
def anonymous():
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("RssAnon"))
before = anonymous()
run = read_score_file(Path(sys.argv[1]), split).run
grown = anonymous() - before
assert run.scores.shape == ({n_images}, {n_captions}) and float(run.scores[-1, -1]) == 7.0
print(grown)
"""
    path = tmp_path / f"big{suffix}"
    scores = np.zeros((n_images, n_captions), np.float32)
    scores[-1, -1] = 7
    from evaluator.container import write_arrays

    write_arrays(path, {"scores": scores})
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert path.stat().st_size > 160_000_000
    assert int(done.stdout) < 60_000, "kB of anonymous memory for a file of 160 MB"


def test_reading_leaves_no_file_open(tmp_path):
    np.savez(tmp_path / "scores.npz", scores=SCORES)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        read_score_file(tmp_path / "scores.npz", SPLIT)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0
