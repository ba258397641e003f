"""The benchmark runs and prints every row; no test looks at a time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ROWS = (
    "one parallel read of the array",
    "the pass: count_matrix",
    "evaluate, coco-5k",
    "the bootstrap alone",
    "rematch --help",
    "rematch score, warm file",
    "rematch score, anonymous memory",
    "rematch score, with the mapped file",
    "rematch score, the first of all",
    "the first of all, anonymous memory",
    "evaluate, float16 matrix",
    "evaluate, float64 matrix",
    "evaluate, captions x images",
    "evaluate, embeddings of width 512",
    "evaluate, coco-1k",
    "evaluate, coco-1k-random",
    "evaluate, coco-eccv",
    "argsort loop, as VSE++ and SCAN",
    "torch.topk, both directions",
    "clip_benchmark: recall_at_k",
    "making the lists",
    "ours: count_lists",
    "eccv-caption: its dictionaries",
    "eccv-caption: coco_5k_recalls",
    "ranx: its Qrels and Run",
    "ranx: hit_rate",
)


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict]:
    path = tmp_path_factory.mktemp("bench") / "rows.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--json", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads(path.read_text())


@pytest.mark.parametrize("name", ROWS)
def test_a_quick_run_prints_every_row(quick_run, name):
    printed, document = quick_run
    assert f"  {name} " in printed
    assert [row["name"] for row in document["rows"]].count(name) >= 1


def test_a_row_without_a_value_says_how_to_install_what_it_needs(quick_run):
    _, document = quick_run
    for row in document["rows"]:
        if row["value"] is None and row["unit"] == "s":
            assert "not installed: pip install" in row["note"], row


def test_every_row_in_memory_is_a_ratio_to_one_read(quick_run):
    _, document = quick_run
    for row in document["rows"]:
        if row["value"] is not None and row["section"] != "whole processes":
            assert row["ratio"] > 0, row
            assert row["repetitions"] >= 1


def test_the_run_says_on_what_it_was_taken_and_names_no_path(quick_run):
    printed, document = quick_run
    assert document["machine"]["processor"]
    assert document["machine"]["versions"]["numpy"]
    assert str(ROOT) not in json.dumps(document) + printed


def test_a_quick_run_on_embeddings_prints_its_row():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.embeddings", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| 200 x 1,000 x 64 |" in done.stdout
    assert "Largest resident memory" in done.stdout
