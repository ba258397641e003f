"""Run a model on a split: load it, encode pictures and captions, re-rank where it does, and say how it came about."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from evaluator.encoding.cache import EmbeddingCache, default_cache
from evaluator.encoding.content import EncodedContent, encode_content
from evaluator.loaded_models import LoadedModels, Wanted
from evaluator.model import Encoder, ModelError, ModelRequest, Reranker, parse_reference
from evaluator.model_order import MODEL, ModelOrder, precision_badges, rerank_depth
from evaluator.progress import Progress, Tell, ignore
from evaluator.protocol import Protocol
from evaluator.run import EmbeddingRun, ScoreFile
from splits.contents import Contents
from splits.split import Split

if TYPE_CHECKING:
    from evaluator.reranking.lists import Reranked
    from splits.content import Content


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model is run and what is found there: the device's arithmetic aside, nothing of it decides a score."""

    device: str = "cpu"
    """As `devices.choose_device` returned it."""
    weights: Path | None = None
    """The file of weights that the order names by its SHA-256."""
    contents: Contents = field(default_factory=Contents, compare=False)
    """The pictures and captions at hand, and where they are looked for."""
    loaded: LoadedModels = field(default_factory=LoadedModels, compare=False)
    """The models this process holds already."""
    is_fresh: bool = False
    """Whether everything is computed anew, whatever was kept of earlier runs; nothing is kept then either."""

    @property
    def cache(self) -> EmbeddingCache | None:
        """Where embeddings are kept."""
        return None if self.is_fresh else default_cache()

    @property
    def pairs(self) -> Path | None:
        """Where the scores of pairs are kept."""
        return None if self.is_fresh else default_cache().folder.parent / "pairs"


@dataclass(frozen=True, slots=True)
class ModelScores:
    """What a model returned for a split, and the record of how."""

    scores: ScoreFile
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """A loaded model, or the encoder that chooses its candidates, with what it returned."""

    model: Encoder
    encoded: EncodedContent


def run_model(
    order: ModelOrder, protocol: Protocol, split: Split, *, seed: int, place: Place | None = None, tell: Tell = ignore
) -> ModelScores:
    """Run a model on the split of a protocol.

    Everything encoded is kept, so that further protocols and seeds on the same data cost no further encoding.

    Args:
        order: Which model, and how.
        protocol: Under what its scores will be evaluated: it decides which candidates are re-ranked.
        split: The protocol's split.
        seed: The caption seed of a protocol that draws captions.
        place: Where to run it.
        tell: Is told the progress.

    Raises:
        DataError: Pictures or captions are missing or damaged.
        MissingHereError: The weights or a package are not on this machine.
        ModelError: The model cannot be loaded or run as asked.
        ProtocolError: The depth of re-ranking does not fit the protocol.
    """
    from evaluator.run_record import record_of

    place = place or Place()
    if not parse_reference(order.reference)[0].dependencies:
        place = replace(place, device="cpu")
    content = place.contents.get(split)
    tell(Progress(f"load {order.reference}", 0, 0))
    wanted, chooser = _requests(order, place, content)
    place.loaded.keep_only((wanted, chooser))
    model = place.loaded.get(wanted, content)
    first = _encode(_as_encoder(order, place.loaded.get(chooser, content)), order, place, content, tell)
    if not order.is_two_stage:
        run = EmbeddingRun(first.encoded.images, first.encoded.captions)
        scores = ScoreFile(run, MODEL, badges=precision_badges(order), notes=first.encoded.remarks)
        return ModelScores(scores, record_of(order, protocol, content, first, place=place, seed=seed))
    scores, reranked = _rerank(cast("Reranker", model), first, order, protocol, content, place, seed=seed, tell=tell)
    record = record_of(order, protocol, content, first, place=place, seed=seed, reranker=model, reranked=reranked)
    return ModelScores(scores, record)


def _requests(order: ModelOrder, place: Place, content: "Content") -> tuple[Wanted, Wanted]:
    """Return what to load: the model, and what chooses its candidates, which may be the same."""
    dataset = content.split.dataset.name
    chooser = ModelRequest(
        name="", device=place.device, precision=order.precision, seed=order.seed, anywhere=order.anywhere
    )
    request = replace(chooser, revision=order.revision, weights=place.weights, weights_sha256=order.weights_sha256)
    model = (order.reference, request, dataset)
    return model, model if order.candidates is None else (order.candidates, chooser, dataset)


def _as_encoder(order: ModelOrder, loaded: "Encoder | Reranker") -> Encoder:
    if not hasattr(loaded, "encode_images"):
        name = order.candidates or order.reference
        raise ModelError(f"{name} gives no embeddings, so it cannot choose candidates. Name an encoder.")
    return cast("Encoder", loaded)


def _encode(model: Encoder, order: ModelOrder, place: Place, content: "Content", tell: Tell) -> Stage:
    encoded = encode_content(
        model,
        content,
        device=place.device,
        precision=order.precision,
        batch_size=order.batch_size,
        prompt=order.prompt,
        cache=place.cache,
        tell=tell,
    )
    return Stage(model, encoded)


def _rerank(
    model: Reranker,
    first: Stage,
    order: ModelOrder,
    protocol: Protocol,
    content: "Content",
    place: Place,
    *,
    seed: int,
    tell: Tell,
) -> "tuple[ScoreFile, Reranked]":
    from evaluator.reranking.lists import rerank
    from evaluator.reranking.parts import parts_of

    depth, truncated = rerank_depth(order, protocol, content.split)
    reranked = rerank(
        model,
        content,
        images=first.encoded.images,
        captions=first.encoded.captions,
        depth=depth,
        parts=parts_of(protocol, content.split, seed=seed),
        prompt=first.encoded.prompt,
        cache=place.pairs,
        tell=tell,
        device=place.device,
        precision=order.precision,
        batch_size=order.batch_size,
    )
    notes = (*first.encoded.remarks, *reranked.remarks)
    badges = (*precision_badges(order), *((truncated,) if truncated else ()))
    return ScoreFile(reranked.run, MODEL, notes=notes, badges=badges), reranked
