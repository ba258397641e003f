"""Splits by name: what is installed, what was built before, and what must be built first."""

from dataclasses import replace

import pytest

from splits import SPLITS, SplitError, UnknownNameError, load_split
from splits.blocks import split_in_blocks
from splits.loading import built_path, check_pinned, is_available
from splits.split_file import write_split_file


def fashion(n=3, name="fashion200k/test"):
    dataset = SPLITS["fashion200k/test"].dataset
    return split_in_blocks(name, dataset, image_ids=[f"{i}.jpeg" for i in range(n)], counts=[1] * n)


def test_a_name_that_does_not_exist_is_no_file_error():
    with pytest.raises(UnknownNameError, match=r"Did you mean cub200/test"):
        load_split("cub20/test")


def test_an_empty_name_is_a_name_and_not_the_current_folder():
    with pytest.raises(UnknownNameError, match="There is no split named ''"):
        load_split("")


def test_a_split_that_must_be_built_says_from_what_and_how():
    with pytest.raises(SplitError) as caught:
        load_split("fashion200k/test")
    message = str(caught.value)
    assert message == (
        "fashion200k/test is not built yet. Run: rematch splits build fashion200k/test --from PATH, where PATH is the"
        f" following. {SPLITS['fashion200k/test'].instructions} The split will be kept as"
        f" {built_path('fashion200k/test')}."
    )


def test_built_splits_lie_below_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REMATCH_HOME", str(tmp_path / "home"))
    assert built_path("abo/test") == tmp_path / "home" / "splits" / "abo" / "test.json"
    monkeypatch.delenv("REMATCH_HOME")
    assert built_path("abo/test").as_posix() == "var/splits/abo/test.json"


def test_a_split_that_was_built_is_found_by_name():
    assert not is_available(SPLITS["fashion200k/test"])
    write_split_file(fashion(), built_path("fashion200k/test"))
    assert is_available(SPLITS["fashion200k/test"])
    split = load_split("fashion200k/test")
    assert split.digest == fashion().digest
    assert split.dataset is SPLITS["fashion200k/test"].dataset


def test_a_file_under_the_name_of_a_built_split_must_be_that_split(tmp_path):
    write_split_file(fashion(), built_path("fashion200k/test"))
    write_split_file(fashion(4), tmp_path / "mine.json")
    with pytest.raises(
        SplitError, match=r"calls itself fashion200k/test, but is not that split. Not in fashion200k/test"
    ):
        load_split(tmp_path / "mine.json")


def test_a_built_file_of_another_split_is_refused():
    write_split_file(fashion(name="abo/test"), built_path("fashion200k/test"))
    with pytest.raises(SplitError, match=r"holds the split abo/test, expected fashion200k/test. Build it again"):
        load_split("fashion200k/test")


def test_data_that_is_not_what_was_pinned_is_refused():
    definition = replace(SPLITS["fashion200k/test"], digest="sha256:1")
    with pytest.raises(SplitError, match=r"has the digest sha256:.*, pinned is sha256:1: the data it was read from is"):
        check_pinned(fashion(), definition)
    assert check_pinned(fashion(), SPLITS["fashion200k/test"]).n_images == 3


def test_a_name_of_the_catalogue_wins_over_a_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flickr30k" / "karpathy-test").mkdir(parents=True)
    assert load_split("flickr30k/karpathy-test").n_images == 1000
