"""Catalogues: found by scanning, each name once, a wrong name answered with near ones."""

import sys

import pytest

from splits import SPLITS, Catalog, Centricity, Dataset, UnknownNameError
from splits.catalog import natural_key
from splits.digest import sha256_of, sha256_of_file

ENTRY = "from splits import Centricity, Dataset\n{name} = Dataset({value!r}, '', Centricity.SCENE, '', '', '')\n"


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A package of catalogue entries, made for one test and forgotten after it."""
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "shelf_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    yield folder
    for name in [name for name in sys.modules if name.startswith("shelf_of_a_test")]:
        del sys.modules[name]


def test_every_module_of_the_package_is_scanned_for_instances(shelf):
    (shelf / "one.py").write_text(ENTRY.format(name="ONE", value="one"))
    (shelf / "two.py").write_text("from shelf_of_a_test.one import ONE\n" + ENTRY.format(name="TWO", value="two"))
    found = Catalog(Dataset, "shelf_of_a_test")
    assert list(found) == ["one", "two"]
    assert len(found) == 2
    assert found["two"].centricity is Centricity.SCENE
    assert "three" not in found


def test_two_entries_of_one_name_are_refused(shelf):
    (shelf / "one.py").write_text(ENTRY.format(name="ONE", value="same"))
    (shelf / "two.py").write_text(ENTRY.format(name="TWO", value="same"))
    with pytest.raises(ValueError, match=r"shelf_of_a_test.two defines a second 'same' in shelf_of_a_test"):
        list(Catalog(Dataset, "shelf_of_a_test"))


def test_a_wrong_name_is_answered_with_near_names_and_all_names():
    with pytest.raises(UnknownNameError) as caught:
        SPLITS["coco/karpathy-test-2500"]
    message = str(caught.value)
    assert message.startswith("There is no split named 'coco/karpathy-test-2500'. Did you mean ")
    assert "coco/karpathy-test-25000" in message.partition("?")[0]
    assert message.endswith(f"Known names: {', '.join(SPLITS)}.")


def test_a_name_like_no_other_gets_no_guess():
    with pytest.raises(UnknownNameError, match=r"There is no split named '§'. Known names"):
        SPLITS["§"]


def test_numbers_inside_names_sort_by_value():
    assert sorted(["R@10", "R@5", "R@1"], key=natural_key) == ["R@1", "R@5", "R@10"]


def test_a_file_has_the_digest_of_its_content(tmp_path):
    (tmp_path / "file").write_bytes(b"abc" * 100_000)
    assert sha256_of_file(tmp_path / "file") == sha256_of(b"abc" * 100_000)
