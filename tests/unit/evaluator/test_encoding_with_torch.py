"""What the loop promises of a network in torch: the same bits every time, no gradients, memory that ends."""

import hashlib

import numpy as np
import pytest
import torch
from PIL import Image

from evaluator.encoding.cache import EmbeddingCache
from evaluator.encoding.content import encode_content
from evaluator.encoding.loop import fetched
from evaluator.model import ModelError, Precision
from splits.content import Content, Pictures
from tests.unit.evaluator.counting_encoder import make_content

N = 700


@pytest.fixture(scope="module")
def encoder_of():
    from tests.unit.evaluator.torch_encoder import TorchEncoder

    return TorchEncoder


@pytest.fixture(scope="module")
def content():
    generator = np.random.default_rng(3)
    pixels = generator.integers(0, 256, (N, 24, 24, 3), dtype=np.uint8)
    digest = f"sha256:{hashlib.sha256(pixels.tobytes()).hexdigest()}"
    plain = make_content(N)
    return Content(
        plain.split, plain.captions, Pictures(lambda index: Image.fromarray(pixels[index]), lambda _: digest)
    )


def test_the_same_run_twice_gives_the_same_bits(encoder_of, content):
    first, second = (encode_content(encoder_of(), content, batch_size=48) for _ in range(2))
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(first.captions, second.captions)
    assert not np.array_equal(first.images, encode_content(encoder_of(seed=1), content, batch_size=48).images)
    assert first.kernels == ()


def test_a_run_that_was_cut_off_gives_the_bits_of_one_that_was_not(encoder_of, content, tmp_path):
    class Stopping(encoder_of):
        def encode_images(self, batch):
            if len(self.shapes) == 12:
                raise KeyboardInterrupt
            return super().encode_images(batch)

    cache = EmbeddingCache(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        encode_content(Stopping(), content, batch_size=48, cache=cache)
    encoder = encoder_of()
    found = encode_content(encoder, content, batch_size=48, cache=cache)
    assert found.n_images_from_cache == 528
    assert len(encoder.shapes) == 4, "172 pictures were missing"
    whole = encode_content(encoder_of(), content, batch_size=48)
    np.testing.assert_array_equal(found.images, whole.images)
    np.testing.assert_array_equal(found.captions, whole.captions)


def test_out_of_memory_as_torch_says_it_halves_the_batch(encoder_of, content):
    class Small(encoder_of):
        def encode_images(self, batch):
            if len(batch) > 40:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
            return super().encode_images(batch)

    encoder = Small()
    found = encode_content(encoder, content, batch_size=128)
    assert {shape[0] for shape in encoder.shapes[:-1]} == {32}
    assert found.batch_size == 32
    assert len(found.remarks) == 2
    np.testing.assert_allclose(found.images, encode_content(encoder_of(), content).images, atol=1e-6)


def test_nan_in_the_weights_names_the_first_picture(encoder_of, content):
    encoder = encoder_of()
    with torch.no_grad():
        encoder.patches.weight[0, 0, 0, 0] = torch.nan
    with pytest.raises(ModelError, match=r"torch:small: 32 of the 32 embeddings .* first 'i0' at position 0"):
        encode_content(encoder, content, batch_size=32)


@pytest.mark.parametrize("precision", [Precision.AMP, Precision.BF16])
def test_lower_precision_gives_float32_rows_near_the_reference(encoder_of, content, precision):
    found = encode_content(encoder_of(precision=precision.value), content, precision=precision)
    reference = encode_content(encoder_of(), content)
    assert found.images.dtype == np.float32
    assert 0 < np.abs(found.images - reference.images).max() < 0.1
    assert np.sum(found.images * reference.images, axis=1).min() > 0.99


def test_threads_of_torch_are_as_many_after_a_run_as_before(encoder_of, content):
    before = torch.get_num_threads()
    encode_content(encoder_of(), content)
    assert torch.get_num_threads() == before


def test_an_encoder_on_another_device_than_said_is_noticed():
    with pytest.raises(ValueError, match="computes on cpu, but its run is said to be on cuda"):
        fetched(torch.ones(2, 2), "cuda")


def test_no_embedding_remembers_how_it_was_computed(encoder_of, content):
    encoder = encoder_of()
    encode_content(encoder, content)
    assert all(not parameter.grad_fn for parameter in encoder.layers.parameters())
    assert not torch.is_inference_mode_enabled()
