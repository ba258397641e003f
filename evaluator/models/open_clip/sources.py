"""Which files an `open_clip` reference means: configuration, weights and tokenizer, and at which revision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evaluator.model import MissingHereError, ModelError, ModelRequest
from evaluator.models.open_clip.configuration import CONFIGURATION, read_configuration
from evaluator.models.open_clip.names import (
    QUICK,
    architectures,
    checked_tag,
    needs_quick_gelu,
    tags,
    unknown_architecture,
)
from evaluator.weights.hub import first_hub_file, hub_file, hub_revision, hub_snapshot, local_path
from evaluator.weights.pretrained_folder import FOLDER

HUB = "hf-hub:"
WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
"""Under which names repositories of open_clip keep their weights, the one without code first."""
_TOKENIZER_FILES = ("*.json", "*.txt", "*.model")


@dataclass(frozen=True, slots=True)
class Source:
    """What a reference means, found and not yet loaded."""

    reference: str
    """Its name in the family, spelt as the library does."""
    network: dict[str, Any]
    preprocessing: Mapping[str, Any]
    weights: Path
    tokenizer: Path | None
    """The folder of its tokenizer; None for the byte-pair encoding that comes with the library."""
    revision: str | None
    may_interpolate: bool
    """Whether position embeddings are stretched to the network's grid, as the library does."""
    anywhere: bool = False
    """Whether the configuration may name any path of this machine."""


def find_source(request: ModelRequest) -> Source:
    """Find the files that a request means.

    Raises:
        ModelError: There is no such architecture, tag or folder; or a file cannot be had.
    """
    if request.name.startswith(HUB):
        source = _of_repository(request, request.name.removeprefix(HUB))
    elif request.name.startswith(FOLDER):
        source = _of_folder(request, request.name.removeprefix(FOLDER))
    else:
        source = _of_library(request)
    return replace(source, anywhere=request.anywhere)


def _of_library(request: ModelRequest) -> Source:
    import open_clip

    architecture, slash, tag = request.name.partition("/")
    known = architectures()
    if architecture not in known:
        raise unknown_architecture(architecture, known)
    if not slash:
        return _of_architecture(request, architecture)
    tag = checked_tag(architecture, tag)
    if needs_quick_gelu(architecture, tag):
        # The library computes the plain architecture's activation, gives wrong numbers, and only warns.
        architecture += QUICK
    settings = open_clip.get_pretrained_cfg(architecture, tag)
    repository, _, filename = str(settings["hf_hub"]).rpartition("/")
    weights = _given(request)
    # A repository names its older file; the same without code is preferred where there is one.
    names = (f"{Path(filename).stem}.safetensors", filename) if filename else WEIGHTS
    weights = weights or first_hub_file(repository, names, request.revision)
    network = _network_of(architecture)
    return Source(
        reference=f"{architecture}/{tag}",
        network=network,
        preprocessing=settings,
        weights=weights,
        tokenizer=_hub_tokenizer(network, repository, request.revision),
        revision=hub_revision(weights),
        may_interpolate=request.weights is None,
    )


def _of_architecture(request: ModelRequest, architecture: str) -> Source:
    weights = _given(request)
    if weights is None:
        known = tags(architecture)
        named = f"name a tag, as {architecture}/{known[0]} ({', '.join(known)}), or " if known else ""
        raise ModelError(
            f"open_clip:{architecture} is an architecture without weights: {named}give a local file of weights."
        )
    network = _network_of(architecture)
    return Source(
        reference=architecture,
        network=network,
        preprocessing={},
        weights=weights,
        tokenizer=_hub_tokenizer(network),
        revision=None,
        may_interpolate=False,
    )


def _of_repository(request: ModelRequest, repository: str) -> Source:
    file = hub_file(repository, CONFIGURATION, request.revision)
    revision = hub_revision(file)
    network, preprocessing = read_configuration(file)
    weights = _given(request)
    return Source(
        reference=f"{HUB}{repository}",
        network=network,
        preprocessing=preprocessing,
        weights=weights or first_hub_file(repository, WEIGHTS, revision or request.revision),
        tokenizer=_hub_tokenizer(network, repository, revision or request.revision),
        revision=revision,
        may_interpolate=True,
    )


def _of_folder(request: ModelRequest, name: str) -> Source:
    folder = local_path(name, anywhere=request.anywhere)
    if not folder.is_dir():
        raise MissingHereError(f"open_clip:{FOLDER}{name} names no folder: there is none at {folder}. Put it there.")
    network, preprocessing = read_configuration(folder / CONFIGURATION)
    weights = _given(request)
    tokenizer = None
    if network["text_cfg"].get("hf_tokenizer_name"):
        has_own = any((folder / file).is_file() for file in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"))
        tokenizer = folder if has_own else _hub_tokenizer(network)
    return Source(
        reference=f"{FOLDER}{name}",
        network=network,
        preprocessing=preprocessing,
        weights=weights or _weights_in(folder),
        tokenizer=tokenizer,
        revision=None,
        may_interpolate=True,
    )


def _given(request: ModelRequest) -> Path | None:
    """Return the file of weights that came with the request, wherever it lies."""
    return None if request.weights is None else local_path(request.weights, anywhere=True)


def _network_of(architecture: str) -> dict[str, Any]:
    import open_clip

    network: dict[str, Any] = open_clip.get_model_config(architecture)
    return network


def _weights_in(folder: Path) -> Path:
    files: Sequence[Path] = sorted(
        path for kind in ("*.safetensors", "*.bin", "*.pth", "*.pt") for path in folder.glob(kind)
    )
    named = [path for name in WEIGHTS for path in files if path.name == name]
    if not named and len(files) != 1:
        found = ", ".join(path.name for path in files) or "none"
        raise MissingHereError(
            f"Expected {WEIGHTS[0]} in {folder}, found {found}. Put it there, or name the file of weights."
        )
    return (named or files)[0]


def _hub_tokenizer(network: Mapping[str, Any], repository: str = "", revision: str | None = None) -> Path | None:
    """Return the folder of the tokenizer that a network names; the revision is that of its own repository."""
    name = network["text_cfg"].get("hf_tokenizer_name")
    if not name:
        return None
    return hub_snapshot(name, revision if name == repository else None, patterns=_TOKENIZER_FILES)
