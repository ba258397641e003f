"""Which model is to be run, and how: what a manifest asks for and a run record repeats."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from evaluator.gallery import check_gallery
from evaluator.metric import METRICS
from evaluator.model import ModelError, Precision, parse_reference
from evaluator.protocol import Protocol
from splits.split import Split

MODEL = "model"
"""What stands in the place of a score format where a model is run."""
OTHER_PRECISION = "precision"
"""How the badge of a result begins that was computed in another arithmetic than the reference."""


@dataclass(frozen=True, slots=True)
class ModelOrder:
    """Everything that decides a model's scores beside the split and the machine."""

    reference: str
    revision: str | None = None
    weights_sha256: str | None = None
    """Of the weights: of a file that comes with the run, or as they were stated to be."""
    prompt: str | None = None
    precision: Precision = Precision.FP32
    batch_size: int | None = None
    rerank_depth: int | None = None
    truncated_reranking: bool = False
    candidates: str | None = None
    seed: int = 0
    """For models that are trained when they are loaded."""
    anywhere: bool = False
    """Whether it was given on the machine that runs it, and so may name any path there."""

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ModelOrder":
        """Read what `document` returned."""
        return cls(**{**document, "precision": Precision(document["precision"])})

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "precision": self.precision.value}

    @property
    def is_two_stage(self) -> bool:
        """Whether a cross-encoder re-ranks candidates."""
        return parse_reference(self.reference)[0].re_ranks


def check_order(order: ModelOrder, protocol: Protocol, split: Split) -> None:
    """Refuse an order that can be seen to fail before anything is loaded.

    Raises:
        ModelError: The reference is none, or the options do not fit the family.
        ProtocolError: The gallery is too small for the protocol, or the depth of re-ranking does not fit it.
        UnknownNameError: There is no such family.
    """
    family, name = parse_reference(order.reference)
    if family.check is not None:
        family.check(name)
    if family.trains and order.weights_sha256 is not None:
        raise ModelError(f"{order.reference} is trained when it is loaded. Leave weights and their SHA-256 out.")
    check_gallery(protocol, split)
    if order.candidates is not None:
        _check_chooser(order)
    elif family.needs_candidates:
        raise ModelError(
            f"{order.reference} scores pairs and cannot search a whole gallery by itself. Name an encoder that chooses"
            " its candidates, such as --candidates open_clip:ViT-B-32/laion2b_s34b_b79k (in a manifest: candidates)."
        )
    if order.is_two_stage:
        rerank_depth(order, protocol, split)
    elif order.rerank_depth is not None or order.candidates is not None:
        raise ModelError(
            f"{order.reference} compares embeddings and re-ranks nothing. Leave the depth and the candidates out."
        )


def precision_badges(order: ModelOrder) -> tuple[str, ...]:
    """Return what marks a result of another arithmetic than the reference: it is another number, and another row."""
    return () if order.precision is Precision.FP32 else (f"{OTHER_PRECISION} {order.precision}",)


def rerank_depth(order: ModelOrder, protocol: Protocol, split: Split) -> "tuple[int, str | None]":
    """Return how many candidates are re-ranked and, where the depth cuts recalls off, the badge that says so.

    Raises:
        ProtocolError: The depth is below the largest K of the protocol, and that was not asked for by name; or the
            protocol draws folds at random.
    """
    from evaluator.reranking.depth import depth_for
    from evaluator.reranking.parts import parts_of

    pool = max(part.pool for part in parts_of(protocol, split, seed=0))
    cutoffs = [cutoff for name in protocol.metrics if (cutoff := METRICS[name].cutoff) is not None]
    depth = depth_for(
        split.dataset.name,
        order.rerank_depth,
        largest_cutoff=max(cutoffs, default=1),
        truncated=order.truncated_reranking,
        pool=pool,
    )
    return depth.k, depth.badge


def _check_chooser(order: ModelOrder) -> None:
    chooser, name = parse_reference(order.candidates or "")
    if chooser.needs_candidates:
        raise ModelError(
            f"{order.candidates} is a cross-encoder itself and chooses no candidates. Name an encoder, such as"
            " open_clip:ViT-B-32/laion2b_s34b_b79k."
        )
    if chooser.check is not None:
        chooser.check(name)
