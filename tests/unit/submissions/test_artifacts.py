"""The store of files: named by content, complete or not there, read-only, a copy."""

import hashlib
import os
import stat
import tracemalloc

import pytest

from submissions.artifacts import ArtifactStore, StoredFile, artifact_store
from submissions.errors import ArtifactError, SettingsError


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "scores.npy"
    path.write_bytes(b"scores" * 1000)
    return path


def files_in(store):
    return [path for path in store.root.rglob("*") if path.is_file()]


def test_a_file_is_kept_under_its_digest(store, source):
    kept = store.keep(source)
    assert kept == StoredFile(hashlib.sha256(source.read_bytes()).hexdigest(), 6000)
    assert store.open_path(kept.sha256, kept.size, verify=True).read_bytes() == source.read_bytes()


def test_the_same_content_is_kept_once(store, source, tmp_path):
    (tmp_path / "copy.npy").write_bytes(source.read_bytes())
    first = store.keep(source)
    before = store.location(first.sha256).stat().st_ino
    assert store.keep(tmp_path / "copy.npy") == first
    assert len(files_in(store)) == 1
    assert store.location(first.sha256).stat().st_ino == before


def test_a_later_edit_of_the_original_does_not_reach_the_store(store, source):
    kept = store.keep(source)
    with source.open("r+b") as stream:
        stream.write(b"edited")
    assert store.open_path(kept.sha256, kept.size, verify=True).stat().st_nlink == 1


def test_stored_files_are_read_only(store, source):
    kept = store.keep(source)
    assert stat.S_IMODE(store.location(kept.sha256).stat().st_mode) == 0o444


def test_a_file_that_changed_since_its_check_is_not_kept(store, source):
    with pytest.raises(ArtifactError, match="changed while it was being handed in"):
        store.keep(source, expected="0" * 64)
    assert files_in(store) == []


def test_a_missing_file_says_which_folder_to_restore(store):
    with pytest.raises(ArtifactError, match=r"is missing from .*REMATCH_ARTIFACTS_URL"):
        store.open_path("0" * 64, 1)


def test_a_cut_off_file_is_damaged_and_mended_by_handing_it_in_again(store, source):
    kept = store.keep(source)
    location = store.location(kept.sha256)
    location.chmod(0o644)
    os.truncate(location, 10)
    with pytest.raises(ArtifactError, match="is damaged: expected 6,000 bytes with that SHA-256, found 10 bytes"):
        store.open_path(kept.sha256, kept.size)
    store.keep(source)
    store.open_path(kept.sha256, kept.size, verify=True)


def test_a_changed_file_of_the_same_size_is_found_by_its_digest(store, source):
    kept = store.keep(source)
    location = store.location(kept.sha256)
    location.chmod(0o644)
    location.write_bytes(b"x" * 6000)
    store.open_path(kept.sha256, kept.size)
    with pytest.raises(ArtifactError, match="found 6,000 bytes with another"):
        store.open_path(kept.sha256, kept.size, verify=True)


def test_a_folder_that_cannot_be_written_is_an_error_of_ours_in_words(tmp_path, source):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ArtifactError, match="cannot be stored under"):
        ArtifactStore(tmp_path / "taken").keep(source)


def test_a_large_file_passes_through_little_memory(store, tmp_path):
    large = tmp_path / "large.npy"
    with large.open("wb") as stream:
        stream.truncate(200 * 2**20)
    tracemalloc.start()
    store.keep(large)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 2**20


def test_only_folders_are_places_for_artifacts(monkeypatch, tmp_path):
    monkeypatch.setenv("REMATCH_ARTIFACTS_URL", "s3://bucket/scores")
    with pytest.raises(SettingsError, match="expected a folder on this machine"):
        artifact_store()
    for url in (str(tmp_path / "here"), f"file://{tmp_path}/here"):
        monkeypatch.setenv("REMATCH_ARTIFACTS_URL", url)
        assert artifact_store().root == tmp_path / "here"
