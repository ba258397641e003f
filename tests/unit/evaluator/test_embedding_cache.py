"""Nothing is encoded twice, a killed run continues, and what is damaged or does not fit is told."""

import errno
import json
import multiprocessing
import os
import resource
import signal
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluator.encoding import cache_key, part
from evaluator.encoding.cache import EmbeddingCache, default_cache
from evaluator.encoding.content import encode_content
from evaluator.model import ModelError, Precision
from tests.unit.evaluator.counting_encoder import CountingEncoder, make_content

N = 1200
"""Three chunks of images at 8 a batch."""


@pytest.fixture
def cache(tmp_path):
    return EmbeddingCache(tmp_path / "embeddings")


def chunks_of(cache, kind="images"):
    return sorted(cache.folder.glob(f"{kind}-*/*.npy"))


def encoded(encoder, cache, **options):
    return encode_content(encoder, make_content(N, 1), **{"batch_size": 8, "cache": cache, **options})


def same(one, other):
    np.testing.assert_array_equal(one.images, other.images)
    np.testing.assert_array_equal(one.captions, other.captions)
    return True


def test_a_second_run_encodes_nothing_and_finds_the_same_bits(cache):
    first = encoded(CountingEncoder(), cache)
    encoder = CountingEncoder()
    second = encoded(encoder, cache)
    assert encoder.images_seen == encoder.captions_seen == []
    assert encoder.n_counted == 0
    assert (first.n_images_from_cache, second.n_images_from_cache) == (0, N)
    assert second.n_captions_from_cache == N
    assert second.n_truncated == first.n_truncated
    assert second.images_per_second == first.images_per_second
    assert same(first, second)
    assert same(first, encoded(CountingEncoder(), None))


def test_a_hundred_runs_cost_one_encoding(cache):
    encoder, content = CountingEncoder(), make_content(40, 5)
    for _ in range(100):
        encode_content(encoder, content, cache=cache)
    assert encoder.images_seen == list(range(40))
    assert len(encoder.captions_seen) == 200


def test_a_run_that_is_cut_off_continues_where_it_stopped(cache):
    def stop(batch):
        if batch[0, 0] + 256 * batch[0, 1] >= 1100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoded(CountingEncoder(before_images=stop), cache)
    encoder = CountingEncoder()
    told = []
    found = encoded(encoder, cache, tell=told.append)
    assert encoder.images_seen == list(range(1024, N)), "two chunks of 512 were whole"
    assert found.n_images_from_cache == 1024
    assert max(one.done for one in told[:2]) == 1024
    assert same(found, encoded(CountingEncoder(), None))


def _encode_and_die(folder):
    def die(batch):
        if batch[0, 0] + 256 * batch[0, 1] >= 600:
            os.kill(os.getpid(), signal.SIGKILL)

    encoded(CountingEncoder(before_images=die), EmbeddingCache(folder))


