"""Turn the pictures and captions of a split into embeddings, once: the loop around every encoder.

Batches have fixed members: the same run gives the same bits whether it was interrupted, cached, or neither.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluator.devices import is_cuda, peak_memory, watch_peak_memory
from evaluator.encoding.cache import EmbeddingCache
from evaluator.encoding.cache_key import Key, captions_key, images_key, is_identified
from evaluator.encoding.loop import Rows, Work
from evaluator.encoding.part import EncodedPart, Keeping, encode_part
from evaluator.encoding.picture_batches import Span, picture_batches
from evaluator.encoding.prompts import caption_template, with_prompt
from evaluator.encoding.wording import Distinct, distinct, naming_captions
from evaluator.model import ModelError, Precision
from evaluator.progress import Progress, Tell, ignore

if TYPE_CHECKING:
    from evaluator.model import Encoder
    from splits.content import Content

BATCH_SIZES = {"cpu": 32, "cuda": 128}
"""What a run takes that names none; an encoder with a `default_batch_size` knows better."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedContent:
    """A split's content as embeddings, and what a run record says of how they came about."""

    images: Rows
    """Shape (n_images, width), or (n_images, tokens, width)."""
    captions: Rows
    """Shape (n_captions, width)."""
    n_truncated: int
    """Captions, with the prompt around them, that are longer than the network reads."""
    prompt: str | None
    """As a template."""
    batch_size: int
    """The smallest that was used."""
    seconds: float
    """From the call to its return."""
    images_per_second: float | None
    """When they were encoded, be it now or in the run that left them in the cache."""
    captions_per_second: float | None
    peak_memory: int
    """Bytes, as `evaluator.devices.peak_memory` counts."""
    n_images_from_cache: int
    n_captions_from_cache: int
    encoded_in: dict[str, list[dict[str, Any]]]
    """By `images` and `captions`, in what environments those from the cache were made; none where none is from there.

    Each as `evaluator.environment.environment` describes it, the oldest first.
    """
    remarks: tuple[str, ...]
    """What a reader of the numbers should know, e.g. that a batch was halved."""
    kernels: tuple[str, ...]
    """Those met that have no deterministic implementation."""


def encode_content(
    encoder: "Encoder",
    content: "Content",
    *,
    device: str = "cpu",
    precision: Precision = Precision.FP32,
    batch_size: int | None = None,
    prompt: str | None = None,
    cache: EmbeddingCache | None = None,
    tell: Tell = ignore,
) -> EncodedContent:
    """Encode all pictures and all captions of a split.

    Args:
        encoder: A loaded checkpoint.
        content: What to encode.
        device: Where the encoder was loaded to.
        precision: What it was loaded for.
        batch_size: How many go through the network at once; out of memory halves it. None takes what suits the device.
        prompt: A template with one `{}`, where the caption goes.
        cache: Where embeddings are kept; None keeps none.
        tell: Told how far it is.

    Raises:
        ModelError: An embedding is not finite or has no length, memory or disk is too small, the prompt is no template,
            or the model cannot read a caption.
        DataError: A picture cannot be read.
    """
    began = time.monotonic()
    template = None if prompt is None else caption_template(prompt)
    captions = with_prompt(content.captions, template)
    watch_peak_memory(device)
    run = _Run(encoder, content, device, precision, _batch_size(encoder, device, batch_size), cache, tell)
    wordings = distinct(captions)
    images = run.images()
    with naming_captions(captions, content.split.caption_ids):
        texts = run.captions(captions, wordings, template)
    return EncodedContent(
        images=images.rows,
        captions=texts.rows if len(texts.rows) == len(captions) else texts.rows[wordings.places],
        n_truncated=texts.history.n_truncated or 0,
        prompt=template,
        batch_size=min(images.history.batch_size, texts.history.batch_size),
        seconds=time.monotonic() - began,
        images_per_second=images.history.per_second,
        captions_per_second=texts.history.per_second,
        peak_memory=peak_memory(device),
        n_images_from_cache=int(images.is_from_cache.sum()),
        n_captions_from_cache=int(texts.is_from_cache[wordings.places].sum()),
        encoded_in={"images": list(images.encoded_in), "captions": list(texts.encoded_in)},
        remarks=(*images.history.remarks, *texts.history.remarks),
        kernels=tuple(sorted({*images.history.kernels, *texts.history.kernels})),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What both parts of a content are encoded with."""

    encoder: "Encoder"
    content: "Content"
    device: str
    precision: Precision
    batch_size: int
    cache: EmbeddingCache | None
    tell: Tell

    def images(self) -> EncodedPart:
        def batches(spans: Sequence[Span]) -> AbstractContextManager[Iterator[Any]]:
            return picture_batches(self.encoder, self.content.pictures, spans, pinned=is_cuda(self.device))

        def key() -> Key:
            return images_key(self.encoder.facts, self.content, device=self.device, precision=self.precision)

        encoder = self.encoder
        work = Work(
            "images",
            encoder.facts.reference,
            self.content.split.image_ids,
            range(self.content.split.n_images),
            self.device,
            batches,
            encoder.encode_images,
        )
        return self._encoded(work, key)

    def captions(self, captions: Sequence[str], wordings: Distinct, template: str | None) -> EncodedPart:
        """Encode every wording once: what else is in its batch moves the last bits, and equal captions have to tie."""

        def batches(spans: Sequence[Span]) -> AbstractContextManager[Iterator[Any]]:
            return nullcontext(wordings.texts[span.start : span.stop] for span in spans)

        def key() -> Key:
            facts = self.encoder.facts
            return captions_key(facts, self.content, device=self.device, precision=self.precision, template=template)

        encoder = self.encoder
        work = Work(
            "captions",
            encoder.facts.reference,
            [self.content.split.caption_ids[first] for first in wordings.firsts],
            wordings.firsts.tolist(),
            self.device,
            batches,
            encoder.encode_captions,
            lambda: encoder.count_truncated(captions),
        )
        return self._encoded(work, key)

    def _encoded(self, work: Work, key: Callable[[], Key]) -> EncodedPart:
        keeping = None
        if self.cache is not None and not is_identified(self.encoder.facts):
            remark = f"{work.kind}: embeddings are not kept, for nothing says which weights {work.model} has"
            self.tell(Progress(f"encode {work.kind}", 0, len(work.ids), remark=remark))
        elif self.cache is not None:
            about = (
                f"Embeddings of the {len(work.ids):,} {work.kind} of {self.content.split.name} by {work.model}, in"
                " canonical order, float32, in chunks of rows, a caption of the same wording as one before left out."
                " Kept so that nothing is encoded twice; may be deleted at any time."
            )
            keeping = Keeping(self.cache, key(), about)
        return encode_part(work, precision=self.precision, batch_size=self.batch_size, keeping=keeping, tell=self.tell)


def _batch_size(encoder: "Encoder", device: str, asked: int | None) -> int:
    if asked is not None and asked < 1:
        raise ModelError(f"A batch holds at least 1 picture or caption, not {asked}. Mend --batch-size.")
    fitting = BATCH_SIZES["cuda" if is_cuda(device) else "cpu"]
    return asked or int(getattr(encoder, "default_batch_size", fitting))
