"""A file is read again for its digest exactly when it may have changed."""

import os

import pytest

from splits import file_state
from splits.digest import sha256_of
from splits.file_state import FileDigests


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "picture.jpg"
    path.write_bytes(b"before")
    return path


@pytest.fixture
def settled(monkeypatch):
    """Files count as settled at once: no test waits for two seconds."""
    monkeypatch.setattr(file_state, "SETTLED_SECONDS", 0.0)


@pytest.fixture
def reads(monkeypatch):
    """The names of the files that were read."""
    names = []
    read = file_state.sha256_of_file
    monkeypatch.setattr(file_state, "sha256_of_file", lambda path: names.append(path.name) or read(path))
    return names


@pytest.mark.usefixtures("settled")
def test_a_file_that_stays_the_same_is_read_once(file, reads):
    digests = FileDigests()
    assert [digests.of(file) for _ in range(3)] == [sha256_of(b"before")] * 3
    assert reads == ["picture.jpg"]


@pytest.mark.usefixtures("settled")
def test_a_file_of_the_same_size_and_time_that_was_written_anew_is_read_again(file):
    digests = FileDigests()
    digests.of(file)
    times = file.stat()
    file.write_bytes(b"after!")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert digests.of(file) == sha256_of(b"after!")


@pytest.mark.usefixtures("settled")
def test_a_file_put_in_the_place_of_another_is_read_again(file, tmp_path):
    other = tmp_path / "other.jpg"
    other.write_bytes(b"other.")
    digests = FileDigests()
    digests.of(file)
    other.replace(file)
    assert digests.of(file) == sha256_of(b"other.")


def test_a_file_written_just_now_is_not_trusted_to_stay(file, reads):
    digests = FileDigests()
    digests.of(file)
    digests.of(file)
    assert len(reads) == 2
