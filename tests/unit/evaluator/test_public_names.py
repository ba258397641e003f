"""`import evaluator` offers the public names, and loads nothing heavy until one is used."""

import subprocess
import sys

import numpy as np
import pytest

import evaluator
from splits import load_split


@pytest.mark.parametrize("name", evaluator.__all__)
def test_every_public_name_is_there(name):
    assert getattr(evaluator, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'evaluator' has no attribute 'nothing'"):
        _ = evaluator.nothing


def test_the_import_alone_loads_neither_numpy_nor_numba():
    code = "import sys, evaluator; print(evaluator.__version__, *{'numpy', 'numba', 'h5py'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [evaluator.__version__]


def test_a_run_in_memory_is_scored_with_public_names_alone():
    split = load_split("toy-scene/test")
    scores = np.random.default_rng(0).standard_normal((split.n_images, split.n_captions))
    found = evaluator.ScoreFile(evaluator.MatrixRun(scores), "matrix")
    report = evaluator.evaluate(found, evaluator.PROTOCOLS["toy-scene"], split)
    assert isinstance(report, evaluator.Report)
    assert 0 < report.value("rsum").expected < 1
