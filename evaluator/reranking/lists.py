"""Two-stage retrieval: embeddings choose the candidates of every query, a cross-encoder scores and orders them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from evaluator.devices import arithmetic, is_cuda, peak_memory, watch_peak_memory
from evaluator.encoding.cache import EmbeddingCache, StoredPart
from evaluator.encoding.cache_key import Key, captions_key, images_key, is_identified
from evaluator.encoding.history import History
from evaluator.encoding.prompts import caption_template, with_prompt
from evaluator.encoding.wording import distinct, naming_captions
from evaluator.model import Encoder, Precision, Reranker
from evaluator.progress import Progress, Tell, ignore
from evaluator.reranking.blocks import Blocks
from evaluator.reranking.candidates import find_candidates
from evaluator.reranking.pair_scoring import PairScoring
from evaluator.reranking.pairs import Pairs
from evaluator.reranking.parts import Part
from evaluator.run import ListRun
from splits.content import Content

WITH_COSINES = {"itm": False, "itm+itc": True}
"""By head rule, whether the cosine of the first stage is added to the score of a match."""

BLOCK_SIZES = {"cpu": 32, "cuda": 256}
"""How many captions are matched at a time where a run does not say."""


@dataclass(frozen=True, slots=True, eq=False)
class Reranked:
    """Re-ranked lists, and what a run record says of how they came about."""

    run: ListRun
    depth: int
    n_pairs: int
    n_pairs_from_cache: int
    scored_in: tuple[dict[str, Any], ...]
    """In what environments those from the cache were scored, the oldest first; none where none is from there.

    Each as `evaluator.environment.environment` describes it.
    """
    batch_size: int
    """The smallest number of captions matched at a time, but for what is left at the end."""
    n_truncated: int
    """Captions, with the prompt around them, that are longer than the cross-encoder reads."""
    seconds: float
    """From the call to its return."""
    pairs_per_second: float | None
    """When they were scored, be it now or in the run that left them in the cache."""
    peak_memory: int
    """Bytes, as `evaluator.devices.peak_memory` counts."""
    remarks: tuple[str, ...]
    kernels: tuple[str, ...]
    """Those met that have no deterministic implementation."""


def rerank(
    reranker: Reranker,
    content: Content,
    *,
    images: NDArray[np.floating],
    captions: NDArray[np.floating],
    depth: int,
    parts: Sequence[Part] | None = None,
    prompt: str | None = None,
    cache: Path | None = None,
    tell: Tell = ignore,
    device: str = "cpu",
    precision: Precision = Precision.FP32,
    batch_size: int | None = None,
) -> Reranked:
    """Re-rank the nearest candidates of every image and every caption.

    Candidates are numbered as in the whole split also where it is ranked in parts: a caption that is in none asks
    nothing and is in no list; `evaluator.ranking.restrict` cuts the run to a part.

    Args:
        reranker: The cross-encoder.
        content: Pictures and captions, all of them.
        images: The embeddings of the first stage, shape (n_images, width) or (n_images, tokens, width).
        captions: Those of all captions, shape (n_captions, width).
        depth: How many candidates each query gets, at most all of them.
        parts: What finds its candidates among itself, as `parts_of` returns it; all in one part if omitted.
        prompt: A template with `{}` for the caption, and words around it.
        cache: A folder where the scores of pairs are kept; nothing is kept of weights that nothing identifies.
        tell: Is told the progress.
        device: On which the reranker computes.
        precision: With what arithmetic.
        batch_size: How many captions are matched at a time; halved when memory runs out.

    Returns:
        Lists of the candidates by falling score, those of no list sharing the last place; and how they came about.

    Raises:
        ModelError: A score or an embedding is NaN or infinite, memory runs out for a single pair, or the cache
            cannot be written.
        DataError: A picture cannot be read.
    """
    began = time.monotonic()
    _check_sizes(content, images, captions)
    watch_peak_memory(device)
    texts = with_prompt(content.captions, prompt)
    split = content.split
    parts = parts or (Part(np.arange(split.n_images), np.arange(split.n_captions)),)
    wordings = distinct(texts)
    nearest = find_candidates(images, captions, depth=depth, parts=parts)
    pairs = Pairs(nearest, wordings.firsts[wordings.places])
    size = batch_size or BLOCK_SIZES["cuda" if is_cuda(device) else "cpu"]

    def say(remark: str) -> None:
        tell(Progress("score pairs", 0, len(pairs), remark=remark))

    def key() -> Key:
        return _key(reranker, content, pairs, size, prompt, device, precision)

    with _opened(reranker, cache, key, say) as kept, arithmetic(device, precision) as kernels:
        history = _begun(kept, size)
        scored_in = tuple(history.environments)
        blocks = Blocks(history.batch_size, device, history.remarks)
        scoring = PairScoring(reranker, content, texts, pairs, kept, history, kernels, blocks, tell)
        with naming_captions(texts, split.caption_ids):
            scores, n_kept = scoring.score()
        if history.n_truncated is None:
            history.n_truncated = cast("Encoder", reranker).count_truncated(texts)
            if kept is not None:
                kept.note(history)
    return Reranked(
        run=pairs.ranked(scores, with_cosines=WITH_COSINES[reranker.head_rule]),
        depth=depth,
        n_pairs=len(pairs),
        n_pairs_from_cache=n_kept,
        scored_in=scored_in if n_kept else (),
        batch_size=history.batch_size,
        n_truncated=history.n_truncated,
        seconds=time.monotonic() - began,
        pairs_per_second=history.per_second,
        peak_memory=peak_memory(device),
        remarks=tuple(history.remarks),
        kernels=tuple(history.kernels),
    )


def _check_sizes(content: Content, images: NDArray[np.floating], captions: NDArray[np.floating]) -> None:
    expected, found = (content.split.n_images, content.split.n_captions), (len(images), len(captions))
    if expected != found or images.shape[-1] != captions.shape[-1]:
        raise ValueError(f"{expected} images and captions need as many embeddings, all of one width; found {found}.")


@contextmanager
def _opened(
    reranker: Reranker, folder: Path | None, key: Callable[[], Key], say: Callable[[str], None]
) -> Iterator[StoredPart | None]:
    facts = cast("Encoder", reranker).facts
    if folder is None or not is_identified(facts):
        yield None
        return
    about = f"Scores of pairs of a picture and a caption by {facts.reference}"
    with EmbeddingCache(folder).part(key(), about=about, say=say) as kept:
        yield kept


def _begun(kept: StoredPart | None, size: int) -> History:
    """Take up what an earlier run noted, or begin; runs that asked for another size keep their scores elsewhere."""
    if kept is not None and kept.history is not None:
        if kept.history.chunk == size:
            return kept.history
        kept.start_over("is damaged")
    return History(chunk=size, batch_size=size)


def _key(
    reranker: Reranker,
    content: Content,
    pairs: Pairs,
    size: int,
    prompt: str | None,
    device: str,
    precision: Precision,
) -> Key:
    """Return what scores depend on: also which pairs there are, as a score's last bits depend on its neighbours."""
    facts = cast("Encoder", reranker).facts
    template = None if prompt is None else caption_template(prompt)
    return {
        "kind": "pairs",
        "pairs": pairs.digest,
        "batch_size": size,
        "head_rule": reranker.head_rule,
        "images": images_key(facts, content, device=device, precision=precision),
        "captions": captions_key(facts, content, device=device, precision=precision, template=template),
    }
