"""Devices are chosen without touching CUDA, and arithmetic is set for a run and put back after it."""

import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import torch

from evaluator import code_digest
from evaluator.devices import arithmetic, choose_device, is_out_of_memory, peak_memory
from evaluator.environment import Difference, differences, environment
from evaluator.model import ModelError, Precision


def in_a_fresh_process(code, **variables):
    command, settings = [sys.executable, "-c", code], {**os.environ, **variables}
    return subprocess.run(command, check=True, timeout=120, capture_output=True, text=True, env=settings).stdout


@pytest.fixture(scope="module")
def chosen_without_cuda():
    """What is chosen, or said, in a process that sees no GPU, be there one in this machine or not."""
    code = """
import json, warnings
warnings.simplefilter("ignore")
from evaluator.devices import choose_device
from evaluator.model import ModelError
def chosen(asked):
    try:
        return choose_device(asked)
    except ModelError as error:
        return str(error)
print(json.dumps({str(asked): chosen(asked) for asked in ("cpu", "auto", None, "CPU", "cuda", "cuda:1")}))
"""
    return json.loads(in_a_fresh_process(code, CUDA_VISIBLE_DEVICES=""))


@pytest.mark.parametrize("asked", ["cpu", "auto", None, "CPU"])
def test_the_cpu_is_taken_where_there_is_nothing_else(chosen_without_cuda, asked):
    assert chosen_without_cuda[str(asked)] == "cpu"


@pytest.mark.parametrize("asked", ["cuda", "cuda:1"])
def test_cuda_that_is_not_there_is_refused_with_what_was_found(chosen_without_cuda, asked):
    expected = rf"The device {asked} was asked for, but torch .*--device cpu"
    assert re.match(expected, chosen_without_cuda[asked])


@pytest.mark.parametrize("asked", ["gpu", "cuda:", "cuda:x", "mps", "cuda:-1"])
def test_an_unknown_device_is_refused(asked):
    with pytest.raises(ModelError, match="Known are: auto, cpu, cuda"):
        choose_device(asked)


def test_without_torch_the_cpu_is_taken_and_cuda_names_the_extra():
    code = """
import sys
sys.modules["torch"] = None
from evaluator.devices import arithmetic, choose_device
from evaluator.model import ModelError, Precision
print(choose_device("auto"), choose_device("cpu"))
with arithmetic("cpu", Precision.FP32) as kernels:
    print(kernels)
try:
    choose_device("cuda")
except ModelError as error:
    print(error)
"""
    found = in_a_fresh_process(code)
    assert found.startswith("cpu cpu\nset()\n")
    assert "torch is not installed. Install the extra: pip install 'rematch[models]'" in found


def test_choosing_the_cpu_does_not_even_load_torch():
    code = (
        "import sys; from evaluator.devices import choose_device; choose_device('cpu'); print('torch' in sys.modules)"
    )
    assert in_a_fresh_process(code) == "False\n"


def test_choosing_automatically_leaves_cuda_unstarted():
    code = (
        "import torch; from evaluator.devices import choose_device; choose_device('auto');"
        "print(torch.cuda.is_initialized())"
    )
    assert in_a_fresh_process(code) == "False\n"


def test_a_run_computes_without_gradients_tf32_and_benchmarks_and_puts_all_back():
    before = settings()
    torch.set_float32_matmul_precision("high")
    changed = settings()
    with arithmetic("cpu", Precision.FP32):
        assert torch.is_inference_mode_enabled()
        assert settings() == ("highest", False, False, True)
        assert not torch.backends.cuda.matmul.allow_tf32
        assert torch.ones(2, requires_grad=True).mul(2).grad_fn is None
    assert settings() == changed
    torch.set_float32_matmul_precision(before[0])
    assert settings() == before


def settings():
    cudnn = torch.backends.cudnn
    always = torch.are_deterministic_algorithms_enabled()
    return torch.get_float32_matmul_precision(), cudnn.allow_tf32, cudnn.benchmark, always


