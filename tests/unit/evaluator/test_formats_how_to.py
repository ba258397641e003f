"""The format that the how-to shows: what it reads, what it says, and that it takes no file of another format."""

import numpy as np
import pytest

from evaluator.container import CONTAINERS
from evaluator.errors import ScoreFileError
from evaluator.score_format import FORMATS, Reading, ScoreFormat
from splits import Centricity, Dataset, Direction, Split
from tests.unit.format_contract import written_files
from tests.unit.how_to import entry_of

DATASET = Dataset("made", "Made", Centricity.SCENE, "CC0-1.0", "none", "generated")
SPLIT = Split("made/test", DATASET, ("a", "b"), ("x", "y", "z"), np.array([(0, 0), (1, 1), (2, 1)]))
SHOWN = entry_of("add-a-score-format.md", ScoreFormat)
OTHERS = [one for one in FORMATS.values() if one.name != SHOWN.name]


def test_it_reads_and_writes_and_is_mistaken_for_no_other(tmp_path):
    (tmp_path / "run.tsv").write_text("a\tz\nb\ty\na\tx\n")
    assert SHOWN.accepts(tmp_path / "run.tsv")
    assert not any(one.accepts(tmp_path / "run.tsv") for one in OTHERS)
    run = SHOWN.read(tmp_path / "run.tsv", SPLIT, Reading()).run
    assert run.lists[Direction.I2T].candidates.tolist() == [2, 0, 1]
    SHOWN.write(tmp_path / "again.tsv", run, SPLIT)
    assert (tmp_path / "again.tsv").read_text() == "a\tz\na\tx\nb\ty\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tz\nb\tq\n", r"Line 2 is no image and caption of made/test\."),
        ("a\tz\nb\ty\na\tz\n", "Line 3 repeats image and caption of an earlier one"),
        ("a\tz\n", "i2t leaves out 1 of 2 queries, first image 'b'"),
    ],
)
def test_it_says_what_is_wrong(tmp_path, text, message):
    (tmp_path / "run.tsv").write_text(text)
    with pytest.raises(ScoreFileError, match=message):
        SHOWN.read(tmp_path / "run.tsv", SPLIT, Reading())


@pytest.mark.parametrize("other", OTHERS, ids=lambda one: one.name)
def test_it_takes_no_file_of_another_format(tmp_path, other):
    assert not [path.name for path, _ in written_files(other, tmp_path) if SHOWN.accepts(path)]


@pytest.mark.parametrize("container", CONTAINERS.values(), ids=lambda one: one.name)
def test_it_takes_no_container_though_its_bytes_hold_tabs_and_line_ends(tmp_path, container):
    generator = np.random.default_rng(0)
    path = tmp_path / f"file{container.suffixes[0]}"
    for tabs in range(64):
        scores = generator.standard_normal((4, 5)).astype(np.float32)
        scores.view(np.uint8).flat[tabs] = ord("\t")
        container.write(path, {"scores": scores})
        assert not SHOWN.accepts(path)
