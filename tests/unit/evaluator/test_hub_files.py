"""Of several names for the same file of a repository, what is here goes before what would have to be fetched."""

import pytest

from evaluator.model import MissingHereError
from evaluator.weights import hub
from evaluator.weights.hub import first_hub_file, hub_revision

NAMES = ("model.safetensors", "model.bin")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def _offline(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "weights"))


@pytest.fixture
def asked(monkeypatch):
    """Which files the hub is asked for."""
    found = []

    def note(repository, filename, revision):
        found.append(filename)
        return hub_file(repository, filename, revision)

    hub_file = hub.hub_file
    monkeypatch.setattr(hub, "hub_file", note)
    return found


def test_the_second_name_in_the_folder_of_weights_goes_before_the_first_on_the_hub(tmp_path, asked):
    path = tmp_path / "weights" / "some" / "model" / "model.bin"
    path.parent.mkdir(parents=True)
    path.touch()
    assert first_hub_file("some/model", NAMES) == path
    assert asked == []


def test_the_second_name_in_the_cache_goes_before_the_first_on_the_hub(tmp_path, asked):
    path = tmp_path / "cache" / "models--some--model" / "snapshots" / COMMIT / "model.bin"
    path.parent.mkdir(parents=True)
    path.touch()
    found = first_hub_file("some/model", NAMES, COMMIT)
    assert found == path
    assert hub_revision(found) == COMMIT
    assert asked == []


def test_a_hub_that_does_not_answer_is_asked_once(asked):
    with pytest.raises(MissingHereError, match=r"Wanted the file model\.safetensors of the hub"):
        first_hub_file("some/model", NAMES)
    assert asked == ["model.safetensors"]
