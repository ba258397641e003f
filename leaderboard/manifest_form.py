"""What a visitor filled in, as a manifest: the same document that `rematch submit` reads."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, get_args

import yaml

from leaderboard.handing_over import Parcel
from leaderboard.staging import SafeFile, safe_name
from splits.errors import RematchError
from splits.shown import quoted
from submissions.errors import ManifestError
from submissions.manifest import SeedGoverns, Setting
from submissions.yaml_document import read_yaml

SETTINGS: tuple[str, ...] = get_args(Setting)
GOVERNED: tuple[str, ...] = get_args(SeedGoverns)


@dataclass(frozen=True, slots=True)
class Filled:
    """The fields of the form."""

    system: str
    submitter: str
    setting: str
    protocols: Sequence[str]
    seeds: str = ""
    """Whole numbers between commas; one for each file in the order of their names."""
    seed_governs: Sequence[str] = ()


def parse_seeds(words: str) -> list[int]:
    """Read seeds between commas or spaces.

    Raises:
        RematchError: One is no whole number.
    """
    parts = [part for part in re.split(r"[,\s]+", words.strip()) if part]
    wrong = next((part for part in parts if not (part.isascii() and part.isdigit() and len(part) <= 10)), None)
    if wrong is not None:
        raise RematchError(f"Seeds: expected whole numbers between commas, such as 0, 1, 2; found {quoted(wrong)}.")
    return [int(part) for part in parts]


def of_files(filled: Filled, files: Sequence[SafeFile]) -> Parcel:
    """Put together a submission of score files, one for each seed.

    Raises:
        RematchError: There are no files, or seeds and files differ in number.
    """
    if not files:
        raise RematchError("No file is chosen. Choose one score file for each seed.")
    ordered = sorted(files, key=lambda file: file.name)
    seeds = parse_seeds(filled.seeds) or list(range(len(ordered)))
    if len(seeds) != len(ordered):
        raise RematchError(
            f"Seeds: expected {len(ordered)}, one for each file in the order of their names, found {len(seeds)}."
        )
    runs = [
        {"file": file.name, "seed": seed, "seed_governs": list(filled.seed_governs)}
        for file, seed in zip(ordered, seeds, strict=True)
    ]
    return Parcel({**_facts(filled), "runs": runs}, ordered)


def of_model(filled: Filled, reference: str) -> Parcel:
    """Put together a submission that names a model to be run here."""
    seeds = parse_seeds(filled.seeds)
    return Parcel({**_facts(filled), "model": reference.strip(), **({"seeds": seeds} if seeds else {})}, ())


def of_manifest(content: bytes, files: Sequence[SafeFile]) -> Parcel:
    """Put together a submission from a manifest, which names its files as the visitor does.

    Raises:
        RematchError: It cannot be read, or names files that were not chosen.
    """
    with tempfile.TemporaryDirectory(prefix="rematch-visitor-") as folder:
        path = Path(folder) / "manifest.yaml"
        path.write_bytes(content)
        try:
            document = read_yaml(path)
        except ManifestError as error:
            raise RematchError("\n".join(error.problems).replace(str(path), "The manifest")) from None
    if not isinstance(document, Mapping):
        raise RematchError("The manifest: expected keys with values, such as system: My model; found something else.")
    renamed = _with_safe_names(dict(document))
    missing = sorted(_named(renamed) - {file.name for file in files})
    if missing:
        raise RematchError(
            f"The manifest names {len(missing)} files that are not chosen, first {quoted(missing[0])}. Choose all files"
            " that it names."
        )
    return Parcel(renamed, files)


def as_yaml(document: Mapping[str, Any]) -> str:
    """Write a manifest for whoever goes on with the command."""
    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True)


def _facts(filled: Filled) -> dict[str, Any]:
    return {
        "system": filled.system.strip(),
        "submitter": filled.submitter.strip(),
        "setting": filled.setting,
        "protocols": list(filled.protocols),
    }


def _with_safe_names(document: dict[str, Any]) -> dict[str, Any]:
    """Call files as they are called here; what is no name of a file is left for the check."""

    def renamed(part: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
        names = {key: safe_name(PurePosixPath(part[key]).name) for key in keys if isinstance(part.get(key), str)}
        return {**part, **names}

    runs = document.get("runs")
    if isinstance(runs, list):
        document["runs"] = [renamed(run, ("file", "weights")) if isinstance(run, Mapping) else run for run in runs]
    return renamed(document, ("split",))


def _named(document: Mapping[str, Any]) -> set[str]:
    runs = document.get("runs")
    parts = [run for run in runs if isinstance(run, Mapping)] if isinstance(runs, list) else []
    named = [document.get("split"), *(run.get(key) for run in parts for key in ("file", "weights"))]
    return {name for name in named if isinstance(name, str)}
