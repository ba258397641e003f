"""The pages about splits say what the catalogue says, and the code on them runs."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from splits import SPLITS, load_split

DOCS = Path(__file__).resolve().parents[3] / "docs"


def code(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("name", list(SPLITS))
def test_every_split_is_on_the_reference_page(name):
    page = (DOCS / "reference" / "splits.md").read_text(encoding="utf-8")
    assert f"`{name}`" in page
    if name.startswith("toy-"):
        return
    row = next(line for line in page.splitlines() if line.startswith(f"| `{name}` | {SPLITS[name].dataset.centricity}"))
    assert (SPLITS[name].digest or "not pinned yet") in row
    if SPLITS[name].n_images is not None:
        assert f"| {SPLITS[name].n_images:,} | {SPLITS[name].n_captions:,} |" in row


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
    (source,) = code("how-to/add-a-dataset.md", "python")
    (tmp_path / "my_birds.py").write_text(source)
    spec = importlib.util.spec_from_file_location("my_birds_of_the_page", tmp_path / "my_birds.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "test.txt").write_text("wren.jpg\nrobin.jpg\ntit.jpg\n")
    split = module.MY_BIRDS_TEST.build(tmp_path / "test.txt")
    assert split.caption_ids == ("wren.jpg#0", "robin.jpg#0", "tit.jpg#0")
