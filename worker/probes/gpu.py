"""Which devices models can be run on here, asked in another process: a broken CUDA can take one down."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from worker.child import ChildError, ask_child
from worker.probe import Answer, Part, Probe, fail, ok, skip, warn
from worker.settings import get_settings

PATIENCE_SECONDS = 40.0
_CODE = """
import json
import torch

devices = []
for index in range(torch.cuda.device_count()):
    free, total = torch.cuda.mem_get_info(index)
    one = torch.ones(64, 64, device=f"cuda:{index}")
    right = float((one @ one).sum()) == 64.0**3
    devices.append({"name": torch.cuda.get_device_name(index), "free": free, "total": total, "right": right})
print(json.dumps({"torch": torch.__version__, "cuda": torch.version.cuda, "devices": devices}))
"""
_SIGNS_OF_A_GPU = (Path("/dev/nvidia0"), Path("/proc/driver/nvidia/version"))
_DRIVER = "See what the driver says: nvidia-smi. In a container: is the GPU handed in (docker-compose.gpu.yml)?"


def _ask() -> Answer:
    if find_spec("torch") is None:
        return _without_torch()
    try:
        found = ask_child(_CODE, seconds=PATIENCE_SECONDS)
    except ChildError as error:
        return fail(f"torch cannot be used: {error}", f"{_DRIVER} Or run models on the processor: REMATCH_DEVICE=cpu")
    return _judged(found)


def _without_torch() -> Answer:
    if get_settings().device:
        return fail(
            f"REMATCH_DEVICE is {get_settings().device}, and torch is not installed",
            "Install what models need: pip install 'rematch[models]', or in a clone: make install-models",
        )
    return skip("torch is not installed: no models are run here")


def _judged(found: dict[str, Any]) -> Answer:
    devices, wanted = found["devices"], get_settings().device or ""
    told = "; ".join(f"{one['name']}, {one['free'] / 1e9:.0f} of {one['total'] / 1e9:.0f} GB free" for one in devices)
    built = f"built for CUDA {found['cuda']}" if found["cuda"] else "built without CUDA"
    shown = f"torch {found['torch']}, {built}, {told or 'no GPU: models are run on the processor'}"
    if not all(one["right"] for one in devices):
        return fail(f"{shown}; it computes wrongly", "Do not run models here: this GPU computes wrongly.")
    if wanted.startswith("cuda") and _index(wanted) >= len(devices):
        return fail(f"{shown}; REMATCH_DEVICE is {wanted}", f"Name a device that is there. {_DRIVER}")
    if not devices and wanted != "cpu" and any(place.exists() for place in _SIGNS_OF_A_GPU):
        return warn(f"{shown}, though this machine has one", f"{_DRIVER} To do without it: REMATCH_DEVICE=cpu")
    return ok(shown)


def _index(device: str) -> int:
    number = device.partition(":")[2]
    return int(number) if number.isdigit() else 0


GPU = Probe(
    "gpu", Part.MACHINE, "the device that models are to run on is there, and computes", _ask, needs=("settings",)
)
