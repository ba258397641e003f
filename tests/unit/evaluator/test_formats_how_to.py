"""The format that the how-to shows works as it stands there."""

import re
from pathlib import Path

import numpy as np
import pytest

from evaluator.errors import ScoreFileError
from evaluator.score_format import FORMATS, Reading
from splits import Centricity, Dataset, Direction, Split

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "add-a-score-format.md"
DATASET = Dataset("made", "Made", Centricity.SCENE, "CC0-1.0", "none", "generated")
SPLIT = Split("made/test", DATASET, ("a", "b"), ("x", "y", "z"), np.array([(0, 0), (1, 1), (2, 1)]))


def shown_format():
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    names = {"__name__": "shown"}
    exec(compile(code[1], str(PAGE), "exec"), names)  # noqa: S102 - our own page
    return names["TSV"]


def test_it_reads_and_writes_and_is_mistaken_for_no_other(tmp_path):
    (tmp_path / "run.tsv").write_text("a\tz\nb\ty\na\tx\n")
    shown = shown_format()
    assert shown.accepts(tmp_path / "run.tsv")
    assert not any(one.accepts(tmp_path / "run.tsv") for one in FORMATS.values())
    run = shown.read(tmp_path / "run.tsv", SPLIT, Reading()).run
    assert run.lists[Direction.I2T].candidates.tolist() == [2, 0, 1]
    shown.write(tmp_path / "again.tsv", run, SPLIT)
    assert (tmp_path / "again.tsv").read_text() == "a\tz\na\tx\nb\ty\n"


def test_it_says_what_is_wrong(tmp_path):
    (tmp_path / "run.tsv").write_text("a\tz\nb\tq\n")
    with pytest.raises(ScoreFileError, match=r"Line 2 is no image and caption of made/test"):
        shown_format().read(tmp_path / "run.tsv", SPLIT, Reading())
