"""The run record: all that decides a model's numbers, so that a difference between two runs can be explained."""

from typing import TYPE_CHECKING, Any

from evaluator.devices import is_cuda
from evaluator.environment import environment
from evaluator.model import Encoder, EncoderFacts, Reranker
from evaluator.model_order import ModelOrder
from evaluator.protocol import Protocol
from splits.split import CaptionPolicy

if TYPE_CHECKING:
    from evaluator.model_run import Place, Stage
    from splits.content import Content

RECORD_VERSION = 1
"""Of the layout of the record; raised when a key changes its meaning."""


def record_of(
    order: ModelOrder,
    protocol: Protocol,
    content: "Content",
    first: "Stage",
    *,
    place: "Place",
    seed: int,
    reranker: "Encoder | Reranker | None" = None,
    depth: int | None = None,
) -> dict[str, Any]:
    """Write down a run that has ended.

    Args:
        order: What was asked for.
        protocol: Under what the scores are evaluated.
        content: The pictures and captions.
        first: The encoder and what it returned.
        place: Where it ran.
        seed: The caption seed.
        reranker: The cross-encoder, where one scored the candidates.
        depth: How many candidates of each query it scored.
    """
    encoded = first.encoded
    draws = protocol.captions is CaptionPolicy.ONE
    facts = (reranker or first.model).facts
    return {
        "record_version": RECORD_VERSION,
        "order": order.document(),
        "model": _model(facts),
        "candidates": _model(first.model.facts) if reranker is not None and reranker is not first.model else None,
        "reranking": None
        if reranker is None
        else {"depth": depth, "head_rule": getattr(reranker, "head_rule", None), "batch_size": order.batch_size},
        "data": {
            "split": content.split.name,
            "split_digest": content.split.digest,
            "n_images": content.split.n_images,
            "n_captions": content.split.n_captions,
            "pictures_digest": content.pictures_digest,
            "captions_digest": content.captions_digest,
            "caption_policy": protocol.captions.value,
            "caption_seed": seed if draws else None,
        },
        "prompt": encoded.prompt,
        "precision": order.precision.value,
        "tf32": False,
        "batch_size": encoded.batch_size,
        "n_truncated_captions": encoded.n_truncated,
        "is_deterministic": facts.deterministic and not encoded.kernels,
        "without_deterministic_kernel": list(encoded.kernels),
        "tie_rule": "expected over random orders of tied candidates",
        "seconds": encoded.seconds,
        "images_per_second": encoded.images_per_second,
        "captions_per_second": encoded.captions_per_second,
        "images_from_cache": encoded.n_images_from_cache,
        "captions_from_cache": encoded.n_captions_from_cache,
        "peak_memory_bytes": encoded.peak_memory,
        "peak_memory_of": "device" if is_cuda(place.device) else "process",
        "remarks": list(encoded.remarks),
        "environment": environment(place.device),
    }


def _model(facts: EncoderFacts) -> dict[str, Any]:
    return {
        "reference": facts.reference,
        "revision": facts.revision,
        "weights_sha256": facts.weights_sha256,
        "parameters": facts.parameters,
        "image_transform": facts.image_transform,
        "resize_backend": facts.resize_backend,
        "text_transform": facts.text_transform,
        "context_length": facts.context_length,
        "dtype": facts.dtype,
        "libraries": dict(facts.libraries),
    }
