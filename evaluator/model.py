"""What a model is: a family that loads checkpoints, what is known of each, and how one is named.

What a loaded one can do is in `evaluator.encoder`, and what can go wrong in `evaluator.model_errors`; their names are
here as well.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.encoder import Encoder, EncoderFacts, Reranker, States, Vectors
from evaluator.model_errors import MissingHereError, ModelError, UnreadableCaptionError
from splits.catalog import Catalog
from splits.shown import quoted

if TYPE_CHECKING:
    from splits.content import Content

__all__ = [
    "MODELS",
    "Checkpoint",
    "Encoder",
    "EncoderFacts",
    "MissingHereError",
    "ModelError",
    "ModelFamily",
    "ModelRequest",
    "Precision",
    "Reranker",
    "States",
    "UnreadableCaptionError",
    "Vectors",
    "load_model",
    "parse_reference",
    "refuse_missing_packages",
]


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
    """What the weights must have, wherever they come from; of several files, over their digests by name."""
    device: str = "cpu"
    """As torch names it: cpu, cuda, cuda:1."""
    precision: Precision = Precision.FP32
    seed: int = 0
    """For families that train when they load."""
    content: "Content | None" = None
    """What is to be encoded, for families that choose by it."""
    anywhere: bool = False
    """Whether the name may mean any path of this machine; else only what lies below the folder of weights."""


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
    locate: "Callable[[ModelRequest], Sequence[Path]] | None" = None
    """Find the files of a checkpoint's weights, fetching those of the hub; None where loading trains."""
    needs_candidates: bool = False
    """Whether it is a cross-encoder alone, to be told which encoder chooses its candidates."""
    is_two_stage: bool = False
    """Whether a cross-encoder re-ranks what its own encoder finds."""
    trains: bool = False
    """Whether loading trains it, so that its seed governs training."""
    dependencies: tuple[str, ...] = ("torch",)
    """Import names of the packages it needs, all in the extra `models`."""

    @property
    def re_ranks(self) -> bool:
        """Whether a cross-encoder scores candidates, its own encoder's or another's."""
        return self.is_two_stage or self.needs_candidates

    def asked_for(self, name: str, request: ModelRequest) -> ModelRequest:
        """Return a request for a checkpoint, at the revision written down here unless it names another."""
        known = next((row.revision for row in self.checkpoints if row.name == name), None)
        return replace(request, name=name, revision=request.revision or known)

    @property
    def missing_packages(self) -> list[str]:
        """The packages that it needs and that are not installed."""
        return [package for package in self.dependencies if find_spec(package) is None]


MODELS: Catalog[ModelFamily] = Catalog(ModelFamily, "evaluator.models", label="model family")


LONGEST_REFERENCE = 500
"""Characters; a path fits, and a message that repeats it can still be read."""


def parse_reference(reference: str) -> tuple[ModelFamily, str]:
    """Split `FAMILY:NAME`, look the family up, and spell the name as it does.

    Raises:
        ModelError: It has no colon or no name, or is nothing that a message could show.
        UnknownNameError: There is no such family.
    """
    if len(reference) > LONGEST_REFERENCE or not reference.isprintable():
        raise ModelError(
            f"{quoted(reference)} names no model; expected at most {LONGEST_REFERENCE} characters, all printable."
        )
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
    family, name = parse_reference(reference)
    refuse_missing_packages(reference, family)
    return family.load(family.asked_for(name, request))


def refuse_missing_packages(reference: str, family: ModelFamily) -> None:
    """Refuse, with a `MissingHereError`, a model whose packages are not installed."""
    missing = family.missing_packages
    if missing:
        raise MissingHereError(
            f"{reference} needs {', '.join(missing)}, which {'are' if len(missing) > 1 else 'is'} not installed."
            " Install the extra: pip install 'rematch[models]', or in a clone: make install-models"
        )
