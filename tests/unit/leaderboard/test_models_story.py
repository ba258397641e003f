"""The second half of the demo: what it hands in, and what it says when it cannot."""

import subprocess

import pytest

from leaderboard.demo import models_story
from leaderboard.demo.systems import SEEDS
from splits.errors import RematchError
from submissions.manifest import read_manifest


def test_the_manifest_names_a_model_with_weights_for_each_seed(tmp_path):
    manifest = read_manifest(models_story.write_manifest(tmp_path))
    assert manifest.model is not None
    assert manifest.model.reference == "open_clip:toy-clip"
    assert [run.seed for run in manifest.runs] == list(SEEDS)
    assert [run.weights for run in manifest.runs] == [f"seed{seed}.safetensors" for seed in SEEDS]
    assert {protocol for run in manifest.runs for protocol in run.protocols} == {"toy-scene", "toy-object"}
    assert not manifest.deterministic


def test_without_the_extra_it_says_what_to_install_before_anything_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(models_story, "NEEDED", ("torch_of_nobody", "json"))
    with pytest.raises(RematchError, match=r"torch_of_nobody, which is not installed.*make install-models"):
        models_story.run_models_demo(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_training_that_fails_is_told_with_the_command_that_shows_more(tmp_path, monkeypatch):
    # A real failure in the other process would take as long as loading torch.
    monkeypatch.setattr(subprocess, "run", lambda command, check: subprocess.CompletedProcess(command, 3))
    with pytest.raises(RematchError, match=r"exit code 3.*worker\.train_toy_clip .* --seeds 0,1,2"):
        models_story.train(tmp_path)
