"""How families of cross-encoders in the layout of transformers load and list their checkpoints: alike in all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evaluator.caption_ids import CaptionIds
from evaluator.dual_encoder import weights_dtype
from evaluator.fingerprints import (
    configuration_file_digest,
    described_network,
    described_processor,
    tokenizer_digest,
)
from evaluator.library_versions import library_versions
from evaluator.model import Checkpoint, Encoder, EncoderFacts, ModelFamily, ModelRequest, Reranker
from evaluator.weights.pretrained_folder import CONFIGURATION, GRAMMAR, check_source, find_folder
from evaluator.weights.pretrained_network import load_network

if TYPE_CHECKING:
    import torch

LIBRARIES = ("torch", "transformers", "tokenizers", "pillow", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What in transformers reads the checkpoints of a family, and what is done beside it."""

    family: str
    model_type: str
    """What a configuration says."""
    network: Any
    """A class, as are the next three."""
    configuration: Any
    processor: Any
    tokenizer: Any
    length: int
    """How many tokens of a caption the network reads."""
    words: int | None = None
    """How many words of a caption are kept, after it was cleaned; None leaves it as it is."""
    amend: "Callable[[Any], None]" = lambda configuration: None
    """Adds to a configuration what some checkpoints do not say."""
    adapt: "Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]] | None" = None
    """Renames or cuts weights before they are taken."""
    attention: str | None = None
    """How the library is to compute attention; what it prefers if omitted."""
    pictures: str = ""
    """What else is done to pictures, for the facts, after a semicolon."""
    wording: str = ""
    """What else is done to captions, likewise."""


def load_parts(request: ModelRequest, layout: Layout) -> tuple[Any, dict[str, Any]]:
    """Load what every cross-encoder of transformers has.

    Args:
        request: What was asked for.
        layout: Of its family.

    Returns:
        The network, where it computes; and the fields of `CrossEncoder`.

    Raises:
        MissingHereError: The checkpoint is neither here nor to be fetched.
        ModelError: It is of another kind, incomplete or damaged.
    """
    folder = find_folder(request, model_type=layout.model_type)
    configuration = folder.part(layout.configuration, "a configuration")
    layout.amend(configuration)
    network, digest = load_network(
        folder, layout.network, configuration, adapt=layout.adapt, attention=layout.attention
    )
    dtype = weights_dtype(request.precision)
    network = network.to(request.device, dtype)
    processor = folder.part(layout.processor, "an image processor")
    captions = CaptionIds(folder.tokenizer(layout.tokenizer), layout.length, layout.words)
    facts = EncoderFacts(
        reference=f"{layout.family}:{request.name}",
        revision=folder.revision,
        weights_sha256=digest,
        parameters=sum(one.numel() for one in network.parameters()),
        image_transform=f"{described_processor(processor)}{layout.pictures}",
        resize_backend="PIL",
        text_transform=f"{captions.description}{layout.wording}",
        context_length=captions.length,
        dtype=str(dtype).removeprefix("torch."),
        network=described_network(network),
        network_sha256=configuration_file_digest(folder.path / CONFIGURATION),
        tokenizer_sha256=tokenizer_digest(folder.path),
        libraries=library_versions(LIBRARIES),
    )
    parts = {"processor": processor, "captions": captions, "device": request.device, "dtype": dtype, "facts": facts}
    return network, parts


def cross_encoder_family(
    name: str,
    *,
    model_type: str,
    title: str,
    load: "Callable[[ModelRequest], Encoder | Reranker]",
    alike: Checkpoint,
    on_hub: Mapping[str, Mapping[str, Any]],
    finds_candidates: bool,
) -> ModelFamily:
    """Describe a family.

    Args:
        name: Before the colon.
        model_type: What the configuration of its checkpoints says.
        title: How a list of models calls it.
        load: Loads a checkpoint.
        alike: What its checkpoints have in common.
        on_hub: Repositories of the hub, with what each has of its own.
        finds_candidates: Whether it has an encoder of its own, or is told which one to take.
    """
    rows = (replace(alike, name=one, source=f"hf-hub:{one}", **own) for one, own in on_hub.items())
    family = ModelFamily(
        name=name,
        title=title,
        load=load,
        locate=lambda request: find_folder(request, model_type=model_type).weights,
        check=lambda reference: check_source(family, reference),
        checkpoints=tuple(rows),
        grammar=GRAMMAR,
        is_two_stage=finds_candidates,
        needs_candidates=not finds_candidates,
        dependencies=("torch", "transformers"),
    )
    return family
