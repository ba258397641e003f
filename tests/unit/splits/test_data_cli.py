"""`rematch data check`: what it prints, where, and its exit codes."""

import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from splits import SPLITS
from splits.data_cli import app

BIRDS = {
    "name": "my-birds/test",
    "centricity": "object",
    "images": ["wren.jpg", "robin.jpg"],
    "captions": ["w", "r"],
    "pairs": [["w", "wren.jpg"], ["r", "robin.jpg"]],
}


def run(*arguments):
    return CliRunner().invoke(app, ["check", *map(str, arguments)])


def reports(*arguments, code=0):
    result = run(*arguments, "--json")
    assert (result.exit_code, result.stderr) == (code, "")
    return json.loads(result.stdout)


@pytest.fixture
def birds(tmp_path):
    """A split file and the folder with its data."""
    (tmp_path / "birds.json").write_text(json.dumps(BIRDS))
    (tmp_path / "images").mkdir()
    for image in BIRDS["images"]:
        Image.new("RGB", (8, 6)).save(tmp_path / "images" / image)
    (tmp_path / "captions.json").write_text(json.dumps({"w": "a wren", "r": "a robin"}))
    return ("--split", tmp_path / "birds.json", "--folder", tmp_path)


def test_without_a_name_every_split_is_listed_and_nothing_counts_as_wrong():
    result = run()
    assert result.exit_code == 0
    assert all(name in result.stdout for name in SPLITS)
    states = {report["split"]: report["state"] for report in reports()}
    assert states["toy-scene/test"] == "complete"
    assert states["coco/karpathy-test-25000"] == "absent"
    assert states["cub200/test"] == "not built"


def test_a_dataset_stands_for_all_its_splits_and_a_split_for_itself():
    assert [report["split"] for report in reports("flickr30k", code=1)] == [
        "flickr30k/karpathy-test",
        "flickr30k/karpathy-val",
    ]
    (report,) = reports("toy-object/test")
    assert report == {
        "split": "toy-object/test",
        "state": "complete",
        "layout": "toy-object",
        "folder": None,
        "images": 250,
        "captions": 250,
        "missing_pictures": {"count": 0, "first": []},
        "missing_captions": {"count": 0, "first": []},
        "empty_captions": {"count": 0, "first": []},
        "problems": [],
        "advice": "",
    }


def test_what_is_absent_is_told_with_where_to_obtain_it_and_where_to_put_it(tmp_path):
    result = run("flickr30k")
    assert result.exit_code == 1
    text = " ".join(result.stdout.split())
    folder = tmp_path / "var" / "data" / "flickr30k"
    assert f"There is no folder {folder} with the pictures and captions of flickr30k/karpathy-test." in text
    assert text.count("https://shannon.cs.illinois.edu/DenotationGraph") == 1
    assert text.endswith(f"That folder is {folder}; REMATCH_DATA or --folder names another place.")


def test_a_split_that_is_not_built_is_told_with_the_command_that_builds_it(tmp_path):
    (report,) = reports("abo", "--folder", tmp_path, code=1)
    assert report["state"] == "not built"
    assert report["problems"] == [
        f"abo/test is not built yet: rematch splits build abo/test --from {tmp_path}",
    ]
    assert "abo-images-small.tar" in report["advice"]


def test_ones_own_split_is_checked_by_its_file(birds):
    result = run(*birds)
    assert result.exit_code == 0
    assert "2 of 2" in result.stdout
    assert reports(*birds)[0]["layout"] == "plain"


def test_missing_pictures_and_captions_are_counted_with_the_first_names(birds, tmp_path):
    (tmp_path / "images" / "robin.jpg").unlink()
    (tmp_path / "captions.json").write_text(json.dumps({"w": " "}))
    (report,) = reports(*birds, code=1)
    assert report["state"] == "incomplete"
    assert report["missing_pictures"] == {"count": 1, "first": [str(tmp_path / "images" / "robin.jpg")]}
    assert report["missing_captions"] == {"count": 1, "first": ["r"]}
    assert report["empty_captions"] == {"count": 1, "first": ["w"]}
    shown = run(*birds)
    assert shown.exit_code == 1
    assert "1 of 2" in shown.stdout
    assert "0 of 2" in shown.stdout


def test_what_could_not_be_looked_for_is_not_counted(birds, tmp_path):
    (tmp_path / "captions.json").write_text("{")
    (report,) = reports(*birds, code=1)
    assert report["missing_captions"] is None
    assert "- of 2" in run(*birds).stdout


def test_damaged_pictures_are_found_only_when_they_are_decoded(birds, tmp_path):
    (tmp_path / "images" / "wren.jpg").write_bytes(b"no picture")
    (tmp_path / "images" / "robin.jpg").unlink()
    assert "damaged_pictures" not in reports(*birds, "--no-pictures", code=1)[0]
    result = run(*birds, "--pictures", "--json")
    assert result.exit_code == 1
    (report,) = json.loads(result.stdout)
    assert report["damaged_pictures"]["count"] == 1
    assert report["problems"][0].startswith("1 of 2 pictures of my-birds/test are missing")
    assert report["problems"][1].startswith("1 of 2 pictures are damaged. First: ")
    assert "wren.jpg (10 bytes) is no picture" in report["problems"][1]


def test_decoding_shows_its_progress_on_stderr_and_leaves_stdout_to_the_result(birds):
    result = run(*birds, "--pictures", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)[0]["damaged_pictures"]["count"] == 0


def test_where_no_folder_is_there_is_nothing_to_decode():
    (report,) = reports("coco/karpathy-test-25010", "--pictures", code=1)
    assert report["damaged_pictures"] is None


def test_an_unknown_name_is_answered_with_known_ones():
    result = run("flickr")
    assert result.exit_code == 1
    assert str(result.exception).startswith("There is no dataset named 'flickr'. Did you mean flickr30k?")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("coco", "--split", "x.json"), "name a dataset or a split file, not both"),
        (("--folder", "x"), "say which dataset or split file the folder is for"),
    ],
)
def test_what_does_not_go_together_is_a_wrong_use(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", "").split())
