"""What every store of files does: the same tests for a folder, and for a bucket of an S3-compatible server."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from submissions.artifacts import ArtifactStore, StoredFile, digest_of
from submissions.errors import ArtifactError
from submissions.leftovers import DAY

EVERYTHING = -60.0
"""What was left until a minute from now."""


@dataclass(frozen=True)
class Inside:
    """What a test must see and do behind the back of a store."""

    digests: Callable[[], list[str]]
    """Of what is stored, marks aside."""
    replace: Callable[[str, bytes], None]
    """Put another content in the place of a stored file."""
    remove: Callable[[str], None]


def keep(store: ArtifactStore, *paths: Path) -> StoredFile:
    """Keep files as they are now, settle them, and say what the first is."""
    found = [digest_of(path) for path in paths]
    store.keep({one.sha256: path for one, path in zip(found, paths, strict=True)})
    store.settle(one.sha256 for one in found)
    return found[0]


class ArtifactContract:
    """The fixtures `store` and `inside` are those of the class that runs these."""

    @pytest.fixture
    def source(self, tmp_path):
        path = tmp_path / "scores.npy"
        path.write_bytes(b"scores" * 1000)
        return path

    def test_a_file_is_kept_under_its_digest(self, store, inside, source):
        kept = keep(store, source)
        assert kept.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
        assert store.open_path(kept.sha256, 6000).read_bytes() == source.read_bytes()
        assert inside.digests() == [kept.sha256]

    def test_the_same_content_is_kept_once(self, store, inside, source, tmp_path):
        (tmp_path / "copy.npy").write_bytes(source.read_bytes())
        assert keep(store, source) == keep(store, tmp_path / "copy.npy")
        assert len(inside.digests()) == 1

    def test_a_later_edit_of_the_original_does_not_reach_the_store(self, store, source):
        kept = keep(store, source)
        with source.open("r+b") as stream:
            stream.write(b"edited")
        assert store.open_path(kept.sha256, kept.size).stat().st_nlink == 1

    def test_of_several_files_none_is_kept_when_one_changed_since_its_check(self, store, inside, source, tmp_path):
        (tmp_path / "other.npy").write_bytes(b"other")
        files = {digest_of(source).sha256: source, "0" * 64: tmp_path / "other.npy"}
        for order in (list(files), list(reversed(files))):
            with pytest.raises(ArtifactError, match=r"other.npy changed while it was being handed in"):
                store.keep({sha256: files[sha256] for sha256 in order})
            assert inside.digests() == []

    def test_a_missing_file_says_what_to_restore(self, store):
        with pytest.raises(ArtifactError, match=r"is missing from .*REMATCH_ARTIFACTS_URL"):
            store.open_path("0" * 64, 1)

    @pytest.mark.parametrize(
        ("content", "found"),
        [(b"x" * 10, "found 10 bytes"), (b"x" * 6000, "found 6,000 bytes with another")],
        ids=["cut off", "of the same size"],
    )
    def test_a_damaged_file_is_found_and_mended_by_handing_it_in_again(self, store, inside, source, content, found):
        kept = keep(store, source)
        inside.replace(kept.sha256, content)
        assert not store.is_whole(kept)
        with pytest.raises(ArtifactError, match=f"is damaged: expected 6,000 bytes with that SHA-256, {found}"):
            store.open_path(kept.sha256, kept.size)
        keep(store, source)
        assert store.is_whole(kept)
        assert store.open_path(kept.sha256, kept.size).read_bytes() == source.read_bytes()

    def test_a_store_holds_a_file_of_that_name_and_size_whatever_is_in_it(self, store, inside, source):
        kept = keep(store, source)
        assert store.holds(kept.sha256, kept.size)
        assert not store.holds(kept.sha256, kept.size + 1)
        assert not store.holds("0" * 64, kept.size)
        inside.replace(kept.sha256, b"x" * 6000)
        assert store.holds(kept.sha256, kept.size)
        assert not store.is_whole(kept)

    def test_an_empty_file_is_kept_too(self, store, tmp_path):
        (tmp_path / "empty").touch()
        kept = keep(store, tmp_path / "empty")
        assert store.holds(kept.sha256, 0)
        assert store.open_path(kept.sha256, 0).read_bytes() == b""

    def test_an_adopted_file_is_published_unsettled_and_taken_from_where_it_was(self, store, inside, source):
        content, known = source.read_bytes(), digest_of(source)
        store.adopt(source, known.sha256, known.size)
        assert not source.exists()
        assert list(store.unsettled(EVERYTHING)) == inside.digests() == [known.sha256]
        assert store.open_path(known.sha256, known.size).read_bytes() == content
        assert store.is_whole(known)

    def test_a_file_that_is_there_already_is_adopted_all_the_same(self, store, inside, source, tmp_path):
        kept = keep(store, source)
        inside.replace(kept.sha256, b"x" * 6000)
        store.adopt(source, kept.sha256, kept.size)
        assert not source.exists()
        assert store.is_whole(kept)

    def test_a_file_of_another_size_than_announced_is_not_adopted(self, store, inside, source):
        with pytest.raises(ArtifactError, match=r"has 6,000 bytes where 7,000 were announced"):
            store.adopt(source, digest_of(source).sha256, 7000)
        assert source.exists()
        assert inside.digests() == []

    def test_what_the_store_itself_gave_is_not_copied_again_and_counts_as_handed_in_anew(self, store, source):
        kept = keep(store, source)
        own = store.open_path(kept.sha256, kept.size)
        before = own.stat()
        assert list(store.unsettled(EVERYTHING)) == []
        store.keep({kept.sha256: own})
        assert list(store.unsettled(EVERYTHING)) == [kept.sha256]
        store.settle([kept.sha256])
        store.adopt(own, kept.sha256, kept.size)
        assert list(store.unsettled(EVERYTHING)) == [kept.sha256]
        assert os.path.samestat(own.stat(), before)
        assert store.is_whole(kept)

    def test_what_nothing_refers_to_goes_when_it_is_old_and_not_before(self, store, inside, source):
        known = digest_of(source)
        store.keep({known.sha256: source})
        assert list(store.unsettled(DAY)) == []
        # As when it is handed in again after it was found to be old.
        assert not store.discard(known.sha256, DAY)
        assert store.is_whole(known)
        assert store.discard(known.sha256, EVERYTHING)
        assert inside.digests() == []
        assert list(store.unsettled(EVERYTHING)) == []
        assert store.discard(known.sha256, EVERYTHING) is False

    def test_an_adopted_file_that_nothing_refers_to_goes_as_well(self, store, inside, source):
        known = digest_of(source)
        store.adopt(source, known.sha256, known.size)
        assert store.discard(known.sha256, EVERYTHING)
        assert inside.digests() == []

    def test_a_mark_whose_file_is_gone_is_discarded_as_well(self, store, inside, source):
        known = digest_of(source)
        store.keep({known.sha256: source})
        inside.remove(known.sha256)
        assert store.discard(known.sha256, EVERYTHING)
        assert list(store.unsettled(EVERYTHING)) == []

    def test_a_source_that_cannot_be_read_is_told_in_words(self, store, tmp_path):
        with pytest.raises(ArtifactError, match=r"gone.npy cannot be .*stored"):
            store.keep({"0" * 64: tmp_path / "gone.npy"})
