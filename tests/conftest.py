"""Flags for the expensive levels, marks by folder, and the real data that lies beside the repository."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

# Read once, when huggingface_hub is imported: set before any test module does it, so that no test asks a hub.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEVELS = ("integration", "e2e", "e2e-compose")


def folder_of(level: str) -> str:
    return level.replace("-", "_")


def real_data_folder() -> Path | None:
    """The folder with real data, if this machine has one."""
    named = os.environ.get("REMATCH_TEST_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


@cache
def graphics_card() -> str | None:
    """What CUDA can compute on here, by its maker's name; None where there is nothing, or it is hidden."""
    program = shutil.which("nvidia-smi")
    if program is None or os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return None
    asked = [program, "--query-gpu=name", "--format=csv,noheader"]
    found = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    return found.stdout.partition("\n")[0].strip() or None if found.returncode == 0 else None


def pytest_addoption(parser: pytest.Parser) -> None:
    for level in LEVELS:
        parser.addoption(f"--{level}", action="store_true", help=f"also run the tests under tests/{folder_of(level)}")


def pytest_configure(config: pytest.Config) -> None:
    for level in LEVELS:
        config.addinivalue_line("markers", f"{folder_of(level)}: tests under tests/{folder_of(level)}")
    config.addinivalue_line("markers", "real_data: needs the folder of real data ($REMATCH_TEST_DATA)")
    config.addinivalue_line("markers", "gpu: needs a GPU that CUDA can use")


def pytest_report_header() -> list[str]:
    return [
        f"real data: {real_data_folder() or 'none (set REMATCH_TEST_DATA); the tests marked real_data are left out'}",
        f"GPU: {graphics_card() or 'none that CUDA can use; the tests marked gpu are left out'}",
    ]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = []
    for item in items:
        for level in LEVELS:
            if ROOT / "tests" / folder_of(level) in item.path.parents:
                item.add_marker(folder_of(level))
                if not config.getoption(f"--{level}"):
                    left_out.append(item)
        if item.get_closest_marker("real_data") and real_data_folder() is None:
            left_out.append(item)
        if item.get_closest_marker("gpu") and graphics_card() is None:
            left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real data; a test that asks for it also carries the mark `real_data`."""
    folder = real_data_folder()
    if folder is None:
        pytest.fail("No real data: set REMATCH_TEST_DATA to the folder that holds coco/, flickr30k/ and the rest.")
    return folder


@pytest.fixture(autouse=True)
def _fresh_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings, the database or the folder of the person who runs it."""
    for name in list(os.environ):
        if name.startswith("REMATCH_") and name != "REMATCH_TEST_DATA":
            monkeypatch.delenv(name)
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path / "var"))
