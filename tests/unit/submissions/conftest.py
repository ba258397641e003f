"""A database and a small submission of one's own split, made anew for every test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from submissions import database
from tests.submission_files import write_submission


@pytest.fixture
def prepared() -> Iterator[None]:
    """The embedded database of this test, with its tables."""
    database.prepare()
    yield
    database.forget_connections()


@pytest.fixture
def make_submission(tmp_path: Path) -> Callable[..., Path]:
    """Write a valid submission with two seeds and return the path of its manifest; keywords change the manifest."""
    return lambda name="mine", **changes: write_submission(tmp_path / name, **changes)