def test_settings_come_back_after_an_error():
    before = settings()
    with pytest.raises(ValueError, match="stop"), arithmetic("cpu", Precision.FP32):
        raise ValueError("stop")
    assert settings() == before


@pytest.mark.parametrize(("precision", "dtype"), [(Precision.FP32, torch.float32), (Precision.AMP, torch.bfloat16)])
def test_amp_lets_torch_choose_the_type_of_each_operation(precision, dtype):
    with arithmetic("cpu", precision):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is dtype


def test_a_real_kernel_without_a_deterministic_form_is_named():
    with arithmetic("cpu", Precision.FP32) as kernels:
        torch.zeros(4).put_(torch.tensor([1]), torch.ones(1))
    assert kernels == {"put_"}


def test_kernels_that_are_not_deterministic_are_collected_and_other_warnings_pass():
    with arithmetic("cpu", Precision.FP32) as kernels:
        warnings.warn("a_kernel does not have a deterministic implementation, but you set", UserWarning, stacklevel=1)
        cublas = "this operation is not deterministic because it uses CuBLAS and you have CUDA >= 10.2"
        warnings.warn(f"Deterministic behavior was enabled, but {cublas}", UserWarning, stacklevel=1)
        with pytest.raises(UserWarning, match="something else"):
            warnings.warn("something else", UserWarning, stacklevel=1)
    assert kernels == {"a_kernel", "CuBLAS"}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
    ids=str,
)
def test_out_of_memory_is_told_from_other_faults(error, expected):
    assert is_out_of_memory(error) is expected


def test_the_cpu_itself_runs_out_of_memory_in_a_way_that_is_known():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**15)
    assert is_out_of_memory(caught.value)


def test_peak_memory_counts_what_was_used():
    assert peak_memory("cpu") > 10_000_000


def test_the_environment_names_libraries_device_and_code():
    found = environment("cpu")
    assert found["libraries"]["torch"] == torch.__version__
    assert {"numpy", "Pillow", "torch"} <= set(found["libraries"])
    assert found["device"] == "cpu"
    assert found["device_name"] == found["processor"]
    assert found["usable_cores"] >= 1
    assert {"omp_num_threads", "mkl_num_threads", "openblas_num_threads"} <= set(found)
    assert len(found["code"]) == 64
    assert found["python"].startswith("3.")
    assert "cuda" not in found


def test_the_digest_of_our_code_moves_with_what_embeddings_depend_on_and_nothing_else(tmp_path, monkeypatch):
    tree = Path(code_digest.__file__).parent.parent
    for package in ("evaluator", "splits"):
        shutil.copytree(tree / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "data"))
    monkeypatch.setattr(code_digest, "__file__", str(tmp_path / "evaluator" / "code_digest.py"))
    digest_of = code_digest.code_digest.__wrapped__
    before = digest_of()
    assert before == code_digest.code_digest()
    for module, moves in (("cosine.py", False), ("encoding/loop.py", True), ("models/blip.py", True)):
        path = tmp_path / "evaluator" / module
        path.write_text(f"{path.read_text()}\n# changed\n")
        after = digest_of()
        assert (after != before) is moves, module
        before = after


def test_an_environment_is_the_same_as_itself_after_being_written_down():
    import json

    found = environment("cpu")
    assert differences(json.loads(json.dumps(found)), found) == []


def test_differences_name_what_changed_came_and_went():
    recorded = {"python": "3.11", "driver": "550.1", "cuda": None, "libraries": {"torch": "2.9.0", "timm": "1.0"}}
    present = {"python": "3.11", "cuda": None, "libraries": {"torch": "2.9.1", "open_clip_torch": "3.3.0"}}
    assert differences(recorded, present) == [
        Difference("driver", "550.1", None),
        Difference("libraries.torch", "2.9.0", "2.9.1"),
        Difference("libraries.timm", "1.0", None),
        Difference("libraries.open_clip_torch", None, "3.3.0"),
    ]
