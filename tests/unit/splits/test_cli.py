"""`rematch splits`: what it prints, where, and its exit codes."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from splits import SPLITS, SplitError, load_split, verification
from splits.cli import app
from splits.loading import built_path
from splits.split_file import write_split_file

NAME = "flickr30k/karpathy-test"


def run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def run_json(*arguments):
    result = run(*arguments, "--json")
    assert result.stderr == ""
    return json.loads(result.stdout)


@pytest.fixture
def names_file(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("\n".join(load_split(NAME).image_ids))
    return path


@pytest.fixture
def labels(tmp_path):
    for category in ("dress", "jacket", "pants", "skirt", "top"):
        (tmp_path / f"{category}_test_detect_all.txt").write_text(f"{category}.jpeg\t0.9\twords\n")
    return tmp_path


def test_the_list_shows_every_split_whether_it_is_at_hand_and_whether_it_is_pinned():
    result = run("list")
    assert result.exit_code == 0
    lines = {line.split()[0]: line.split() for line in result.stdout.splitlines() if "/" in line.partition("  ")[2]}
    assert lines[NAME][1:5] == ["scene", "1,000", "5,000", "at"]
    assert lines[NAME][5:7] == ["hand", "pinned"]
    assert lines["fashion200k/test"][1:9] == ["object", "-", "-", "not", "built", "not", "pinned", "yet"]
    assert set(lines) == set(SPLITS)


def test_the_list_as_json_has_one_object_for_each_split():
    found = {row["name"]: row for row in run_json("list")}
    assert set(found) == set(SPLITS)
    assert found[NAME]["digest"] == SPLITS[NAME].digest
    assert (found["abo/test"]["data"], found["abo/test"]["pinning"]) == ("not built", "not pinned yet")
    assert found["abo/test"]["instructions"]


def test_show_prints_provenance_counts_and_first_ids():
    result = run("show", "coco/karpathy-test-25000")
    assert result.exit_code == 0
    for words in ("Lin et al.", "25,000", "original, cxc, eccv", "391895", "770337", "sha256:4e3cd7ea95eb751b"):
        assert words in result.stdout


def test_show_as_json_gives_every_id_in_order():
    found = run_json("show", NAME)
    assert found["image_ids"] == list(load_split(NAME).image_ids)
    assert found["pairs"][5] == [5, 1]
    assert found["judgments"] == ["original"]


def test_show_of_a_split_that_is_not_built_gives_the_instructions():
    assert "Obtain CUB_200_2011.tgz" in run("show", "cub200/test").stdout
    assert run_json("show", "cub200/test")["images"] == 5794


def test_show_takes_a_users_file(tmp_path):
    write_split_file(load_split("toy-scene/test"), tmp_path / "toy.json")
    document = json.loads((tmp_path / "toy.json").read_text())
    (tmp_path / "mine.json").write_text(json.dumps({**document, "name": "my/test"}))
    found = run_json("show", tmp_path / "mine.json")
    assert (found["name"], found["data"], found["pinning"]) == ("my/test", "at hand", "not pinned yet")


def test_an_unknown_name_is_an_error_for_the_top_command_to_print():
    result = run("show", "flickr30k/karpathy-tes")
    assert "Did you mean flickr30k/karpathy-test" in str(result.exception)


def test_build_says_that_the_digest_is_the_pinned_one(names_file):
    found = run_json("build", NAME, "--from", names_file)
    assert (found["state"], found["digest"], found["written"]) == ("matches", SPLITS[NAME].digest, None)
    assert "matches" in run("build", NAME, "--from", names_file).stdout


def test_build_writes_the_file_that_was_asked_for(names_file, tmp_path):
    found = run_json("build", NAME, "--from", names_file, "--output", tmp_path / "out.json")
    assert found["written"] == str(tmp_path / "out.json")
    assert load_split(tmp_path / "out.json").digest == SPLITS[NAME].digest


def test_a_split_without_a_pinned_digest_is_built_and_then_found_by_name(labels):
    found = run_json("build", "fashion200k/test", "--from", labels)
    assert (found["state"], found["pinned"]) == ("not pinned yet", None)
    assert found["written"] == str(built_path("fashion200k/test"))
    assert load_split("fashion200k/test").n_images == 5
    assert "not pinned yet" in run("show", "fashion200k/test").stdout


def test_a_digest_that_differs_is_exit_code_1_and_nothing_is_written(labels, monkeypatch):
    definition = replace(SPLITS["fashion200k/test"], digest="sha256:0")
    monkeypatch.setitem(SPLITS._entries, "fashion200k/test", definition)
    result = run("build", "fashion200k/test", "--from", labels)
    assert result.exit_code == 1
    assert "differs" in result.stdout
    assert not built_path("fashion200k/test").exists()


def test_a_source_that_is_not_there_is_named(tmp_path):
    result = run("build", NAME, "--from", tmp_path / "none")
    assert isinstance(result.exception, SplitError)
    assert str(result.exception).startswith(f"There is nothing at {tmp_path / 'none'}. To prove a copy, name one of")


def test_a_split_that_needs_no_files_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(SPLITS._entries, NAME, replace(SPLITS[NAME], build=None))
    result = run("build", NAME, "--from", tmp_path)
    assert str(result.exception).startswith(f"{NAME} is complete as installed and is not built from files.")


def test_a_build_with_the_wrong_counts_is_refused(labels, monkeypatch):
    monkeypatch.setitem(SPLITS._entries, "fashion200k/test", replace(SPLITS["fashion200k/test"], n_images=6))
    result = run("build", "fashion200k/test", "--from", labels)
    assert "has 5 images, fashion200k/test has 6." in str(result.exception)


def test_verify_reads_everything_that_can_be_read():
    found = {item["name"]: item for item in run_json("verify")}
    assert set(found) == set(verification.readable_names())
    assert all(item["state"] == "matches" for item in found.values())
    assert found["coco/karpathy-test-25000"]["judgments"] == ["original", "cxc", "eccv"]


def test_verify_of_a_wrong_digest_is_exit_code_1(monkeypatch):
    monkeypatch.setitem(SPLITS._entries, NAME, replace(SPLITS[NAME], digest="sha256:0"))
    result = run("verify", NAME)
    assert result.exit_code == 1
    assert "differs" in result.stdout


def test_verify_of_a_split_that_is_not_built_leads_with_what_to_run():
    message = str(run("verify", "fashion200k/test").exception)
    assert message.startswith(
        "fashion200k/test is not built yet. Run: rematch splits build fashion200k/test --from PATH"
    )
    assert "Obtain the folder labels of Fashion200k" in message


def test_verify_takes_a_file(tmp_path):
    write_split_file(load_split(NAME), tmp_path / "copy.json")
    result = run("verify", tmp_path / "copy.json")
    assert result.exit_code == 0
    assert SPLITS[NAME].digest in result.stdout


def test_no_command_is_a_question_for_help():
    result = run()
    for verb in ("list", "show", "build", "verify"):
        assert verb in result.output