def test_a_killed_process_leaves_what_the_next_one_needs(cache):
    process = multiprocessing.get_context("fork").Process(target=_encode_and_die, args=(cache.folder,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    encoder = CountingEncoder()
    encoded(encoder, cache)
    assert encoder.images_seen == list(range(512, N))


def test_a_part_begun_with_small_batches_goes_on_with_them(cache):
    def stop(batch):
        if batch[0, 0] + 256 * batch[0, 1] >= 600:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoded(CountingEncoder(before_images=stop), cache)
    encoder = CountingEncoder()
    assert encoded(encoder, cache, batch_size=64).batch_size == 8
    assert max(encoder.image_batches) == 8


def test_a_whole_part_keeps_the_batch_size_it_was_made_with(cache):
    encoded(CountingEncoder(), cache)
    for other in (4, 64):
        assert encoded(CountingEncoder(), cache, batch_size=other).batch_size == 8


def test_a_run_may_go_on_with_smaller_batches(cache):
    first = encoded(CountingEncoder(), cache)
    chunks_of(cache)[1].unlink()
    encoder = CountingEncoder()
    found = encoded(encoder, cache, batch_size=5)
    assert encoder.image_batches == [5] * 102 + [2]
    assert found.batch_size == 5
    np.testing.assert_allclose(found.images, first.images, atol=1e-6)


@pytest.mark.parametrize("damage", [lambda data: data[:-7], lambda data: data[:-1] + b"\x00", lambda data: b""])
def test_a_damaged_chunk_is_encoded_again_and_said(cache, damage):
    whole = encoded(CountingEncoder(), cache)
    path = chunks_of(cache)[1]
    path.write_bytes(damage(path.read_bytes()))
    encoder, told = CountingEncoder(), []
    again = encoded(encoder, cache, tell=told.append)
    assert encoder.images_seen == list(range(512, 1024))
    assert any("is damaged; what it held is computed again" in one.remark for one in told)
    assert same(whole, again)
    assert encoded(CountingEncoder(), cache).n_images_from_cache == N


@pytest.mark.parametrize("text", ["", "{}", '{"history": {"chunk": 0, "batch_size": 0}}', '{"history": 3}'])
def test_without_its_manifest_a_part_is_encoded_again(cache, text):
    encoded(CountingEncoder(), cache)
    for path in cache.folder.glob("images-*/manifest.json"):
        path.write_text(text)
    encoder = CountingEncoder()
    encoded(encoder, cache)
    assert encoder.images_seen == list(range(N))
    assert len(chunks_of(cache)) == 3


def test_a_file_with_another_name_counts_as_damaged(cache):
    encoded(CountingEncoder(), cache)
    path = chunks_of(cache)[0]
    path.rename(path.with_name("mine.npy"))
    assert encoded(CountingEncoder(), cache).n_images_from_cache == N - 512


def test_the_manifest_says_what_it_is(cache):
    encoded(CountingEncoder(), cache)
    (path,) = cache.folder.glob("images-*/manifest.json")
    document = json.loads(path.read_text())
    assert document["about"].startswith("Embeddings of the 1,200 images of tiny/test by counting:one, in canonical")
    assert document["key"]["image_transform"] == "mean colour"
    assert document["history"]["n_encoded"] == N
    assert document["history"]["batch_size"] == 8


@pytest.mark.parametrize(
    ("other", "n_images", "n_captions"),
    [
        ({"weights_sha256": "2" * 64}, 20, 40),
        ({"precision": Precision.BF16}, 20, 40),
        ({"network_sha256": "4" * 64}, 20, 40),
        ({"tokenizer_sha256": "5" * 64}, 0, 40),
        ({"prompt": "a photo of {}"}, 0, 40),
        ({"content": make_content(21, 2)}, 21, 42),
        ({"content": make_content(20, 1)}, 0, 20),
        ({}, 0, 0),
    ],
    ids=["weights", "precision", "network", "tokenizer", "prompt", "pictures", "captions", "nothing"],
)
def test_what_moves_the_numbers_is_encoded_anew_and_only_that(cache, other, n_images, n_captions):
    encode_content(CountingEncoder(), make_content(20), cache=cache)
    digests = {name: other[name] for name in other if name.endswith("_sha256")}
    encoder, other = CountingEncoder(**digests), {name: other[name] for name in other if name not in digests}
    encode_content(encoder, other.pop("content", make_content(20)), cache=cache, **other)
    assert (len(encoder.images_seen), len(encoder.captions_seen)) == (n_images, n_captions)


def test_further_captions_of_a_wording_count_as_kept_with_it(cache):
    content = replace(make_content(3, 2), captions=("one", "two", "one", "three", "two", "one"))
    first, second = (encode_content(CountingEncoder(), content, cache=cache) for _ in range(2))
    assert (first.n_captions_from_cache, second.n_captions_from_cache) == (0, 6)
    assert same(first, second)


def test_a_change_of_threads_or_of_our_code_is_encoded_anew(cache, monkeypatch):
    def n_encoded():
        encoder = CountingEncoder()
        encode_content(encoder, make_content(20), cache=cache)
        return len(encoder.images_seen), len(encoder.captions_seen)

    assert (n_encoded(), n_encoded()) == ((20, 40), (0, 0))
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert (n_encoded(), n_encoded()) == ((20, 40), (0, 0))
    monkeypatch.setattr(cache_key, "code_digest", lambda: "another")
    assert (n_encoded(), n_encoded()) == ((20, 40), (0, 0))


def test_what_is_kept_says_in_what_environment_it_was_made(cache, monkeypatch):
    here = part.environment("cpu")
    monkeypatch.setattr(part, "environment", lambda device: here | {"commit": "the one before"})
    first = encoded(CountingEncoder(), cache)
    assert first.encoded_in == {"images": [], "captions": []}, "nothing was kept before"
    monkeypatch.undo()
    before = [here | {"commit": "the one before"}]
    assert encoded(CountingEncoder(), cache).encoded_in == {"images": before, "captions": before}

    chunks_of(cache)[1].unlink()
    assert encoded(CountingEncoder(), cache).encoded_in["images"] == before, "where those from the cache were made"
    assert encoded(CountingEncoder(), cache).encoded_in == {"images": [*before, here], "captions": before}


def test_an_encoder_that_does_not_say_which_weights_it_has_is_not_kept(cache):
    told = []
    encode_content(CountingEncoder(weights_sha256=None), make_content(5), cache=cache, tell=told.append)
    assert not cache.folder.exists()
    assert any("nothing says which weights counting:one has" in one.remark for one in told)


def test_a_halved_batch_stays_on_the_record_of_later_runs(cache):
    def too_many(batch):
        if len(batch) > 4:
            raise MemoryError

    first = encoded(CountingEncoder(before_images=too_many), cache)
    second = encoded(CountingEncoder(), cache)
    assert first.remarks
    assert second.remarks == first.remarks
    assert second.batch_size == 4


def test_a_full_disk_is_one_message_and_nothing_is_half_stored(cache):
    """A limit on the size of files is what a full disk looks like from inside a process."""
    assert_refused = "but there is no room: .* MB are free"
    signal_before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(ModelError, match=assert_refused) as caught:
            encoded(CountingEncoder(), cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, signal_before)
    assert str(cache.folder) in str(caught.value)
    assert chunks_of(cache) == []
    assert not list(cache.folder.glob("*/.unfinished*"))
    encoder = CountingEncoder()
    encoded(encoder, cache)
    assert encoder.images_seen == list(range(N))


def test_a_folder_that_cannot_be_made_is_one_message(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match=r"cannot be written: .*Make it writable, or set REMATCH_HOME"):
        encoded(CountingEncoder(), EmbeddingCache(tmp_path / "file" / "embeddings"))


def test_no_room_for_the_folder_itself_is_the_same_message(cache, monkeypatch):
    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(ModelError, match="but there is no room"):
        encoded(CountingEncoder(), cache)


def test_what_a_killed_process_was_writing_is_removed(cache):
    encoded(CountingEncoder(), cache)
    left = chunks_of(cache)[0].with_name(".unfinished-000.npy")
    left.write_bytes(b"half")
    encoded(CountingEncoder(), cache)
    assert not left.exists()


def _encode_with_delay(folder, started, results):
    def announce(batch):
        started.set()
        threading.Event().wait(0.01)

    encoder = CountingEncoder(before_images=announce)
    encoded(encoder, EmbeddingCache(folder))
    results.put(len(encoder.images_seen))


def test_two_processes_share_one_encoding(cache):
    context = multiprocessing.get_context("fork")
    started, results = context.Event(), context.Queue()
    process = context.Process(target=_encode_with_delay, args=(cache.folder, started, results))
    process.start()
    assert started.wait(20)
    encoder, told = CountingEncoder(), []
    found = encoded(encoder, cache, tell=told.append)
    process.join()
    assert process.exitcode == 0
    assert results.get(timeout=5) == N
    assert encoder.images_seen == []
    assert found.n_images_from_cache == N
    assert any("another process works on the same embeddings, waiting" in one.remark for one in told)


def test_embeddings_lie_in_the_home_of_rematch(tmp_path, monkeypatch):
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path / "home"))
    assert default_cache().folder == tmp_path / "home" / "cache" / "embeddings"
