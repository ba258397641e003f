"""What a model is: a family that loads checkpoints, what is known of each, and what a loaded one can do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from splits.catalog import Catalog
from splits.errors import RematchError

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

    from splits.content import Content

Vectors: TypeAlias = "torch.Tensor | NDArray[np.float32]"
"""Rows of length 1, shape (n, width); or (n, tokens, width), of which a score takes the best token."""
States: TypeAlias = Mapping[str, NDArray[Any]]
"""Arrays whose first axis counts the captions."""


class ModelError(RematchError):
    """A model that cannot be loaded or run as asked: one clear message."""


class MissingHereError(ModelError):
    """Something a model needs is not on this machine, such as its weights or a package: mending it here helps."""


class Precision(StrEnum):
    """The arithmetic of a run; `fp32`, with TF32 off, is the reference."""

    FP32 = "fp32"
    AMP = "amp"
    BF16 = "bf16"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is known of one exact set of weights; None and "" mean that nobody stated it."""

    name: str
    """After the family's name and a colon, e.g. `ViT-B-32/laion2b_s34b_b79k`."""
    source: str
    """Where the weights are: `hf-hub:ORGANISATION/REPOSITORY`, or a web address."""
    licence: str = ""
    revision: str | None = None
    """The commit of the hub's repository; None takes its newest, which the run record then names."""
    parameters: int | None = None
    resolution: int | None = None
    """Pixels of the longer side of what the network sees."""
    pretraining_data: str = ""
    setting: str = "zero-shot"
    """`zero-shot`, or `fine-tuned on ...`."""
    prompt: str | None = None
    """What its authors put around a caption, e.g. `a photo of {}`; never applied unless a run asks for it."""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """Which weights to load, and how they are to compute."""

    name: str
    """The checkpoint's name in its family, without the family."""
    revision: str | None = None
    weights: Path | None = None
    """A local file of weights instead of those of the hub."""
    weights_sha256: str | None = None
    """What that file must have."""
    device: str = "cpu"
    """As torch names it: cpu, cuda, cuda:1."""
    precision: Precision = Precision.FP32
    seed: int = 0
    """For families that train when they load."""
    content: "Content | None" = None
    """What is to be encoded, for families that choose by it."""


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """What a run record says of a loaded checkpoint."""

    reference: str
    """Family and name: `open_clip:ViT-B-32/laion2b_s34b_b79k`."""
    revision: str | None
    weights_sha256: str | None
    """Of the file of weights; of several, over their digests in the order of their names. None where trained here."""
    parameters: int
    image_transform: str
    """Every step in words or as the library prints it; also what pictures are cached under."""
    resize_backend: str
    """`PIL`, `torchvision` or `none`."""
    text_transform: str
    """Tokeniser, case, length."""
    context_length: int | None
    dtype: str
    deterministic: bool = True
    """Whether the same run on the same machine gives the same bits."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Name and version of what computes."""


class Encoder(Protocol):
    """A loaded checkpoint that turns pictures and captions into embeddings."""

    @property
    def facts(self) -> EncoderFacts:
        """What the run record says of it."""
        ...

    def prepare_image(self, picture: "Image") -> Any:
        """Turn one RGB picture into what the network takes; called from several threads."""
        ...

    def collate_images(self, prepared: Sequence[Any]) -> Any:
        """Stack prepared pictures into one batch in the host's memory; called from a thread of its own."""
        ...

    def encode_images(self, batch: Any) -> Vectors:
        """Encode one batch; the result may still be on the device."""
        ...

    def encode_captions(self, captions: Sequence[str]) -> Vectors:
        """Encode some captions, the prompt already around them; the result may still be on the device."""
        ...

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Count the captions that are longer than the network reads."""
        ...


@runtime_checkable
class Reranker(Protocol):
    """A cross-encoder that scores one picture with some captions; usually an `Encoder` as well.

    Of an `Encoder` it shares `facts`, `prepare_image` and `count_truncated`.
    """

    @property
    def facts(self) -> EncoderFacts:
        """What the run record says of it."""
        ...

    @property
    def head_rule(self) -> str:
        """How its score comes about: `itm`, or `itm+itc` where the cosine of the first stage is added."""
        ...

    def caption_states(self, captions: Sequence[str]) -> States:
        """Compute what `match` needs of some captions, each by itself, in the host's memory."""
        ...

    def image_state(self, prepared: Any) -> Any:
        """Compute what `match` needs of one prepared picture; it stays where it was computed."""
        ...

    def match(self, image_state: Any, captions: States) -> NDArray[np.float32]:
        """Score one picture with n captions, shape (n,); higher is more alike."""
        ...


@dataclass(frozen=True, slots=True)
class ModelFamily:
    """Code that loads related checkpoints."""

    name: str
    title: str
    """How a list of models calls it."""
    load: "Callable[[ModelRequest], Encoder | Reranker]"
    """Load a checkpoint; imports its framework inside.

    Raises `ModelError` for an unknown name, missing or wrong weights.
    """
    checkpoints: tuple[Checkpoint, ...] = ()
    """Those whose facts are written down here."""
    installed: Callable[[], Sequence[Checkpoint]] | None = None
    """Further ones, listed by the installed library."""
    check: "Callable[[str], None] | None" = None
    """Refuse a name that can be seen to be unknown, with suggestions and without loading anything heavy or any weights.

    Raises `ModelError`. Does nothing where it cannot tell, e.g. because the library is not installed.
    """
    spelling: Callable[[str], str] = str
    """The name in the family's own spelling, where a checkpoint is also known by another."""
    grammar: str = "NAME"
    """What may follow the colon, for help and messages."""
    needs_candidates: bool = False
    """Whether it is a cross-encoder alone, to be told which encoder chooses its candidates."""
    is_two_stage: bool = False
    """Whether a cross-encoder re-ranks what its own encoder finds."""
    trains: bool = False
    """Whether loading trains it, so that its seed governs training."""
    dependencies: tuple[str, ...] = ("torch",)
    """Import names of the packages it needs, all in the extra `models`."""


MODELS: Catalog[ModelFamily] = Catalog(ModelFamily, "evaluator.models", label="model family")


def parse_reference(reference: str) -> tuple[ModelFamily, str]:
    """Split `FAMILY:NAME`, look the family up, and spell the name as it does.

    Raises:
        ModelError: It has no colon or no name.
        UnknownNameError: There is no such family.
    """
    family, colon, name = reference.partition(":")
    if not colon or not name.strip() or not family:
        known = ", ".join(f"{one.name}:{one.grammar}" for one in MODELS.values())
        raise ModelError(f"{reference!r:.120} names no model; expected a family and a name: {known}.")
    found = MODELS[family]
    return found, found.spelling(name)


def load_model(reference: str, request: ModelRequest) -> "Encoder | Reranker":
    """Load a checkpoint by reference; `request.name` is replaced by what the reference names.

    Raises:
        ModelError: It cannot be loaded; see `ModelFamily.load`.
        MissingHereError: A package it needs is not installed.
        UnknownNameError: There is no such family.
    """
    from dataclasses import replace
    from importlib.util import find_spec

    family, name = parse_reference(reference)
    missing = [package for package in family.dependencies if find_spec(package) is None]
    if missing:
        raise MissingHereError(
            f"{reference} needs {', '.join(missing)}, which {'are' if len(missing) > 1 else 'is'} not installed."
            " Install the extra: pip install 'rematch[models]', or in a clone: make install-models"
        )
    return family.load(replace(request, name=name))
