"""The store of files: named by content, complete or not there, read-only, a copy."""

import hashlib
import os
import stat
import tracemalloc

import pytest

from submissions.artifacts import ArtifactStore, artifact_store, digest_of
from submissions.errors import ArtifactError, SettingsError


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "scores.npy"
    path.write_bytes(b"scores" * 1000)
    return path


def keep(store, *paths):
    """Keep files as they are now, settle them, and say what the first is."""
    found = [digest_of(path) for path in paths]
    store.keep({one.sha256: path for one, path in zip(found, paths, strict=True)})
    store.settle(one.sha256 for one in found)
    return found[0]


def files_in(store):
    return [path for path in store.root.rglob("*") if path.is_file()]


def damage(path, content):
    path.chmod(0o644)
    path.write_bytes(content)


def test_a_file_is_kept_under_its_digest(store, source):
    kept = keep(store, source)
    assert kept.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert store.open_path(kept.sha256, 6000).read_bytes() == source.read_bytes()


def test_the_same_content_is_kept_once(store, source, tmp_path):
    (tmp_path / "copy.npy").write_bytes(source.read_bytes())
    assert keep(store, source) == keep(store, tmp_path / "copy.npy")
    assert len(files_in(store)) == 1


def test_a_later_edit_of_the_original_does_not_reach_the_store(store, source):
    kept = keep(store, source)
    with source.open("r+b") as stream:
        stream.write(b"edited")
    assert store.open_path(kept.sha256, kept.size).stat().st_nlink == 1


def test_stored_files_are_read_only(store, source):
    assert stat.S_IMODE(store.location(keep(store, source).sha256).stat().st_mode) == 0o444


def test_of_several_files_none_is_kept_when_one_changed_since_its_check(store, source, tmp_path):
    (tmp_path / "other.npy").write_bytes(b"other")
    files = {digest_of(source).sha256: source, "0" * 64: tmp_path / "other.npy"}
    for order in (list(files), list(reversed(files))):
        with pytest.raises(ArtifactError, match=r"other.npy changed while it was being handed in"):
            store.keep({sha256: files[sha256] for sha256 in order})
        assert files_in(store) == []


def test_a_missing_file_says_which_folder_to_restore(store):
    with pytest.raises(ArtifactError, match=r"is missing from .*REMATCH_ARTIFACTS_URL"):
        store.open_path("0" * 64, 1)


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"x" * 10, "found 10 bytes"), (b"x" * 6000, "found 6,000 bytes with another")],
    ids=["cut off", "of the same size"],
)
def test_a_damaged_file_is_found_and_mended_by_handing_it_in_again(store, source, content, found):
    kept = keep(store, source)
    damage(store.location(kept.sha256), content)
    assert not store.is_whole(kept)
    with pytest.raises(ArtifactError, match=f"is damaged: expected 6,000 bytes with that SHA-256, {found}"):
        store.open_path(kept.sha256, kept.size)
    keep(store, source)
    assert store.is_whole(kept)


def test_a_folder_that_cannot_be_written_is_an_error_of_ours_in_words(tmp_path, source):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ArtifactError, match="cannot be stored under"):
        keep(ArtifactStore(tmp_path / "taken"), source)


def test_a_full_disk_leaves_nothing_half_copied(store, source, monkeypatch):
    digest = digest_of(source).sha256

    def full(handle):
        raise OSError(28, os.strerror(28))

    # A disk cannot be filled for a test.
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArtifactError, match="No space left on device"):
        store.keep({digest: source})
    assert files_in(store) == []


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


def test_only_folders_are_places_for_artifacts(monkeypatch, tmp_path):
    monkeypatch.setenv("REMATCH_ARTIFACTS_URL", "s3://bucket/scores")
    with pytest.raises(SettingsError, match="expected a folder on this machine"):
        artifact_store()
    for url in (str(tmp_path / "here"), f"file://{tmp_path}/here"):
        monkeypatch.setenv("REMATCH_ARTIFACTS_URL", url)
        assert artifact_store().root == tmp_path / "here"
