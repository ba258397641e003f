"""`rematch demo` does the main job from nothing, and does it again."""

import json
import os
import re
import subprocess
import sys

import pytest

from leaderboard.demo.broken import BROKEN
from leaderboard.demo.systems import SYSTEMS


def _rematch(home, *arguments):
    environment = {**os.environ, "REMATCH_HOME": str(home), "COLUMNS": "110"}
    return subprocess.run(
        [sys.executable, "-m", "leaderboard.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=240,
        env=environment,
        check=False,
        cwd=home,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first(home):
    return _rematch(home, "demo")


@pytest.fixture(scope="module")
def second(home, first):
    return _rematch(home, "demo")


def _board(output, dataset):
    """Rank, name and the rest of every row of one printed board."""
    part = re.search(rf"board: {dataset}\n(.*?)\n\n\d\. ", output, re.DOTALL).group(1)
    return re.findall(r"^ +(\d+)  (.+?)  +3  (.*)$", part, re.MULTILINE)


@pytest.mark.parametrize("run", ["first", "second"])
def test_every_run_succeeds_and_complains_about_nothing(run, request):
    done = request.getfixturevalue(run)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "http://localhost:8501" in done.stdout


@pytest.mark.parametrize("dataset", ["toy-scene", "toy-object"])
def test_boards_rank_the_baseline_first_and_chance_last(first, dataset):
    rows = _board(first.stdout, dataset)
    assert sorted(name for _, name, _ in rows) == sorted(system.name for system in SYSTEMS)
    rank = {name: int(place) for place, name, _ in rows}
    assert rank["CCA: colour, shape, words"] == 1
    assert rank["Random scores"] == rank["Constant scores"] == max(rank.values())


@pytest.mark.parametrize("dataset", ["toy-scene", "toy-object"])
def test_boards_show_spread_intervals_and_what_to_distrust(first, dataset):
    rows = {name: rest for _, name, rest in _board(first.stdout, dataset)}
    assert re.search(r"\d ± \d", rows["CCA: colour, shape, words"])
    assert all(re.search(r"\[\d+\.\d, \d+\.\d\]", rest) for rest in rows.values())
    assert "identical runs" in rows["CCA: one seed, sent three times"]
    assert "ties 100.0 %; sigma = 0 by construction" in rows["Constant scores"]


def test_every_broken_submission_is_told_what_is_wrong(first):
    part = first.stdout.partition("broken submissions")[2]
    for broken in BROKEN:
        assert f"{broken.name} ({broken.dataset})\n    " in part
    for hint in ("not finite", "looks like captions x images", "is square", "cut short", "pickle", "integers",
                 "leaves out 1 of 1,250 queries", "leaves out 3 of the 250 ids", "repeated 5 times", "split digest",
                 "Did you mean system or seeds?", "Did you mean toy-scene"):  # fmt: skip
        assert hint in " ".join(part.split())


def test_the_second_run_recognises_everything_and_changes_no_number(first, second):
    assert second.stdout.count("handed in before, as") == len(SYSTEMS)
    assert "Nothing is waiting" in second.stdout
    for dataset in ("toy-scene", "toy-object"):
        assert _board(second.stdout, dataset) == _board(first.stdout, dataset)


def test_results_stay_where_the_board_finds_them(home, second):
    done = _rematch(home, "results", "--protocol", "toy-object", "--format", "json")
    assert done.returncode == 0, done.stderr
    board = json.loads(done.stdout)
    assert board["centricity"] == "object"
    assert {entry["system"] for entry in board["entries"]} == {system.name for system in SYSTEMS}


def test_a_file_of_the_demo_scores_the_same_at_home(home, second):
    done = _rematch(home, "score", str(home / "demo/constant/toy-scene-seed0.safetensors"), "--protocol", "toy-scene",
                    "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    at_home = json.loads(done.stdout)["metrics"]["i2t"]["R@1"]["expected"]
    shown = {name: rest for _, name, rest in _board(second.stdout, "toy-scene")}["Constant scores"]
    assert shown.split()[0] == f"{at_home * 100:.1f}"
