"""Checkpoints in the layout of transformers: a folder with configuration, tokenizer, image processor and weights."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluator.model import MissingHereError, ModelError, ModelFamily, ModelRequest
from evaluator.weights.hub import hub_file, hub_revision, hub_snapshot, is_repository, local_path
from splits.catalog import near_names

GRAMMAR = "ORGANISATION/REPOSITORY | local-dir:FOLDER"
FOLDER = "local-dir:"
CONFIGURATION = "config.json"
PICKLED = "pytorch_model.bin"
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", PICKLED, f"{PICKLED}.index.json")
"""Under which names weights lie, those that cannot hold code first; an index names the files of several."""
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json")

# What the library's constructors and readers raise for files that they cannot use.
UNUSABLE = (AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class PretrainedFolder:
    """The files that a request means, found and not yet loaded."""

    name: str
    """After the family's name and a colon."""
    path: Path
    revision: str | None
    weights: tuple[Path, ...]
    weights_sha256: str | None
    """What the weights must have; None where the request does not say."""

    def part(self, kind: Any, what: str) -> Any:
        """Read an image processor or a configuration of a given class.

        Raises:
            ModelError: It is not there, or not of that class.
        """
        try:
            with quiet():
                return kind.from_pretrained(self.path, local_files_only=True)
        except UNUSABLE as error:
            raise ModelError(
                f"{self.name}: expected {what} for {kind.__name__} in {self.path}:"
                f" {first_line(error)} Obtain the folder again, whole."
            ) from error

    def tokenizer(self, kind: Any) -> Any:
        """Read a tokenizer of a given class.

        Raises:
            ModelError: It is not there, or not of that class.
        """
        # Without a vocabulary the library makes up one of nothing but special tokens.
        if not any((self.path / name).is_file() for name in VOCABULARIES):
            raise ModelError(
                f"{self.name}: expected one of {', '.join(VOCABULARIES)} in {self.path}, the tokenizer's vocabulary."
                " Obtain the folder again, whole."
            )
        return self.part(kind, "a tokenizer")


def check_source(family: ModelFamily, name: str) -> None:
    """Refuse what names neither a repository of the hub nor a folder; nothing is looked up.

    Args:
        family: The family, whose written checkpoints are suggested.
        name: What follows its name and the colon.

    Raises:
        ModelError: With what may be named.
    """
    is_folder = name.startswith(FOLDER) and name.removeprefix(FOLDER).strip() != ""
    if not is_folder and not is_repository(name):
        known = [checkpoint.name for checkpoint in family.checkpoints]
        raise ModelError(
            f"{family.name}:{name:.120} names no repository of the hub and no folder.{near_names(name, known)} Expected"
            f" {family.name}:{family.grammar}; known are listed by: rematch models list --family {family.name}"
        )


def find_folder(request: ModelRequest, *, model_type: str | None = None) -> PretrainedFolder:
    """Find the files of a checkpoint.

    Args:
        request: Its name is a repository of the hub, or `local-dir:` and a folder.
        model_type: What its configuration must say, if anything.

    Raises:
        MissingHereError: They are neither here nor to be fetched.
        ModelError: They are those of another kind of model.
    """
    name = request.name
    if name.startswith(FOLDER):
        path = local_path(name.removeprefix(FOLDER), anywhere=request.anywhere)
        if not path.is_dir():
            raise MissingHereError(
                f"{name}: there is no folder {path}. Put the checkpoint there, or name another folder."
            )
    else:
        path = hub_snapshot(name, request.revision)
    _check_model_type(name, path, model_type)
    weights = (
        (local_path(request.weights, anywhere=True),) if request.weights else _weights(name, path, request.revision)
    )
    return PretrainedFolder(name, path, hub_revision(path), weights, request.weights_sha256)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep back what transformers prints while it loads: bars, and reports that become messages of ours."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, as a sentence."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return f"{text:.200}{'' if text.endswith('.') else '.'}"


def _check_model_type(name: str, path: Path, expected: str | None) -> None:
    file = path / CONFIGURATION
    try:
        found = json.loads(file.read_text(encoding="utf-8")).get("model_type")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{name}: expected a readable {CONFIGURATION} in {path}: {first_line(error)}") from error
    if expected is not None and found != expected:
        raise ModelError(
            f"{name}: {file} describes a model of type {found!r:.60}, expected {expected!r}."
            " Name the family that the checkpoint belongs to: rematch models list"
        )


def _weights(name: str, path: Path, revision: str | None) -> tuple[Path, ...]:
    found = next((path / file for file in WEIGHTS if (path / file).is_file()), None)
    if found is None:
        if name.startswith(FOLDER):
            raise ModelError(f"{name}: expected one of {', '.join(WEIGHTS)} in {path}. Put the weights there.")
        found = hub_file(name, PICKLED, revision)
    return _indexed(found) if found.suffix == ".json" else (found,)


def _indexed(index: Path) -> tuple[Path, ...]:
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise ModelError(f"{index} does not name the files of weights: {first_line(error)} Obtain it again.") from error
    if not names or not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise ModelError(f"{index} names files of weights outside its folder. Obtain it again.")
    return tuple(index.parent / name for name in sorted(names))
