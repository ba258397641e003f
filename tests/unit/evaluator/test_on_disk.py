"""Which files decide whether a model that is held is still the one on the disk."""

import pytest

from evaluator.weights.on_disk import named_path, states_on_disk


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "weights"))
    (tmp_path / "weights" / "clip" / "tower").mkdir(parents=True)
    return tmp_path / "weights"


def looked_at(reference, weights, *, anywhere=False):
    return {path.name for path in states_on_disk(reference, anywhere=anywhere)}


@pytest.mark.parametrize("reference", ["open_clip:local-dir:clip", "open_clip:ViT-B-32/openai", "xvlm:coco-384"])
def test_everything_below_the_folder_of_weights_counts_whatever_the_reference(weights, reference):
    (weights / "clip" / "model.safetensors").touch()
    (weights / "clip" / "tower" / "config.json").touch()
    (weights / "nothing").symlink_to(weights / "gone")
    (weights / "clip" / "back").symlink_to(weights)
    assert looked_at(reference, weights) == {"model.safetensors", "config.json"}


def test_a_file_elsewhere_counts_with_what_says_its_sizes(weights, tmp_path):
    for name in ("own.pth", "xvlm.json", "other.pth"):
        (tmp_path / name).touch()
    assert looked_at(f"xvlm:file:{tmp_path}/own.pth@224", weights, anywhere=True) == {"own.pth", "xvlm.json"}


def test_an_at_sign_in_a_path_belongs_to_the_path(weights):
    assert named_path("xvlm:file:my@home.pth@384", anywhere=False) == weights / "my@home.pth"
    assert named_path("open_clip:local-dir:clip@2", anywhere=False) == weights / "clip@2"
    assert named_path("open_clip:ViT-B-32/openai", anywhere=False) is None


def test_a_folder_that_is_not_there_has_no_files(weights):
    assert looked_at("open_clip:local-dir:nowhere", weights) == set()
