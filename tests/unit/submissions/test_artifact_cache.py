"""Copies of stored files on this machine: whole, fetched once, bounded, and never taken from under who uses them."""

import hashlib
import logging
import multiprocessing
import os
import signal
import threading
import time

import pytest

from submissions.artifact_cache import STAGING, ArtifactCache
from submissions.artifacts import StoredFile
from submissions.errors import ArtifactError
from submissions.held_files import files_held

MB = 2**20


@pytest.fixture
def cache(tmp_path):
    return ArtifactCache(tmp_path / "cache", 3 * MB)


class Source:
    """A store that is elsewhere: contents by their digest, and how often each was fetched."""

    def __init__(self):
        self.contents, self.fetched = {}, []

    def add(self, content):
        stored = StoredFile(hashlib.sha256(content).hexdigest(), len(content))
        self.contents[stored.sha256] = content
        return stored

    def fetching(self, stored):
        def fetch(stream):
            self.fetched.append(stored.sha256)
            stream.write(self.contents[stored.sha256])

        return fetch


@pytest.fixture
def source():
    return Source()


def open_copy(cache, source, stored):
    return cache.path(stored, source.fetching(stored))


def copies(cache):
    return sorted(path.name for path in cache.folder.iterdir() if path.is_file())


def in_staging(cache):
    return sorted(path.name for path in (cache.folder / STAGING).iterdir())


def megabytes(source, n):
    return [source.add(bytes([number]) * MB) for number in range(n)]


def test_a_file_is_fetched_once_and_read_only(cache, source):
    stored = source.add(b"scores")
    for _ in range(2):
        assert open_copy(cache, source, stored).read_bytes() == b"scores"
    assert source.fetched == [stored.sha256]
    assert open_copy(cache, source, stored).stat().st_mode & 0o777 == 0o444
    assert in_staging(cache) == []


def test_a_damaged_copy_is_never_given_but_fetched_again(cache, source, caplog):
    stored = source.add(b"scores")
    path = open_copy(cache, source, stored)
    path.chmod(0o644)
    path.write_bytes(b"sc0res")
    assert open_copy(cache, source, stored).read_bytes() == b"scores"
    assert source.fetched == [stored.sha256] * 2
    assert "was damaged; it is fetched again" in caplog.text


@pytest.mark.parametrize("content", [b"sc0res", b"scor", b"scores and more"])
def test_what_is_not_the_file_that_was_asked_for_is_no_copy(cache, source, content):
    stored = source.add(b"scores")
    source.contents[stored.sha256] = content
    with pytest.raises(ArtifactError, match=f"The stored file {stored.sha256} is damaged: expected 6 bytes"):
        open_copy(cache, source, stored)
    assert copies(cache) == in_staging(cache) == []


def test_what_was_not_used_for_longest_goes_first(cache, source):
    first, second, third, fourth = megabytes(source, 4)
    for stored in (first, second, third, first):
        open_copy(cache, source, stored)
        time.sleep(0.01)
    open_copy(cache, source, fourth)
    assert copies(cache) == sorted(one.sha256 for one in (first, third, fourth))


def test_what_the_present_work_opened_stays_until_its_end(cache, source, caplog):
    stored = megabytes(source, 5)
    with files_held():
        for one in stored[:4]:
            open_copy(cache, source, one)
        assert copies(cache) == sorted(one.sha256 for one in stored[:4])
        assert "needs 1 MB more than REMATCH_ARTIFACT_CACHE_MB: the rest is in use" in caplog.text
    open_copy(cache, source, stored[4])
    assert len(copies(cache)) == 3
    assert stored[4].sha256 in copies(cache)


def test_work_within_work_ends_for_itself(cache, source):
    outer, inner, third, fourth, fifth = megabytes(source, 5)
    with files_held():
        open_copy(cache, source, outer)
        with files_held():
            open_copy(cache, source, inner)
        for one in (third, fourth, fifth):
            time.sleep(0.01)
            open_copy(cache, source, one)
            with files_held():
                pass
        assert outer.sha256 in copies(cache)
    assert inner.sha256 not in copies(cache)


def test_a_file_larger_than_the_bound_is_fetched_all_the_same(cache, source):
    small, large = source.add(b"small"), source.add(b"x" * 4 * MB)
    open_copy(cache, source, small)
    assert open_copy(cache, source, large).stat().st_size == large.size
    assert copies(cache) == [large.sha256]


