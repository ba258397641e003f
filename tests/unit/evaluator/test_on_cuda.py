"""Every family on a GPU: the numbers of the CPU but for the last bits, the same bits twice, and memory that ends."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from evaluator.devices import arithmetic, choose_device, is_out_of_memory, peak_memory, release_memory
from evaluator.encoding.content import encode_content
from evaluator.environment import environment
from evaluator.model import MissingHereError, ModelRequest, Precision, Reranker, load_model
from evaluator.reranking.lists import rerank
from splits.content import Content, Pictures
from splits.split import Direction
from tests.unit.evaluator import tiny_cross_encoders, tiny_models
from tests.unit.evaluator.conftest import make_split
from tests.unit.evaluator.tiny_xvlm import write_tiny_xvlm

pytestmark = pytest.mark.gpu

N_IMAGES = 40
WORDS = ("a", "red", "blue", "small", "very", "box", "dogs", "table", "bird", "sea", "night", "photo", "on", "the", "x")
TOLERANCE = {"embeddings": 2e-5, "scores": 5e-5}
"""Of fp32, between a CPU and a GPU: what `encoder_contract` leaves to the rest of a batch, and the same for pairs."""


def _folder(family, write):
    return lambda folder: f"{family}:local-dir:{write(folder)}"


WRITERS = {
    "open_clip": _folder("open_clip", tiny_models.write_tiny_open_clip),
    "open_clip with bert": _folder("open_clip", tiny_models.write_tiny_open_clip_with_bert),
    **{kind: _folder("transformers", write) for kind, write in tiny_models.DUAL_ENCODERS.items()},
    "blip": _folder("blip", tiny_cross_encoders.write_blip),
    "blip2": _folder("blip2", tiny_cross_encoders.write_blip2),
    "vilt": _folder("vilt", tiny_cross_encoders.write_vilt),
    "bridgetower": _folder("bridgetower", tiny_cross_encoders.write_bridgetower),
    "bridgetower-itc": _folder("bridgetower-itc", tiny_cross_encoders.write_contrastive_bridgetower),
    "xvlm": write_tiny_xvlm,
}


@pytest.fixture(scope="module")
def content():
    generator = np.random.default_rng(5)
    sizes = generator.integers(33, 90, (N_IMAGES, 2))
    pictures = [Image.fromarray(generator.integers(0, 256, (*size, 3), dtype=np.uint8)) for size in sizes]
    captions = tuple(" ".join(generator.choice(WORDS, 2 + index % 11)) for index in range(2 * N_IMAGES))
    return Content(make_split(N_IMAGES, 2), captions, Pictures(pictures.__getitem__, lambda _: "sha256:noise"))


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    return {name: write(tmp_path_factory.mktemp("model") / "it") for name, write in WRITERS.items()}


def load(reference, device="cuda", **request):
    return load_model(reference, ModelRequest(name="", device=device, anywhere=True, **request))


def encoded(model, content, device, **options):
    found = encode_content(model, content, device=device, batch_size=16, **options)
    return {"images": found.images, "captions": found.captions}, found


def scored(model, content, device, **options):
    split = content.split
    images, captions = np.ones((split.n_images, 1)), np.ones((split.n_captions, 1))
    found = rerank(model, content, images=images, captions=captions, depth=100, device=device, **options)
    lists = found.run.lists[Direction.I2T]
    scores = np.empty((split.n_images, split.n_captions))
    np.put_along_axis(scores, lists.candidates.reshape(scores.shape), lists.scores.reshape(scores.shape), axis=1)
    return scores, found


@pytest.mark.parametrize("name", WRITERS)
def test_a_gpu_gives_the_numbers_of_the_cpu_and_the_same_bits_twice(name, references, content, record_property):
    on_cpu, on_gpu = load(references[name], "cpu"), load(references[name])
    if hasattr(on_cpu, "encode_images"):
        expected, _ = encoded(on_cpu, content, "cpu")
        (first, found), (second, _) = (encoded(on_gpu, content, "cuda") for _ in range(2))
        for part, rows in expected.items():
            record_property(part, float(np.abs(first[part] - rows).max()))
            np.testing.assert_array_equal(first[part], second[part])
            np.testing.assert_allclose(first[part], rows, atol=TOLERANCE["embeddings"])
        record_property("kernels", found.kernels)
        assert found.kernels == ()
    if isinstance(on_cpu, Reranker):
        expected, _ = scored(on_cpu, content, "cpu")
        (first, found), (second, _) = (scored(on_gpu, content, "cuda") for _ in range(2))
        record_property("scores", float(np.abs(first - expected).max()))
        record_property("kernels of pairs", found.kernels)
        np.testing.assert_array_equal(first, second)
        np.testing.assert_allclose(first, expected, atol=TOLERANCE["scores"])
        assert found.kernels == ()


@pytest.mark.parametrize("precision", [Precision.AMP, Precision.BF16])
@pytest.mark.parametrize("name", WRITERS)
def test_lower_precision_stays_near_the_reference(name, precision, references, content, record_property):
    reference, half = load(references[name]), load(references[name], precision=precision)
    if hasattr(reference, "encode_images"):
        expected, _ = encoded(reference, content, "cuda")
        found, _ = encoded(half, content, "cuda", precision=precision)
        for part, rows in expected.items():
            assert found[part].dtype == np.float32
            least = float(np.sum(found[part] * rows, axis=-1).min())
            record_property(f"least cosine of {part}", least)
            assert least > 0.98
            assert not np.array_equal(found[part], rows)
    if isinstance(reference, Reranker):
        expected, _ = scored(reference, content, "cuda")
        found, _ = scored(half, content, "cuda", precision=precision)
        record_property("scores", float(np.abs(found - expected).max()))
        np.testing.assert_allclose(found, expected, atol=0.25)


def test_the_settings_of_a_run_hold_on_the_gpu_and_are_put_back():
    def product():
        generator = torch.Generator("cuda").manual_seed(0)
        left, right = (torch.randn(512, 512, device="cuda", generator=generator) for _ in range(2))
        return float((left @ right - (left.double() @ right.double()).float()).abs().max())

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        fast = product()
        with arithmetic("cuda", Precision.FP32):
            exact = product()
            assert torch.are_deterministic_algorithms_enabled()
            assert not torch.backends.cudnn.allow_tf32
        assert torch.get_float32_matmul_precision() == "high"
        assert product() == fast
    finally:
        torch.set_float32_matmul_precision(before)
    # TF32 keeps 10 bits of 23: its products of 512 numbers are off by a hundredth.
    assert exact < 2e-4 < 2e-3 < fast
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


def test_the_environment_names_gpu_driver_and_versions():
    found = environment(choose_device("cuda:0"))
    assert found["device_name"] == torch.cuda.get_device_name(0)
    assert found["device_memory"] == torch.cuda.get_device_properties(0).total_memory
    assert found["cuda"] == torch.version.cuda
    assert found["cudnn"] == str(torch.backends.cudnn.version())
    assert found["driver"].count(".") >= 1


class Hungry:
    """Lets the memory of the GPU that a batch needs grow with its members."""

    def __init__(self, encoder, bytes_each):
        self.encoder, self.bytes_each, self.sizes = encoder, bytes_each, []

    def __getattr__(self, name):
        return getattr(self.encoder, name)

    def encode_images(self, batch):
        room = torch.empty(len(batch) * self.bytes_each, dtype=torch.uint8, device="cuda")
        self.sizes.append(len(batch))
        rows = self.encoder.encode_images(batch)
        del room
        return rows


@pytest.fixture
def limited():
    """Leaves this process 256 MB of the GPU beside what it has."""
    release_memory("cuda")
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + (256 << 20)) / total)
    yield
    torch.cuda.set_per_process_memory_fraction(1.0)
    release_memory("cuda")


def test_a_batch_too_large_for_the_memory_is_halved_and_its_numbers_are_the_same(references, content, limited):
    encoder = Hungry(load(references["open_clip"]), 20 << 20)
    found = encode_content(encoder, content, device="cuda", batch_size=40)
    assert encoder.sizes == [10] * 4
    assert found.batch_size == 10
    assert [remark.partition(";")[0] for remark in found.remarks] == [
        f"images: out of memory with a batch of {size}" for size in (40, 20)
    ]
    assert 200 << 20 < found.peak_memory < 300 << 20
    expected, _ = encoded(load(references["open_clip"]), content, "cuda")
    np.testing.assert_allclose(found.images, expected["images"], atol=TOLERANCE["embeddings"])


def test_one_picture_too_large_for_the_memory_is_one_message(references, content, limited):
    encoder = Hungry(load(references["open_clip"]), 400 << 20)
    with pytest.raises(MissingHereError, match=r"the memory of cuda is too small for 'i0' alone, at position 0"):
        encode_content(encoder, content, device="cuda", batch_size=4)
    assert peak_memory("cuda") < 300 << 20


def test_what_torch_raises_when_memory_ends_is_known(limited):
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 30, dtype=torch.uint8, device="cuda")
    assert is_out_of_memory(caught.value)


def in_a_fresh_process(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_model_that_does_not_fit_is_one_message(references):
    code = f"""
