"""The store of files in a folder: named by content, complete or not there, read-only, a copy."""

import errno
import os
import shutil
import stat
import tracemalloc
from pathlib import Path

import pytest

from submissions.artifacts import artifact_store, digest_of
from submissions.errors import ArtifactError, SettingsError
from submissions.folder_store import STAGING, UNSETTLED, FolderStore
from tests.artifact_contract import ArtifactContract, Inside, keep


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "artifacts")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "scores.npy"
    path.write_bytes(b"scores" * 1000)
    return path


def files_in(store):
    return [path for path in store.root.rglob("*") if path.is_file()]


class TestFolderStore(ArtifactContract):
    @pytest.fixture
    def inside(self, store):
        def replace(sha256, content):
            store.location(sha256).unlink()
            store.location(sha256).write_bytes(content)

        return Inside(
            lambda: [path.name for path in files_in(store) if path.parent.name not in (STAGING, UNSETTLED)],
            replace,
            lambda sha256: store.location(sha256).unlink(),
        )


def test_stored_files_are_read_only(store, source, tmp_path):
    shutil.copy(source, tmp_path / "other.npy")
    with (tmp_path / "other.npy").open("ab") as stream:
        stream.write(b"more")
    other = digest_of(tmp_path / "other.npy")
    store.adopt(tmp_path / "other.npy", other.sha256, other.size)
    for sha256 in (keep(store, source).sha256, other.sha256):
        assert stat.S_IMODE(store.location(sha256).stat().st_mode) == 0o444


def test_a_folder_that_cannot_be_written_is_an_error_of_ours_in_words(tmp_path, source):
    (tmp_path / "taken").write_text("")
    taken = FolderStore(tmp_path / "taken")
    with pytest.raises(ArtifactError, match="cannot be stored under"):
        keep(taken, source)
    with pytest.raises(ArtifactError, match="cannot be stored under"):
        taken.adopt(source, digest_of(source).sha256, 6000)
    assert not taken.holds("0" * 64, 1)


def test_a_full_disk_leaves_nothing_half_copied(store, source, monkeypatch):
    digest = digest_of(source).sha256

    def full(handle):
        raise OSError(28, os.strerror(28))

    # A disk cannot be filled for a test.
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArtifactError, match="No space left on device"):
        store.keep({digest: source})
    assert files_in(store) == []


def test_an_adopted_file_is_moved_and_not_copied(store, source):
    known, number = digest_of(source), source.stat().st_ino
    store.adopt(source, known.sha256, known.size)
    assert store.location(known.sha256).stat().st_ino == number


def test_a_file_of_another_file_system_is_copied_checked_and_removed(store, source, monkeypatch):
    known = digest_of(source)
    replace = Path.replace

    def refuse_the_source(path, target):
        if path == source:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return replace(path, target)

    # There is one file system for certain, and no second one.
    monkeypatch.setattr(Path, "replace", refuse_the_source)
    store.adopt(source, known.sha256, known.size)
    assert store.is_whole(known)
    assert not source.exists()


def test_a_file_that_was_cleared_away_before_it_was_handed_in_anew_is_missed(store, source):
    kept = keep(store, source)
    own = store.open_path(kept.sha256, kept.size)
    touch = Path.touch

    def touch_too_late(path, *given, **named):
        touch(path, *given, **named)
        own.unlink(missing_ok=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "touch", touch_too_late)
        with pytest.raises(ArtifactError, match="is missing from"):
            store.keep({kept.sha256: own})


def test_a_disk_that_cannot_be_read_is_a_fault_of_the_store_and_not_of_the_file(store, source, monkeypatch):
    kept = keep(store, source)

    def broken(path, *given, **named):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "open", broken)
    with pytest.raises(ArtifactError, match=r"cannot be read in .*: Input/output error\. Check the disk"):
        store.open_path(kept.sha256, kept.size)
    assert not store.is_whole(kept)


def test_a_large_file_passes_through_little_memory(store, tmp_path):
    large = tmp_path / "large.npy"
    with large.open("wb") as stream:
        stream.truncate(200 * 2**20)
    tracemalloc.start()
    kept = keep(store, large)
    store.open_path(kept.sha256, kept.size)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 2**20


def test_a_path_and_a_file_url_name_a_folder(monkeypatch, tmp_path):
    for url in (str(tmp_path / "here"), f"file://{tmp_path}/here"):
        monkeypatch.setenv("REMATCH_ARTIFACTS_URL", url)
        assert artifact_store() == FolderStore(tmp_path / "here")


def test_other_kinds_of_addresses_are_refused_without_showing_what_they_hold(monkeypatch):
    monkeypatch.setenv("REMATCH_ARTIFACTS_URL", "https://ada:geheim@host/scores")
    with pytest.raises(SettingsError, match=r"is of the kind 'https'; expected a folder .* or s3://") as caught:
        artifact_store()
    assert "geheim" not in str(caught.value)
