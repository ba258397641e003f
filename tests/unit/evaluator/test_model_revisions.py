"""Which revision of a repository is asked for: the one in the request, else the one that is written down."""

import pytest

from evaluator.model import MODELS, MissingHereError, ModelRequest, load_model
from evaluator.weights.located import weights_files

PINNED = [
    (f"{family.name}:{row.name}", row.revision)
    for family in MODELS.values()
    for row in family.checkpoints
    if row.revision is not None
]


@pytest.fixture(autouse=True)
def _offline(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("REMATCH_WEIGHTS", str(tmp_path / "weights"))


def test_revisions_are_commits():
    assert len(PINNED) > 20
    assert all(len(revision) == 40 and set(revision) <= set("0123456789abcdef") for _, revision in PINNED)


@pytest.mark.parametrize("reference", ["open_clip:ViT-B-32/laion2b_s34b_b79k", "transformers:kakaobrain/align-base"])
def test_the_revision_that_is_written_down_is_asked_for(reference):
    revision = dict(PINNED)[reference]
    for look in (load_model, weights_files):
        with pytest.raises(MissingHereError, match=f"revision {revision};"):
            look(reference, ModelRequest(name=""))


def test_a_revision_that_the_request_names_goes_before_it():
    with pytest.raises(MissingHereError, match="revision main;"):
        load_model("open_clip:ViT-B-32/laion2b_s34b_b79k", ModelRequest(name="", revision="main"))


def test_of_a_checkpoint_without_a_written_revision_the_newest_is_asked_for():
    with pytest.raises(MissingHereError, match="revision newest;"):
        load_model("open_clip:ViT-B-16/laion2b_s34b_b88k", ModelRequest(name=""))