import torch
from evaluator.loaded_models import LoadedModels
from evaluator.model import MissingHereError, ModelRequest
torch.cuda.set_per_process_memory_fraction((4 << 20) / torch.cuda.get_device_properties(0).total_memory)
request = ModelRequest(name="", device="cuda", anywhere=True)
try:
    LoadedModels().get(({references["open_clip"]!r}, request, "tiny"), None)
except MissingHereError as error:
    print(error)
"""
    assert re.search(
        "does not fit into the memory of cuda: CUDA out of memory.* or use another", in_a_fresh_process(code)
    )


def test_a_process_may_fork_after_it_chose_the_gpu_and_its_child_computes_there():
    code = """
import os, torch
from evaluator.devices import choose_device
device = choose_device("auto")
assert device == "cuda" and not torch.cuda.is_initialized()
child = os.fork()
if not child:
    torch.ones(2, device=device).sum().item()
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert in_a_fresh_process(code) == "7\n"


def test_a_device_that_is_lost_is_noticed_and_one_that_ran_out_of_memory_is_not():
    code = """
import torch
from evaluator.lost_device import has_lost_device
print(has_lost_device(), torch.cuda.is_initialized())
table = torch.nn.Embedding(4, 4).cuda()
try:
    torch.empty(1 << 50, dtype=torch.uint8, device="cuda")
except torch.OutOfMemoryError:
    print(has_lost_device())
try:
    table(torch.tensor([9], device="cuda")).cpu()
except RuntimeError as error:
    print(has_lost_device())
"""
    assert in_a_fresh_process(code).splitlines()[:3] == ["False False", "False", "True"]
