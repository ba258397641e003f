"""One turn of the encoding benchmark: the bare network, the pictures alone, the loop by hand, and ours."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import plain_loop
from evaluator.devices import arithmetic, is_cuda
from evaluator.encoding.content import encode_content
from evaluator.encoding.picture_batches import Span, picture_batches
from evaluator.model import Precision
from evaluator.progress import Progress
from splits.content import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What came of one turn; rates are per second."""

    bare: float
    """Images through the network alone, from a batch that lies where it computes."""
    bare_work: float
    """Processor seconds that this takes for an image."""
    prepared: float
    """Pictures opened, prepared and batched by our threads, with no network."""
    plain: float
    """Images through the loop by hand."""
    loop: float
    work: float
    """Processor seconds of our loop for an image. Of a run on a GPU it says little."""
    bare_captions: float
    """Captions through the network alone, from tokens that lie where it computes."""
    plain_captions: float
    captions: float
    peak_memory: int
    """Bytes, of our loop."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A loaded model, and how it is run."""

    encoder: Any
    content: Content
    device: str
    precision: Precision
    size: int

    def turn(self) -> Turn:
        """Measure everything once, one after the other."""
        bare, bare_work = self._bare_images()
        marks: dict[str, float] = {}

        def note(progress: Progress) -> None:
            if progress.stage == "encode images":
                marks.setdefault("began", time.process_time())
                marks["ended"] = time.process_time()

        prepared, plain, plain_captions = self._prepared(), self._plain_images(), self._plain_captions()
        found = encode_content(
            self.encoder, self.content, device=self.device, precision=self.precision, batch_size=self.size, tell=note
        )
        return Turn(
            bare=bare,
            bare_work=bare_work,
            prepared=prepared,
            plain=plain,
            loop=found.images_per_second or 0.0,
            work=(marks["ended"] - marks["began"]) / self.content.split.n_images,
            bare_captions=self._bare_captions(),
            plain_captions=plain_captions,
            captions=found.captions_per_second or 0.0,
            peak_memory=found.peak_memory,
        )

    def _bare_images(self) -> tuple[float, float]:
        """Return images per second, and processor seconds for an image."""
        pictures = self.content.pictures
        prepared = [self.encoder.prepare_image(pictures.open(index)) for index in range(self.size)]
        batch = self.encoder.collate_images(prepared).to(self.device)
        worked = 0.0

        def encode() -> None:
            self.encoder.encode_images(batch)

        seconds, worked = self._repeated(encode)
        return self.size / seconds, worked / self.size

    def _bare_captions(self) -> float:
        from evaluator.dual_encoder import unit_rows

        tokens = self.encoder.captions.tokens(self.content.captions[: self.size]).to(self.device)

        def encode() -> None:
            unit_rows(self.encoder.network.encode_text(tokens, normalize=False))

        return self.size / self._repeated(encode)[0]

    def _repeated(self, encode: Callable[[], None]) -> tuple[float, float]:
        """Return the seconds, and the processor seconds, that one batch takes of as many as the content has."""
        rounds = -(-self.content.split.n_images // self.size)
        with arithmetic(self.device, self.precision):
            encode()
            self._wait()
            began, worked = time.perf_counter(), time.process_time()
            for _ in range(rounds):
                encode()
            self._wait()
            return (time.perf_counter() - began) / rounds, (time.process_time() - worked) / rounds

    def _prepared(self) -> float:
        spans = Span(0, self.content.split.n_images).cut(self.size)
        began = time.perf_counter()
        with picture_batches(self.encoder, self.content.pictures, spans, pinned=is_cuda(self.device)) as batches:
            count = sum(len(batch) for batch in batches)
        return count / (time.perf_counter() - began)

    def _plain_images(self) -> float:
        with arithmetic(self.device, self.precision):
            began = time.perf_counter()
            rows = plain_loop.encode_images(self.encoder, self.content, size=self.size, pinned=is_cuda(self.device))
            return len(rows) / (time.perf_counter() - began)

    def _plain_captions(self) -> float:
        with arithmetic(self.device, self.precision):
            began = time.perf_counter()
            rows = plain_loop.encode_captions(self.encoder, self.content.captions, size=self.size)
            return len(rows) / (time.perf_counter() - began)

    def _wait(self) -> None:
        if is_cuda(self.device):
            import torch

            torch.cuda.synchronize(self.device)
