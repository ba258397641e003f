"""The machine and the libraries a run was made with, and what differs from those at hand now."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evaluator import __version__
from evaluator.devices import is_cuda
from evaluator.encoding.picture_batches import host_cores

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
    "safetensors",
    "huggingface_hub",
)
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
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: version for name in LIBRARIES if (version := _version(name))},
        **device_facts(device),
    }


def device_facts(device: str) -> dict[str, Any]:
    """Describe where a run computes: device, processor, cores, and with CUDA its versions."""
    facts: dict[str, Any] = {
        "device": device,
        "device_name": device_name(device),
        "processor": _processor(),
        # Together they decide how many threads a network computes with, and so the order in which it adds up.
        "usable_cores": host_cores(),
        "omp_num_threads": os.environ.get("OMP_NUM_THREADS"),
    }
    if is_cuda(device):
        import torch

        cudnn = torch.backends.cudnn.version()
        facts |= {
            "device_memory": int(torch.cuda.get_device_properties(device).total_memory),
            "cuda": torch.version.cuda,
            "cudnn": None if cudnn is None else str(cudnn),
            "driver": _driver(),
        }
    return facts


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


def _version(name: str) -> str | None:
    try:
        if name == "torch":
            return _torch_version()
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@cache
def _torch_version() -> str | None:
    """Return the version with the kind of build, which is in no metadata, without loading torch."""
    found = find_spec("torch")
    if found is None or found.origin is None:
        return None
    stated = re.search(r"^__version__ = '(.+)'", Path(found.origin).with_name("version.py").read_text(), re.MULTILINE)
    return stated[1] if stated else metadata.version("torch")


@cache
def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", described.read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def _driver() -> str | None:
    """Return the version of the NVIDIA driver, which torch does not tell."""
    if DRIVER.exists():
        found = re.search(r"\b\d+\.\d+(?:\.\d+)?\b", DRIVER.read_text())
        return found[0] if found else None
    return _output("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")


def _commit() -> str | None:
    """Return the commit of the code where it runs from a clone, marked where files differ from it."""
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
