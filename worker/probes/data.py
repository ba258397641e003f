"""Which splits can be used here, and of which datasets there are folders of pictures and captions."""

import os
from pathlib import Path

from splits.catalog import natural_key
from splits.data_layout import LAYOUTS, data_folder, is_folder
from splits.loading import SPLITS, is_available
from worker.probe import Answer, Part, Probe, ok, warn


def _splits() -> Answer:
    names = sorted(SPLITS, key=natural_key)
    missing = [name for name in names if not is_available(SPLITS[name])]
    found = f"{len(names) - len(missing)} of {len(names)} can be used"
    # Whoever lacks one is told how to build it when it is asked for.
    return ok(f"{found}; to be built: {', '.join(missing)}" if missing else found)


def _folders() -> Answer:
    for variable in ("REMATCH_DATA", "REMATCH_WEIGHTS"):
        stated = os.environ.get(variable)
        if stated and not is_folder(Path(stated)):
            return warn(f"{variable} names no folder", f"Make it, or name another one: {variable}")
    obtained = [name for name in sorted(LAYOUTS) if LAYOUTS[name].render is None]
    there = [name for name in obtained if is_folder(data_folder(name))]
    absent = [name for name in obtained if name not in there]
    told = [f"folders of {', '.join(there)}"] if there else []
    told += [f"none of {', '.join(absent)}"] if absent else []
    return ok(f"{'; '.join(told)}. What they hold: rematch data check")


DATASETS = Probe("splits", Part.DATA, "splits are installed or built as needed", _splits)
FOLDERS = Probe(
    "data-folders", Part.DATA, "REMATCH_DATA and REMATCH_WEIGHTS name folders, where they are set", _folders
)