def test_a_full_disk_is_told_in_words_and_leaves_nothing(cache, source):
    def full(stream):
        raise OSError(28, os.strerror(28))

    with pytest.raises(ArtifactError, match=r"No copy .* No space left on device\..*REMATCH_ARTIFACT_CACHE_MB"):
        cache.path(source.add(b"scores"), full)
    assert copies(cache) == in_staging(cache) == []


def test_many_that_want_the_same_at_once_share_one_fetch(cache, source):
    stored, barrier, found = source.add(b"scores"), threading.Barrier(8), []

    def slowly(stream):
        time.sleep(0.2)
        source.fetching(stored)(stream)

    def want():
        barrier.wait()
        with files_held():
            found.append(cache.path(stored, slowly).read_bytes())

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [b"scores"] * 8
    assert source.fetched == [stored.sha256]


def test_who_waits_gets_the_file_although_the_one_that_fetched_it_failed(cache, source):
    stored, is_fetching = source.add(b"scores"), threading.Event()

    def fail(stream):
        is_fetching.set()
        time.sleep(0.2)
        raise ArtifactError("The server is away.")

    def want_and_fail():
        with pytest.raises(ArtifactError, match="away"):
            cache.path(stored, fail)

    thread = threading.Thread(target=want_and_fail)
    thread.start()
    is_fetching.wait()
    assert open_copy(cache, source, stored).read_bytes() == b"scores"
    thread.join()


def hold_and_wait(cache, stored, opened):
    with files_held():
        cache.path(stored, lambda stream: stream.write(b"\0" * stored.size))
        opened.set()
        time.sleep(600)


def fetch_half_and_wait(cache, stored, opened):
    def fetch(stream):
        stream.write(b"half")
        stream.flush()
        opened.set()
        time.sleep(600)

    cache.path(stored, fetch)


@pytest.fixture
def in_another_process():
    """Run a function in a process of its own until it says that it is where it should be; then it can be killed."""
    context, processes = multiprocessing.get_context("spawn"), []

    def begin(work, *given):
        reached = context.Event()
        process = context.Process(target=work, args=(*given, reached))
        process.start()
        processes.append(process)
        assert reached.wait(60)
        return process

    def kill(process):
        os.kill(process.pid, signal.SIGKILL)
        process.join()

    begin.kill = kill
    yield begin
    for process in processes:
        if process.is_alive():
            kill(process)
        process.close()


def test_what_another_process_uses_stays_until_it_ends_even_by_force(cache, source, in_another_process):
    used, *others = megabytes(source, 5)
    process = in_another_process(hold_and_wait, cache, used)
    for one in others:
        open_copy(cache, source, one)
    assert used.sha256 in copies(cache)
    in_another_process.kill(process)
    source.fetched.clear()
    open_copy(cache, source, source.add(b"x" * 2 * MB))
    assert used.sha256 not in copies(cache)


def test_a_killed_fetch_leaves_nothing_that_counts_or_stands_in_the_way(cache, source, in_another_process):
    stored = source.add(b"x" * 2 * MB)
    process = in_another_process(fetch_half_and_wait, cache, stored)
    first, second = megabytes(source, 2)
    open_copy(cache, source, first)
    open_copy(cache, source, second)
    assert copies(cache) == [second.sha256], "what another one is fetching counts"
    in_another_process.kill(process)
    assert in_staging(cache) == [f"{stored.sha256}.lock", f"{stored.sha256}.part"]
    open_copy(cache, source, first)
    assert in_staging(cache) == []
    assert copies(cache) == sorted([first.sha256, second.sha256])
    assert open_copy(cache, source, stored).read_bytes() == source.contents[stored.sha256]


def test_a_file_is_taken_in_where_it_lies_and_counts(cache, source, tmp_path):
    for one in megabytes(source, 3):
        open_copy(cache, source, one)
    given = tmp_path / "given"
    given.write_bytes(b"x" * MB)
    stored = source.add(given.read_bytes())
    number = given.stat().st_ino
    cache.take(given, stored)
    assert not given.exists()
    assert open_copy(cache, source, stored).stat().st_ino == number
    assert stored.sha256 not in source.fetched
    assert len(copies(cache)) == 3


def test_the_bound_holds_while_many_open_many_files_at_once(cache, source, caplog):
    caplog.set_level(logging.ERROR)
    stored = [source.add(bytes([number]) * (MB // 4)) for number in range(40)]

    def want(offset):
        for step in range(40):
            with files_held():
                one = stored[(offset + step * 7) % 40]
                assert open_copy(cache, source, one).read_bytes() == source.contents[one.sha256]

    threads = [threading.Thread(target=want, args=(5 * number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum((cache.folder / name).stat().st_size for name in copies(cache)) <= cache.most_bytes
    assert in_staging(cache) == []
