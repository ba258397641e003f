"""What embeddings depend on, as plain values: those with the same key are the same numbers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evaluator.code_digest import code_digest
from evaluator.environment import arithmetic_facts
from evaluator.model import EncoderFacts, Precision

if TYPE_CHECKING:
    from splits.content import Content

Key = Mapping[str, Any]

LAYOUT = 3
"""Of the files that keep them and of what is in them; raised when it changes."""


def is_identified(facts: EncoderFacts) -> bool:
    """Whether a checkpoint says which weights it has; embeddings of one that does not are never kept."""
    return facts.weights_sha256 is not None or facts.revision is not None


def images_key(facts: EncoderFacts, content: "Content", *, device: str, precision: Precision) -> Key:
    """Return what the embeddings of a content's pictures depend on; reads every picture for their digest."""
    return {
        "kind": "images",
        **_model_key(facts, device, precision),
        "image_transform": facts.image_transform,
        "resize_backend": facts.resize_backend,
        "content": content.pictures_digest,
    }


def captions_key(
    facts: EncoderFacts, content: "Content", *, device: str, precision: Precision, template: str | None
) -> Key:
    """Return what the embeddings of a content's captions depend on."""
    return {
        "kind": "captions",
        **_model_key(facts, device, precision),
        "text_transform": facts.text_transform,
        "tokenizer_sha256": facts.tokenizer_sha256,
        "context_length": facts.context_length,
        "prompt": template,
        "content": content.captions_digest,
    }


def _model_key(facts: EncoderFacts, device: str, precision: Precision) -> Key:
    # Libraries, code and device are among it, or a run after an upgrade would find the old numbers and call them
    # reproduced.
    return {
        "layout": LAYOUT,
        "model": facts.reference,
        "revision": facts.revision,
        "weights_sha256": facts.weights_sha256,
        "network": facts.network,
        "network_sha256": facts.network_sha256,
        "dtype": facts.dtype,
        "precision": precision.value,
        "libraries": dict(facts.libraries),
        "code": code_digest(),
        **arithmetic_facts(device),
    }
