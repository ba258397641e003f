"""Run a model on a split: load it, encode pictures and captions, re-rank where it does, and say how it came about."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from evaluator.encoding.cache import default_cache
from evaluator.encoding.content import EncodedContent, encode_content
from evaluator.model import Encoder, ModelError, ModelRequest, Reranker, load_model, parse_reference
from evaluator.model_order import MODEL, ModelOrder, rerank_depth
from evaluator.progress import Progress, Tell, ignore
from evaluator.protocol import Protocol
from evaluator.run import EmbeddingRun, ScoreFile
from splits.caption_draw import draw_captions
from splits.split import CaptionPolicy, Split

if TYPE_CHECKING:
    from splits.content import Content


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model is run and what is found there: the device's arithmetic aside, nothing of it decides a score."""

    device: str = "cpu"
    """As `devices.choose_device` returned it."""
    weights: Path | None = None
    """The file of weights that the order names by its SHA-256."""
    data: Path | None = None
    """The folder of the dataset; that of REMATCH_DATA if omitted."""


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
    from splits.content import load_content

    place = place or Place()
    if not parse_reference(order.reference)[0].dependencies:
        place = replace(place, device="cpu")
    content = load_content(split, folder=place.data)
    tell(Progress(f"load {order.reference}", 0, 0))
    model = _load(order, place, content)
    if not order.is_two_stage:
        first = _encode(cast("Encoder", model), order, place, content, tell)
        run = EmbeddingRun(first.encoded.images, first.encoded.captions)
        scores = ScoreFile(run, MODEL, notes=first.encoded.remarks)
        return ModelScores(scores, record_of(order, protocol, content, first, place=place, seed=seed))
    chooser = cast("Encoder", model) if order.candidates is None else _load_chooser(order, place, content)
    first = _encode(chooser, order, place, content, tell)
    scores, depth = _rerank(cast("Reranker", model), first, order, protocol, content, place, seed=seed, tell=tell)
    record = record_of(order, protocol, content, first, place=place, seed=seed, reranker=model, depth=depth)
    return ModelScores(scores, record)


def _load(order: ModelOrder, place: Place, content: "Content") -> "Encoder | Reranker":
    request = ModelRequest(
        name="",
        revision=order.revision,
        weights=place.weights,
        weights_sha256=order.weights_sha256,
        device=place.device,
        precision=order.precision,
        seed=order.seed,
    )
    return _loaded(order.reference, request, content.split.dataset.name, _Held(content))


def _load_chooser(order: ModelOrder, place: Place, content: "Content") -> Encoder:
    request = ModelRequest(name="", device=place.device, precision=order.precision, seed=order.seed)
    loaded = _loaded(order.candidates or "", request, content.split.dataset.name, _Held(content))
    if not hasattr(loaded, "encode_images"):
        raise ModelError(f"{order.candidates} gives no embeddings, so it cannot choose candidates. Name another.")
    return cast("Encoder", loaded)


@dataclass(frozen=True, slots=True)
class _Held:
    """A content that says nothing of which model is loaded, beside its dataset."""

    content: "Content"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=2)
def _loaded(reference: str, request: ModelRequest, dataset: str, held: _Held) -> "Encoder | Reranker":
    """Load a model once for all protocols and seeds of a dataset; a second place is for what chooses candidates."""
    return load_model(reference, replace(request, content=held.content))


def _encode(model: Encoder, order: ModelOrder, place: Place, content: "Content", tell: Tell) -> Stage:
    encoded = encode_content(
        model,
        content,
        device=place.device,
        precision=order.precision,
        batch_size=order.batch_size,
        prompt=order.prompt,
        cache=default_cache(),
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
) -> tuple[ScoreFile, int]:
    from evaluator.reranking.lists import rerank

    depth, badge = rerank_depth(order, protocol, content.split)
    kept = draw_captions(content.split, seed) if protocol.captions is CaptionPolicy.ONE else None
    run = rerank(
        model,
        content,
        images=first.encoded.images,
        captions=first.encoded.captions,
        depth=depth,
        kept=kept,
        prompt=first.encoded.prompt,
        cache=default_cache().folder.parent / "pairs",
        tell=tell,
        device=place.device,
        precision=order.precision,
        batch_size=order.batch_size,
    )
    return ScoreFile(run, MODEL, notes=first.encoded.remarks, badges=(badge,) if badge else ()), depth
