"""The run record: all that decides a model's numbers, so that a difference between two runs can be explained."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from evaluator.devices import is_cuda
from evaluator.environment import environment
from evaluator.model import Encoder, EncoderFacts, Reranker
from evaluator.model_order import ModelOrder
from evaluator.protocol import Protocol
from splits.split import CaptionPolicy

if TYPE_CHECKING:
    from evaluator.model_run import Place, Stage
    from evaluator.reranking.lists import Reranked
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
    reranked: "Reranked | None" = None,
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
        reranked: What it returned.
    """
    encoded = first.encoded
    draws = protocol.captions is CaptionPolicy.ONE
    facts = (reranker or first.model).facts
    kernels = sorted({*encoded.kernels, *(reranked.kernels if reranked else ())})
    return {
        "record_version": RECORD_VERSION,
        "order": order.document(),
        "model": _model(facts),
        "candidates": _model(first.model.facts) if reranker is not None and reranker is not first.model else None,
        "reranking": None if reranked is None else _reranking(reranked, getattr(reranker, "head_rule", None)),
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
        "is_deterministic": facts.deterministic and first.model.facts.deterministic and not kernels,
        "without_deterministic_kernel": kernels,
        "tie_rule": "expected over random orders of tied candidates",
        "seconds": encoded.seconds + (reranked.seconds if reranked else 0.0),
        "images_per_second": encoded.images_per_second,
        "captions_per_second": encoded.captions_per_second,
        "images_from_cache": encoded.n_images_from_cache,
        "captions_from_cache": encoded.n_captions_from_cache,
        "encoded_in": {part: list(found) for part, found in encoded.encoded_in.items()},
        "peak_memory_bytes": max(encoded.peak_memory, reranked.peak_memory if reranked else 0),
        "peak_memory_of": "device" if is_cuda(place.device) else "process",
        "remarks": [*encoded.remarks, *(reranked.remarks if reranked else ())],
        "environment": environment(place.device),
    }


def _reranking(reranked: "Reranked", head_rule: str | None) -> dict[str, Any]:
    return {
        "depth": reranked.depth,
        "head_rule": head_rule,
        "batch_size": reranked.batch_size,
        "n_truncated_captions": reranked.n_truncated,
        "n_pairs": reranked.n_pairs,
        "pairs_from_cache": reranked.n_pairs_from_cache,
        "scored_in": list(reranked.scored_in),
        "pairs_per_second": reranked.pairs_per_second,
        "seconds": reranked.seconds,
    }


def _model(facts: EncoderFacts) -> dict[str, Any]:
    return {one.name: getattr(facts, one.name) for one in fields(facts)} | {"libraries": dict(facts.libraries)}
