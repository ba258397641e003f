"""`rematch models`: the lists, what is shown of one, and what is said of a name that is not there."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from evaluator.checkpoints import find_known, known_checkpoints, written_down
from evaluator.library_versions import library_versions
from evaluator.model import MODELS, ModelError
from evaluator.models_cli import app
from splits.errors import UnknownNameError


def run(*arguments):
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.fixture
def without_libraries(monkeypatch):
    """As on a machine with the core installation alone."""
    monkeypatch.setattr("evaluator.model.find_spec", lambda name: None)


def test_the_list_has_every_row_that_is_written_down_sorted_by_value():
    rows = json.loads(run("list", "--json").stdout)
    assert len(rows) == sum(len(family.checkpoints) for family in MODELS.values())
    names = [row["name"] for row in rows if row["family"] == "open_clip"]
    assert names.index("RN50x4-quickgelu/openai") < names.index("RN50x16-quickgelu/openai")
    (one,) = [row for row in rows if row["reference"] == "open_clip:ViT-B-32/laion2b_s34b_b79k"]
    assert one["parameters"] == 151_277_313
    assert one["source"] == "hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K"
    assert one["licence"] == "MIT"
    assert one["setting"] == "zero-shot"
    assert one["is_written_down"] is True


def test_the_table_is_on_stdout_and_how_others_are_named_on_stderr():
    found = run("list", "--family", "transformers")
    assert "transformers:openai/clip-vit-base-patch32" in found.stdout
    assert "151.3 M" in found.stdout
    assert "open_clip:" not in found.stdout
    assert "local-dir:FOLDER" in found.stderr


def test_installed_adds_what_the_library_lists():
    few, many = (known_checkpoints([MODELS["open_clip"]], installed=flag) for flag in (False, True))
    assert {one.reference for one in few} < {one.reference for one in many}
    rows = json.loads(run("list", "--family", "open_clip", "--installed", "--json").stdout)
    (one,) = [row for row in rows if row["name"] == "coca_ViT-B-32/mscoco_finetuned_laion2b_s13b_b90k"]
    assert one["setting"] == "fine-tuned on COCO"
    assert one["pretraining_data"] == "LAION-2B, then COCO"
    assert one["source"].startswith("hf-hub:laion/")
    assert one["resolution"] == 224
    assert one["is_written_down"] is False


def test_without_the_libraries_the_written_rows_are_listed_and_that_is_said(without_libraries):
    found = run("list", "--family", "open_clip", "--installed", "--json")
    assert len(json.loads(found.stdout)) == len(MODELS["open_clip"].checkpoints)
    assert "open_clip needs torch, torchvision, open_clip, not installed" in found.stderr
    assert "written down" in found.stderr


def test_without_the_library_a_name_is_taken(monkeypatch):
    monkeypatch.setattr("evaluator.models.open_clip.library_source.find_spec", lambda name: None)
    MODELS["open_clip"].check("ViT-B-99/new_tag")


def test_only_installed_libraries_are_named_with_their_versions():
    assert set(library_versions(["pillow", "no-such-distribution"])) == {"pillow"}


def test_no_list_of_what_is_written_down_loads_a_framework():
    script = (
        "import sys; from evaluator.models_cli import app;"
        "\ntry: app(['list', '--json'])\nexcept SystemExit: pass"
        "\nassert not {'torch', 'open_clip', 'transformers', 'timm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)


def test_one_is_shown_with_all_its_facts():
    found = run("show", "transformers:openai/clip-vit-large-patch14")
    for told in ("427.6 M", "WIT-400M", "32bd64288804d66eefd0ccbe215aa642df71cc41", "a photo of {}", "2103.00020"):
        assert told in found.stdout
    assert json.loads(run("show", "open_clip:RN50-quickgelu/openai", "--json").stdout)["two_stage"] is False


@pytest.mark.parametrize(
    "reference",
    [
        "open_clip:local-dir:mine",
        "open_clip:hf-hub:a/b",
        "transformers:a/b",
        "transformers:local-dir:x",
        "xvlm:file:x.pth",
    ],
)
def test_what_stands_in_no_table_may_still_be_named(reference):
    known = find_known(reference)
    assert not known.is_written_down
    assert known.document()["parameters"] is None
    assert written_down(reference) is None


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("open_clip:ViT-B-23/openai", "ViT-B-32"),
        ("open_clip:ViT-B-32/laion2b_s34b_b78k", "laion2b_s34b_b79k"),
        ("transformers:clip", "ORGANISATION/REPOSITORY"),
        ("cca:basline", "baseline"),
    ],
)
def test_an_unknown_name_is_answered_with_the_right_one(reference, told):
    with pytest.raises(ModelError, match=told) as caught:
        find_known(reference)
    assert "\n" not in str(caught.value)


def test_weights_that_need_quickgelu_are_known_under_either_name():
    plain, quick = (written_down(f"open_clip:{name}/openai") for name in ("ViT-B-32", "ViT-B-32-quickgelu"))
    assert plain is quick
    assert find_known("open_clip:ViT-B-32/openai").reference == "open_clip:ViT-B-32-quickgelu/openai"


def test_an_unknown_family_is_answered_with_the_right_one():
    with pytest.raises(UnknownNameError, match="Did you mean open_clip"):
        run("list", "--family", "openclip")
    with pytest.raises(ModelError, match="expected a family and a name"):
        find_known("ViT-B-32")
