"""Which file and which network an `xvlm` reference means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from evaluator.model import Checkpoint, MissingHereError, ModelError, ModelRequest
from evaluator.networks.xvlm_sizes import XvlmSizes
from evaluator.weights.hub import local_path, weights_folder
from splits.catalog import unknown_name_message

if TYPE_CHECKING:
    from torch import Tensor

FILE = "file:"
NETWORKS = MappingProxyType({"base-224": 224, "base-384": 384})
"""The published network for pictures of some size, its weights in a file that is given besides."""
SIZES = "xvlm.json"
"""Beside the weights of a network that has not the published sizes."""
FOLDER = Path("xvlm")
"""Below the folder of weights, for the published checkpoints."""
_AT = re.compile(r"^(.+)@(\d{1,4})$")
_LARGEST_FILE = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """What a reference means, found and not yet read."""

    weights: Path
    image_size: int | None
    """None where the file says it."""
    is_published: bool


def check_name(name: str, checkpoints: Mapping[str, Checkpoint]) -> None:
    """Refuse a name that is neither a checkpoint's nor a network's, and names no file.

    Raises:
        ModelError: It is none of them.
    """
    if name.startswith(FILE) and name != FILE:
        return
    if name not in checkpoints and name not in NETWORKS:
        known = [*checkpoints, *NETWORKS, f"{FILE}PATH", f"{FILE}PATH@PIXELS"]
        raise ModelError(unknown_name_message("checkpoint of X-VLM", name, known))


def find_source(request: ModelRequest, checkpoints: Mapping[str, Checkpoint], files: Mapping[str, str]) -> Source:
    """Find the file that a request means.

    Args:
        request: As the family got it.
        checkpoints: Those published, by name.
        files: Under which name each of them is kept in the folder of weights.

    Raises:
        MissingHereError: It is not there; the message says where to obtain it and where to put it.
        ModelError: There is no such checkpoint.
    """
    check_name(request.name, checkpoints)
    if request.revision is not None:
        raise ModelError(
            f"xvlm:{request.name} has no revision {request.revision!r:.60}: its weights are files without revisions."
            " Leave the revision out, and pin the file by its SHA-256."
        )
    if request.name in checkpoints:
        checkpoint = checkpoints[request.name]
        path = _given(request) or weights_folder() / FOLDER / files[request.name]
        if not path.is_file() and request.weights is None:
            raise _not_downloaded(checkpoint, path)
        return Source(path, checkpoint.resolution, is_published=True)
    if request.name in NETWORKS:
        return _of_network(request)
    return _of_file(request)


def _of_network(request: ModelRequest) -> Source:
    given = _given(request)
    if given is None:
        raise ModelError(
            f"xvlm:{request.name} is the published network without weights. Give a local file of weights, or name"
            f" a checkpoint or {FILE}PATH."
        )
    return Source(given, NETWORKS[request.name], is_published=True)


def _of_file(request: ModelRequest) -> Source:
    named = request.name.removeprefix(FILE)
    at = _AT.match(named)
    path = local_path(at[1] if at else named, anywhere=request.anywhere)
    if _given(request) not in (None, path):
        raise ModelError(
            f"xvlm:{request.name} names a file of weights, and {request.weights} was given besides."
            " Give one of the two."
        )
    return Source(path, int(at[2]) if at else None, is_published=False)


def _given(request: ModelRequest) -> Path | None:
    """Return the file of weights that came with the request, wherever it lies."""
    return None if request.weights is None else local_path(request.weights, anywhere=True)


def _not_downloaded(checkpoint: Checkpoint, path: Path) -> MissingHereError:
    return MissingHereError(
        f"The weights of xvlm:{checkpoint.name} are expected as {path}, found nothing there. They cannot be fetched"
        f" by a program: download them by hand from {checkpoint.source} and save them there."
    )


def sizes_for(source: Source, state: "Mapping[str, Tensor]") -> XvlmSizes:
    """Say what network a file of weights is for, at the size of pictures that is wanted.

    Args:
        source: The file, and the size of pictures if one was named.
        state: Its tensors by name.

    Raises:
        ModelError: The file of sizes beside the weights is wrong, or pictures cannot have that size.
    """
    from evaluator.networks.xvlm_layout import published_window

    beside = source.weights.parent / SIZES
    if source.is_published:
        sizes = XvlmSizes()
    elif beside.is_file():
        sizes = read_sizes(beside)
    else:
        window = published_window(state)
        sizes = XvlmSizes().with_window(window) if window else XvlmSizes()
    return sizes if source.image_size is None else sizes.at(source.image_size)


def read_sizes(path: Path) -> XvlmSizes:
    """Read the sizes of a network; those left out are as published.

    Raises:
        ModelError: It is no such file.
    """
    from pydantic import TypeAdapter, ValidationError

    if path.stat().st_size > _LARGEST_FILE:
        raise ModelError(f"{path} has {path.stat().st_size:,} bytes, too many for the sizes of a network.")
    try:
        return TypeAdapter(XvlmSizes).validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole file"
        raise ModelError(
            f"{path} is no file of X-VLM's sizes: {place}: {first['msg']}. Expected a JSON object with some of"
            f" {', '.join(XvlmSizes.__dataclass_fields__)}."
        ) from error
