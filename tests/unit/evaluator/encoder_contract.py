"""What every loaded encoder must keep, whatever its family: one call checks all of it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import numpy as np
from PIL import Image

PICTURE_SIZES = ((48, 32), (32, 48), (40, 40), (33, 57), (21, 21), (64, 64))
CAPTIONS = ("a red box on a table", "two dogs", "a very small bird with a yellow beak", "x", "The SEA, at night.")


def pictures():
    """Some pictures of noise, in RGB and of several sizes."""
    generator = np.random.default_rng(7)
    return [Image.fromarray(generator.integers(0, 256, (h, w, 3), dtype=np.uint8)) for w, h in PICTURE_SIZES]


def as_numpy(vectors):
    """Embeddings as the engine takes them: on the host."""
    return vectors if isinstance(vectors, np.ndarray) else vectors.detach().cpu().numpy()


def encode_pictures(encoder, some):
    """What an encoder makes of some pictures, in one batch."""
    return as_numpy(encoder.encode_images(encoder.collate_images([encoder.prepare_image(one) for one in some])))


def check_encoder(encoder, *, tolerance=2e-5):
    """Hold a loaded encoder, on the CPU, to the contract of `evaluator.model.Encoder`.

    Args:
        encoder: A loaded checkpoint.
        tolerance: How much an embedding may depend on what else is in its batch; more for bf16.
    """
    import torch

    with torch.inference_mode():
        _check_facts(encoder.facts)
        _check_images(encoder, tolerance)
        _check_captions(encoder, tolerance)
        _check_truncation(encoder)


def _check_facts(facts):
    assert ":" in facts.reference
    assert facts.parameters >= 0
    for text in ("image_transform", "resize_backend", "text_transform", "dtype"):
        assert getattr(facts, text).strip(), text
    assert facts.resize_backend in ("PIL", "torchvision", "none")
    assert "0x" not in facts.image_transform + facts.text_transform, "an address in memory differs between two runs"
    assert facts.weights_sha256 is None or len(facts.weights_sha256.removeprefix("sha256:")) == 64
    if facts.parameters:
        assert facts.network, "a network has a name and activations"
        assert "0x" not in facts.network
        assert len(facts.network_sha256) == len(facts.tokenizer_sha256) == 64
    assert facts.libraries
    assert all(name and version for name, version in facts.libraries.items())
    assert {field.name for field in fields(facts)} >= {"revision", "context_length"}


def _check_images(encoder, tolerance):
    some = pictures()
    before = [np.asarray(picture).copy() for picture in some]
    together = encode_pictures(encoder, some)
    _check_rows(together, len(some), images=True)
    for picture, pixels in zip(some, before, strict=True):
        np.testing.assert_array_equal(np.asarray(picture), pixels, err_msg="a picture was changed")

    np.testing.assert_array_equal(together, encode_pictures(encoder, some), err_msg="not the same bits twice")
    alone = np.concatenate([encode_pictures(encoder, [picture]) for picture in some])
    np.testing.assert_allclose(alone, together, atol=tolerance, err_msg="depends on the rest of its batch")

    with ThreadPoolExecutor(4) as pool:
        prepared = list(pool.map(encoder.prepare_image, some * 4))
    threaded = as_numpy(encoder.encode_images(encoder.collate_images(prepared[: len(some)])))
    np.testing.assert_array_equal(threaded, together, err_msg="preparing in threads changes a picture")
    distances = np.abs(together[0] - together[1]).max()
    assert distances > 10 * tolerance, "two pictures of noise are encoded alike"


def _check_captions(encoder, tolerance):
    together = as_numpy(encoder.encode_captions(list(CAPTIONS)))
    _check_rows(together, len(CAPTIONS), images=False)
    np.testing.assert_array_equal(together, as_numpy(encoder.encode_captions(CAPTIONS)), err_msg="not the same twice")
    alone = np.concatenate([as_numpy(encoder.encode_captions([caption])) for caption in CAPTIONS])
    np.testing.assert_allclose(alone, together, atol=tolerance, err_msg="depends on the rest of its batch")
    assert encode_pictures(encoder, pictures()[:1]).shape[-1] == together.shape[-1]


def _check_rows(rows, count, *, images):
    assert rows.dtype == np.float32
    assert rows.ndim in ((2, 3) if images else (2,))
    assert len(rows) == count
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=-1), 1, atol=1e-5)


def _check_truncation(encoder):
    assert encoder.count_truncated(["a"]) == 0
    assert encoder.count_truncated([]) == 0
    length = encoder.facts.context_length
    if length is not None:
        long = " ".join(["box"] * (length + 1))
        assert encoder.count_truncated(["a", long, "a", long]) == 2
        encoder.encode_captions([long])
