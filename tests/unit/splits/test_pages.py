"""The pages about splits say what the catalogue says, and the code on them runs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from splits import SplitDefinition, SplitError, load_split
from splits.data_layout import LAYOUTS, DataLayout
from tests.unit.how_to import entry_of

DOCS = Path(__file__).resolve().parents[3] / "docs"


def code(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.M | re.S)


def test_the_split_file_and_the_digest_lines_of_the_page_agree_with_the_code(tmp_path):
    (document,) = code("reference/split-files.md", "json")
    (script,) = code("reference/split-files.md", "python")
    path = tmp_path / "example.json"
    path.write_text(document)
    (tmp_path / "digest.py").write_text(script)
    printed = subprocess.run([sys.executable, tmp_path / "digest.py", path], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == load_split(path).digest
    assert set(json.loads(document)) < {"name", "centricity", "images", "captions", "pairs", "licence"} | {"digest"}


def test_the_dataset_of_the_how_to_works_as_it_stands(tmp_path):
    shown = entry_of("add-a-dataset.md", SplitDefinition)
    (tmp_path / "test.txt").write_text("wren.jpg\nrobin.jpg\ntit.jpg\n")
    split = shown.build(tmp_path / "test.txt")
    assert split.caption_ids == ("wren.jpg#0", "robin.jpg#0", "tit.jpg#0")
    (tmp_path / "test.txt").write_text("wren.jpg\n")
    with pytest.raises(SplitError, match=r"names 1 photos, the official list has 3\. Obtain it again\."):
        shown.build(tmp_path / "test.txt")


def test_the_data_of_the_how_to_is_found_as_it_stands(tmp_path):
    (tmp_path / "test.txt").write_text("wren.jpg\nrobin.jpg\ntit.jpg\n")
    split = entry_of("add-a-dataset.md", SplitDefinition).build(tmp_path / "test.txt")
    (tmp_path / "sentences.txt").write_text("a wren\na robin\na tit\n")
    layout = entry_of("add-a-dataset.md", DataLayout)
    assert layout.name == split.dataset.name
    for file in layout.files(split, tmp_path):
        file.parent.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4)).save(file)
    assert sorted(file.name for file in (tmp_path / "photos").iterdir()) == sorted(split.image_ids)
    assert [layout.captions(split, tmp_path)[caption] for caption in split.caption_ids] == [
        "a wren",
        "a robin",
        "a tit",
    ]


def test_the_page_on_data_has_a_part_for_every_dataset_that_must_be_obtained():
    page = (DOCS / "how-to/get-the-data.md").read_text(encoding="utf-8")
    for name, layout in LAYOUTS.items():
        assert (f"### `{name}`" in page) == (layout.render is None), name
