"""The machine and the libraries a run was made with, and what differs from those at hand now."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from evaluator import __version__
from evaluator.code_digest import code_digest
from evaluator.devices import is_cuda
from evaluator.encoding.picture_batches import host_cores
from evaluator.library_versions import library_versions

LIBRARIES = (
    "numpy",
    "numba",
    "Pillow",
    "torch",
    "torchvision",
    "open_clip_torch",
    "transformers",
    "timm",
    "tokenizers",
    "sentencepiece",
    "ftfy",
    "regex",
    "scipy",
    "safetensors",
    "huggingface_hub",
)
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
DRIVER = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was when a run was made; None where it is not there at all."""

    key: str
    recorded: str | None
    present: str | None


def environment(device: str = "cpu") -> dict[str, Any]:
    """Describe machine, libraries and code, as plain values for a run record.

    Args:
        device: Where the run computes; CUDA is asked only about a CUDA device.
    """
    return {
        "rematch": __version__,
        "commit": _commit(),
        "code": code_digest(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": library_versions(LIBRARIES),
        **device_facts(device),
    }


def device_facts(device: str) -> dict[str, Any]:
    """Describe where a run computes: device, processor, cores, and with CUDA its versions."""
    facts: dict[str, Any] = {
        "device": device,
        "device_name": device_name(device),
        "processor": _processor(),
        **thread_settings(),
    }
    if is_cuda(device):
        import torch

        facts |= {
            "device_memory": int(torch.cuda.get_device_properties(device).total_memory),
            "cuda": torch.version.cuda,
            "cudnn": _cudnn(),
            "driver": _driver(),
        }
    return facts


def thread_settings() -> dict[str, Any]:
    """Describe what decides how many threads a network on a CPU computes with, and so the order it adds up in."""
    return {"usable_cores": host_cores(), **{name.lower(): os.environ.get(name) for name in THREADS}}


def arithmetic_facts(device: str) -> dict[str, Any]:
    """Describe what of a device, beside the libraries, moves the last bits of a number: what is kept depends on it.

    The driver is only written down beside what was made: kernels come compiled with the libraries.
    """
    name = {"device": device_name(device)}
    return {**name, "cudnn": _cudnn()} if is_cuda(device) else {**name, **thread_settings()}


def device_name(device: str) -> str:
    """Return what a device is called by its maker."""
    if not is_cuda(device):
        return _processor()
    import torch

    return str(torch.cuda.get_device_name(device))


def differences(recorded: Mapping[str, Any], present: Mapping[str, Any]) -> list[Difference]:
    """Compare two environments, one line for each value that is not the same, in the order of the recorded one.

    >>> differences({"python": "3.11.7", "libraries": {"torch": "2.9.0"}}, {"python": "3.11.7", "libraries": {}})
    [Difference(key='libraries.torch', recorded='2.9.0', present=None)]
    """
    before, now = _flat(recorded), _flat(present)
    return [
        Difference(key, before.get(key), now.get(key)) for key in {**before, **now} if before.get(key) != now.get(key)
    ]


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        elif value is not None:
            found[f"{prefix}{key}"] = str(value)
    return found


@cache
def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", described.read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def _cudnn() -> str | None:
    import torch

    cudnn = torch.backends.cudnn.version()
    return None if cudnn is None else str(cudnn)


def _driver() -> str | None:
    """Return the version of the NVIDIA driver, which torch does not tell."""
    if DRIVER.exists():
        found = re.search(r"\b\d+\.\d+(?:\.\d+)?\b", DRIVER.read_text())
        return found[0] if found else None
    return _output("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")


@cache
def _commit() -> str | None:
    """Return the commit of the code where it runs from a clone, marked where files differ from it.

    As it was when first asked: what this process has loaded does not change after it.
    """
    clone = Path(__file__).resolve().parent.parent
    if not (clone / ".git").exists():
        return None
    return _output("git", "-C", str(clone), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=-modified")


def _output(*command: str) -> str | None:
    """Return the first line a command prints; None if there is no such command or it fails."""
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip().partition("\n")[0] or None
