"""Whether a device is lost is told without starting CUDA, and only by what CUDA itself answers."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from evaluator import lost_device
from evaluator.lost_device import has_lost_device, keep_if_lost


def test_a_process_without_cuda_has_lost_nothing_and_starts_nothing():
    code = """
import sys
from evaluator.lost_device import has_lost_device
print(has_lost_device(), "torch" in sys.modules)
import torch
print(has_lost_device(), torch.cuda.is_initialized())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "False False\nFalse False\n"


@pytest.fixture
def two_gpus(monkeypatch):
    """A torch with memory on the second of two GPUs, and the answers of each."""
    answers = {0: None, 1: None}

    def synchronize(index):
        if answers[index] is not None:
            raise answers[index]

    cuda = SimpleNamespace(
        is_initialized=lambda: True,
        device_count=lambda: 2,
        memory_reserved=lambda index: index,
        synchronize=synchronize,
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    return answers


def test_a_device_is_lost_when_it_answers_with_an_error_and_this_process_uses_it(two_gpus):
    assert not has_lost_device()
    two_gpus[0] = RuntimeError("CUDA error: device-side assert triggered")
    assert not has_lost_device()
    two_gpus[1] = RuntimeError("CUDA error: device-side assert triggered")
    assert has_lost_device()


def test_an_error_is_kept_only_where_the_device_is_lost(two_gpus, monkeypatch):
    kept = []
    monkeypatch.setattr(lost_device, "_unfreed", kept)
    keep_if_lost(ValueError("ordinary"))
    assert kept == []
    two_gpus[1] = lost = RuntimeError("CUDA error: device-side assert triggered")
    keep_if_lost(lost)
    assert kept == [lost]
