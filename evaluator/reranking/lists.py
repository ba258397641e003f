"""Two-stage retrieval: embeddings choose the candidates of every query, a cross-encoder scores and orders them."""

from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from evaluator.devices import arithmetic, is_cuda
from evaluator.encoding.cache_key import captions_key, images_key, is_identified
from evaluator.encoding.prompts import caption_template, with_prompt
from evaluator.model import Encoder, Precision, Reranker
from evaluator.progress import Tell, ignore
from evaluator.reranking.candidates import find_candidates
from evaluator.reranking.pair_cache import PairCache
from evaluator.reranking.pair_scoring import Blocks, PairScoring
from evaluator.reranking.pairs import Pairs, first_alike
from evaluator.run import ListRun
from splits.content import Content
from splits.split import Indices

WITH_COSINES = {"itm": False, "itm+itc": True}
"""By head rule, whether the cosine of the first stage is added to the score of a match."""


def rerank(
    reranker: Reranker,
    content: Content,
    *,
    images: NDArray[np.floating],
    captions: NDArray[np.floating],
    depth: int,
    kept: Indices | None = None,
    prompt: str | None = None,
    cache: Path | None = None,
    tell: Tell = ignore,
    device: str = "cpu",
    precision: Precision = Precision.FP32,
    batch_size: int | None = None,
) -> ListRun:
    """Re-rank the nearest candidates of every image and every caption.

    Candidates are numbered as in the whole split also where only some captions are kept: a caption left out asks
    nothing and is in no list; `evaluator.ranking.restrict` cuts the run to the captions kept.

    Args:
        reranker: The cross-encoder.
        content: Pictures and captions, all of them.
        images: The embeddings of the first stage, shape (n_images, width) or (n_images, tokens, width).
        captions: Those of all captions, shape (n_captions, width).
        depth: How many candidates each query gets, at most all of them.
        kept: Canonical indices of the captions that take part, ascending; all if omitted.
        prompt: A template with `{}` for the caption, or words to put before it.
        cache: A folder where the scores of pairs are kept; nothing is kept of weights that nothing identifies.
        tell: Is told the progress.
        device: On which the reranker computes.
        precision: With what arithmetic.
        batch_size: How many captions are matched at a time; halved when memory runs out.

    Returns:
        Lists of the candidates by falling score; those of no list share the last place.

    Raises:
        ModelError: A score or an embedding is NaN or infinite, memory runs out for a single pair, or the cache
            cannot be written.
        DataError: A picture cannot be read.
    """
    _check_sizes(content, images, captions)
    with_cosines = WITH_COSINES[reranker.head_rule]
    texts = with_prompt(content.captions, prompt)
    kept = np.arange(len(texts)) if kept is None else kept
    pairs = Pairs(find_candidates(images, captions, depth=depth, kept=kept), first_alike(texts))
    known = None if cache is None else _cache_of(reranker, content, cache, prompt, device, precision)
    blocks = Blocks(batch_size or (256 if is_cuda(device) else 32), device)
    with arithmetic(device, precision):
        PairScoring(reranker, content, texts, pairs, known, blocks, tell).score()
    return pairs.ranked(len(texts), with_cosines=with_cosines)


def _check_sizes(content: Content, images: NDArray[np.floating], captions: NDArray[np.floating]) -> None:
    expected, found = (content.split.n_images, content.split.n_captions), (len(images), len(captions))
    if expected != found or images.shape[-1] != captions.shape[-1]:
        raise ValueError(f"{expected} images and captions need as many embeddings, all of one width; found {found}.")


def _cache_of(
    reranker: Reranker, content: Content, folder: Path, prompt: str | None, device: str, precision: Precision
) -> PairCache | None:
    facts = cast("Encoder", reranker).facts
    if not is_identified(facts):
        return None
    template = None if prompt is None else caption_template(prompt)
    key = {
        "kind": "pairs",
        "head_rule": reranker.head_rule,
        "images": images_key(facts, content, device=device, precision=precision),
        "captions": captions_key(facts, content, device=device, precision=precision, template=template),
    }
    return PairCache(folder, key)
