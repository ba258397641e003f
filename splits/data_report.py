"""Say of the data of splits what is there and what is missing, as plain data for `--json` and for tables."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from splits.catalog import natural_key, unknown_name_message
from splits.content import Pictures
from splits.data_layout import data_folder, dataset_layout, is_folder
from splits.errors import DataError, UnknownNameError
from splits.inventory import Inventory, advise, take_inventory
from splits.loading import SPLITS, is_available, load_split
from splits.split import SplitDefinition

COMPLETE, INCOMPLETE, ABSENT, NOT_BUILT = "complete", "incomplete", "absent", "not built"
OPTION = "--folder"
"""Of the command that prints these reports."""
FIRST = 3
"""How many of what is missing are named."""

Watch = Callable[[Iterable[str | None], int], Iterable[str | None]]
"""Is handed what comes of each picture, and their number, and hands it on: a progress bar."""


def definitions_named(name: str | None) -> list[SplitDefinition]:
    """Return the splits of the catalogue that a name stands for: a split, a dataset, or all of them.

    Raises:
        UnknownNameError: Neither a split nor a dataset has that name.
    """
    ordered = [SPLITS[split] for split in sorted(SPLITS, key=natural_key)]
    found = [one for one in ordered if name is None or name in (one.name, one.dataset.name)]
    if not found and name is not None:
        datasets = list(dict.fromkeys(one.dataset.name for one in ordered))
        raise UnknownNameError(
            f"{unknown_name_message('dataset', name, datasets)} A split's name can be given as well, and a split file"
            " with --split FILE."
        )
    return found


def report_on_definition(
    definition: SplitDefinition, *, folder: Path | None = None, watch: Watch | None = None
) -> dict[str, Any]:
    """Report on a split of the catalogue; see `report_on_split`."""
    if is_available(definition):
        return report_on_split(definition.name, folder=folder, watch=watch)
    layout = dataset_layout(definition.dataset.name)
    place = folder or data_folder(definition.dataset.name)
    return {
        "split": definition.name,
        "state": NOT_BUILT,
        "layout": layout.name,
        "folder": str(place),
        "images": definition.n_images,
        "captions": definition.n_captions,
        "missing_pictures": None,
        "missing_captions": None,
        "empty_captions": None,
        "problems": [f"{definition.name} is not built yet: rematch splits build {definition.name} --from {place}"],
        "advice": advise(layout, place, option=OPTION),
    }


def report_on_split(
    name_or_path: str | Path, *, folder: Path | None = None, watch: Watch | None = None
) -> dict[str, Any]:
    """Report on the pictures and captions of a split.

    Args:
        name_or_path: A catalogue name or a split file.
        folder: Where to look; by default below `REMATCH_DATA`.
        watch: Decode every picture, and let this follow; without it no picture is opened.
    """
    found = take_inventory(load_split(name_or_path), folder=folder)
    problems = list(found.problems)
    damaged = _damaged(found, found.pictures, watch) if watch is not None and found.pictures is not None else None
    if damaged:
        problems.append(f"{len(damaged):,} of {found.split.n_images:,} pictures are damaged. First: {damaged[0]}")
    return {
        "split": found.split.name,
        "state": _state(found, problems),
        "layout": found.layout.name,
        "folder": None if found.layout.render else str(found.folder),
        "images": found.split.n_images,
        "captions": found.split.n_captions,
        "missing_pictures": _listed(None if found.missing_pictures is None else found.missing_pictures.values()),
        "missing_captions": _listed(None if found.captions is None else found.missing_captions),
        "empty_captions": _listed(None if found.captions is None else found.empty_captions),
        **({} if watch is None else {"damaged_pictures": _listed(damaged)}),
        "problems": problems,
        "advice": advise(found.layout, found.folder, option=OPTION) if problems else "",
    }


def _state(found: Inventory, problems: list[str]) -> str:
    if not problems:
        return COMPLETE
    return ABSENT if found.layout.render is None and not is_folder(found.folder) else INCOMPLETE


def _listed(items: Iterable[object] | None) -> dict[str, Any] | None:
    """How many, and the first of them; None where it could not be looked."""
    if items is None:
        return None
    texts = [str(item) for item in items]
    return {"count": len(texts), "first": texts[:FIRST]}


def _damaged(found: Inventory, pictures: Pictures, watch: Watch) -> list[str]:
    there = [index for index in range(found.split.n_images) if index not in (found.missing_pictures or {})]
    return [message for message in watch(_decoded(pictures, there), len(there)) if message is not None]


def _decoded(pictures: Pictures, indices: list[int]) -> Iterator[str | None]:
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as threads:
        yield from threads.map(partial(_decode, pictures), indices)


def _decode(pictures: Pictures, index: int) -> str | None:
    try:
        pictures.open(index)
    except DataError as error:
        return str(error)
    return None
