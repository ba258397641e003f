"""Where a model computes, and with what arithmetic: the one place that sets what torch leaves open.

Nothing here touches CUDA unless a CUDA device is asked for, so that a process may still fork after a run on the CPU.
"""

import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from evaluator.model import ModelError, Precision

INSTALL = "Install the extra: pip install 'rematch[models]', or in a clone: make install-models"
NO_DETERMINISTIC_KERNEL = re.compile(
    r"(\S+) does not have a deterministic implementation|.* not deterministic because it uses (CuBLAS)"
)
NO_MEMORY = ("DefaultCPUAllocator", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED", "out of memory")


def choose_device(asked: str | None) -> str:
    """Return the device to compute on, as torch names it.

    Args:
        asked: `cpu`, `cuda`, `cuda:1`; None or `auto` takes a CUDA device where there is one.

    Raises:
        ModelError: It is none of these, or CUDA is asked for and cannot be used.
    """
    wanted = (asked or "auto").strip().lower()
    if wanted == "cpu":
        return wanted
    if wanted == "auto":
        return "cpu" if _without_cuda() else "cuda"
    found = re.fullmatch(r"cuda(?::(\d+))?", wanted)
    if found is None:
        raise ModelError(f"There is no device {asked!r:.60}. Known are: auto, cpu, cuda, cuda:0, cuda:1 and so on.")
    problem = _without_cuda() or _without_index(int(found[1] or 0))
    if problem:
        raise ModelError(f"The device {wanted} was asked for, but {problem}")
    return wanted


def is_cuda(device: str) -> bool:
    """Whether a device chosen by `choose_device` is a CUDA device."""
    return device.startswith("cuda")


@contextmanager
def arithmetic(device: str, precision: Precision) -> Iterator[set[str]]:
    """Compute as a run promises: no gradients, TF32 off, deterministic kernels where there are some.

    With `amp`, torch chooses per operation between float32 and float16 on CUDA, bfloat16 on the CPU. What is computed
    outside stays untouched: every setting is put back.

    Args:
        device: As `choose_device` returned it.
        precision: Of the run. With `bf16` the weights themselves are converted, by whoever loads them.

    Yields:
        The names of the kernels met so far that have no deterministic implementation.
    """
    torch = sys.modules.get("torch")
    met: set[str] = set()
    if torch is None:
        # Whatever computes here has not loaded torch, so that none of its settings matter.
        yield met
        return
    if is_cuda(device):
        _ask_cublas_for_equal_bits()
    with _settings(torch), _kernels_into(met), torch.inference_mode(), _autocast(torch, device, precision):
        yield met


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, on a device or in the host."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(mark in str(error) for mark in NO_MEMORY)


def release_memory(device: str) -> None:
    """Give back what torch keeps of a device's memory for later, before a smaller batch is tried."""
    if is_cuda(device):
        import torch

        torch.cuda.empty_cache()


def watch_peak_memory(device: str) -> None:
    """Let `peak_memory` count from here on, where that is possible: a process's own peak cannot be taken back."""
    if is_cuda(device):
        import torch

        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: str) -> int:
    """Return the most memory that was in use, in bytes.

    On CUDA what torch allocated there; on the CPU the largest resident memory of the whole process since it began.
    """
    if is_cuda(device):
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    try:
        import resource
    except ImportError:  # pragma: no cover - Windows does not say
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _without_cuda() -> str:
    """Return why CUDA cannot be used, and what to do; empty where it can."""
    try:
        import torch
    except ImportError:
        return f"torch is not installed. {INSTALL}; or run with --device cpu."
    # Asks the driver's library instead of starting CUDA, after which a fork would leave a broken child.
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    if torch.cuda.is_available():
        _ask_cublas_for_equal_bits()
        return ""
    if torch.version.cuda is None:
        return f"torch {torch.__version__} was built without CUDA. Install a build with CUDA, or run with --device cpu."
    return (
        f"torch {torch.__version__}, built for CUDA {torch.version.cuda}, finds no GPU. Check that `nvidia-smi` lists"
        " one and that CUDA_VISIBLE_DEVICES does not hide it, or run with --device cpu."
    )


def _ask_cublas_for_equal_bits() -> None:
    """Give cuBLAS workspaces of its own, which it reads when it is first used; an explicit choice stays."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


def _without_index(index: int) -> str:
    import torch

    count = torch.cuda.device_count()
    if index < count:
        return ""
    return f"there {'is' if count == 1 else 'are'} only {count}: cuda:0{f' to cuda:{count - 1}' if count > 1 else ''}."


@contextmanager
def _settings(torch: Any) -> Iterator[None]:
    """Turn off what trades exactness for speed in the whole process, and put everything back."""
    cudnn, deterministic = torch.backends.cudnn, torch.utils.deterministic
    before = (
        torch.get_float32_matmul_precision(),
        cudnn.allow_tf32,
        cudnn.benchmark,
        deterministic.fill_uninitialized_memory,
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )

    def put(matmul: str, tf32: bool, benchmark: bool, fill: bool, always: bool, warn_only: bool) -> None:
        torch.set_float32_matmul_precision(matmul)
        cudnn.allow_tf32, cudnn.benchmark = tf32, benchmark
        deterministic.fill_uninitialized_memory = fill
        torch.use_deterministic_algorithms(always, warn_only=warn_only)

    # Filling new memory takes time, and helps only kernels that read what nobody wrote.
    put("highest", False, False, False, True, True)
    try:
        yield
    finally:
        put(*before)


@contextmanager
def _kernels_into(met: set[str]) -> Iterator[None]:
    """Collect what torch warns of as not deterministic; every other warning goes its own way."""
    with warnings.catch_warnings():
        warnings.filterwarnings("always", message=NO_DETERMINISTIC_KERNEL.pattern)
        show = warnings.showwarning

        def collect(message: Warning | str, *place: Any, **more: Any) -> None:
            found = NO_DETERMINISTIC_KERNEL.match(str(message))
            if found:
                met.add(found[1] or found[2])
            else:
                show(message, *place, **more)

        warnings.showwarning = collect
        yield


def _autocast(torch: Any, device: str, precision: Precision) -> AbstractContextManager[Any]:
    if precision is not Precision.AMP:
        return nullcontext()
    kind = "cuda" if is_cuda(device) else "cpu"
    autocast: AbstractContextManager[Any] = torch.autocast(kind, torch.float16 if kind == "cuda" else torch.bfloat16)
    return autocast
