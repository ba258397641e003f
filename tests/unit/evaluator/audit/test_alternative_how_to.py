"""The alternative that the how-to shows explains what a script gives that keeps each image's last caption."""

from dataclasses import replace

import numpy as np

from evaluator import PROTOCOLS, MatrixRun
from evaluator.audit.alternative import ALTERNATIVES, Alternative
from evaluator.audit.case import Case
from evaluator.audit.explain import explain
from evaluator.protocol import RECALLS
from tests.unit.evaluator.audit import plain_scripts as scripts
from tests.unit.evaluator.audit.test_explain import matrix, printed, split_of
from tests.unit.how_to import entry_of

LAST = entry_of("add-an-alternative.md", Alternative)
STANDARD = replace(PROTOCOLS["standard"], metrics=RECALLS)


def test_numbers_of_the_last_captions_are_explained_once_the_file_is_there(monkeypatch):
    owners = np.repeat(np.arange(300), 5)
    scores = matrix(owners, seed=8)
    claims = printed(scripts.one_each(scores, owners, np.arange(4, 1500, 5)))
    monkeypatch.setitem(ALTERNATIVES._entries, LAST.name, LAST)
    found = explain([MatrixRun(scores)], STANDARD, split_of(owners), claims)
    assert found.explained_by.name == "last-caption"


def test_with_one_caption_each_it_changes_nothing():
    owners = np.arange(100)
    case = Case((MatrixRun(matrix(owners, seed=8)),), split_of(owners), STANDARD)
    assert list(LAST.forms(case)) == []
