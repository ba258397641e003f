"""python -m benchmarks.reranking [--device cuda] [--family blip]: scoring pairs against what bounds it.

A cross-encoder of the published sizes with random weights scores every pair of some pictures and captions: by our loop,
by the loop that is written by hand, and the network alone on a picture and captions that lie where it computes.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cross_encoders import FAMILIES
from benchmarks.pictures import content_of, write_pictures
from evaluator.devices import arithmetic, choose_device, is_cuda
from evaluator.environment import environment
from evaluator.model import ModelRequest, Precision, load_model
from evaluator.reranking.lists import BLOCK_SIZES, rerank
from splits.content import Content

SIZES = {"cpu": (2, 16), "cuda": (48, 5)}
"""Pictures, and captions of each: every picture is scored with every caption."""
PRECISIONS = {"cpu": (Precision.FP32,), "cuda": (Precision.FP32, Precision.BF16)}
HEAD = "| precision | pairs | block | bare /s | by hand /s | loop /s | of bare | of by hand | peak memory, GB |"


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one turn: pairs per second, and the memory of our loop in bytes."""

    bare: float
    plain: float
    loop: float
    peak_memory: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A loaded cross-encoder, and how it is run."""

    model: Any
    content: Content
    device: str
    precision: Precision
    read: Callable[[Any, Any], tuple[Any, Any]]
    match: Callable[..., Any]

    def turn(self) -> Turn:
        """Measure everything once, one after the other."""
        split = self.content.split
        with arithmetic(self.device, self.precision):
            states = self.model.caption_states(list(self.content.captions))
            starts = range(0, split.n_captions, self.block_size)
            blocks = [
                {name: rows[start : start + self.block_size] for name, rows in states.items()} for start in starts
            ]
            read = [self.read(self.model, block) for block in blocks]
            bare, plain = self._bare(read), self._plain(read)
        found = rerank(
            self.model,
            self.content,
            images=np.ones((split.n_images, 1)),
            captions=np.ones((split.n_captions, 1)),
            depth=max(split.n_images, split.n_captions),
            device=self.device,
            precision=self.precision,
        )
        return Turn(bare, plain, found.pairs_per_second or 0.0, found.peak_memory)

    def _bare(self, read: list[tuple[Any, Any]]) -> float:
        batch = self._prepared(0).to(self.device)
        self.match(self.model, batch, read[0], repeats=False)
        self._wait()
        began = time.perf_counter()
        for _ in range(self.content.split.n_images):
            for block in read:
                self.match(self.model, batch, block, repeats=False)
        self._wait()
        return self._n_pairs / (time.perf_counter() - began)

    def _plain(self, read: list[tuple[Any, Any]]) -> float:
        began = time.perf_counter()
        for index in range(self.content.split.n_images):
            batch = self._prepared(index)
            for block in read:
                self.match(self.model, batch, block, repeats=True).cpu()
        return self._n_pairs / (time.perf_counter() - began)

    @property
    def _n_pairs(self) -> int:
        return self.content.split.n_images * self.content.split.n_captions

    @property
    def block_size(self) -> int:
        """How many captions are matched at a time."""
        return min(BLOCK_SIZES["cuda" if is_cuda(self.device) else "cpu"], self.content.split.n_captions)

    def _prepared(self, index: int) -> Any:
        return self.model.collate_images([self.model.prepare_image(self.content.pictures.open(index))])

    def _wait(self) -> None:
        if is_cuda(self.device):
            import torch

            torch.cuda.synchronize(self.device)


def row(precision: Precision, content: Content, block: int, turns: list[Turn]) -> str:
    """Return one line of the table, the best of all turns."""
    bare, plain, loop, peak = (max(getattr(turn, name) for turn in turns) for name in Turn.__dataclass_fields__)
    return (
        f"| {precision} | {content.split.n_images * content.split.n_captions:,} | {block} | {bare:,.0f} |"
        f" {plain:,.0f} | {loop:,.0f} | {loop / bare:.3f} | {loop / plain:.3f} | {peak / 1e9:.2f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reranking", description=__doc__)
    parser.add_argument("--device", help="cpu, cuda, cuda:1; cuda if there is one")
    parser.add_argument("--family", choices=FAMILIES, default="blip")
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every turn to a file")
    options = parser.parse_args()
    device = choose_device(options.device)
    kind = "cuda" if is_cuda(device) else "cpu"
    write, read, match = FAMILIES[options.family]
    with tempfile.TemporaryDirectory(prefix="rematch-bench-") as folder:
        n_images, captions_each = SIZES[kind]
        content = content_of(write_pictures(Path(folder)), n_images, captions_each=captions_each)
        reference = write(Path(folder))
        here = environment(device)
        print(
            f"{datetime.now(UTC):%Y-%m-%d}, {options.family} base; {here['device_name']}, {here['usable_cores']} cores"
        )
        print(f"{HEAD}\n|---|{'---:|' * (HEAD.count('|') - 2)}")
        found: dict[str, list[Turn]] = {}
        for precision in PRECISIONS[kind]:
            request = ModelRequest("", device=device, precision=precision, anywhere=True)
            subject = Subject(load_model(reference, request), content, device, precision, read, match)
            # The first warms up.
            turns = found[precision.value] = [subject.turn() for _ in range(options.turns + 1)][1:]
            print(row(precision, content, subject.block_size, turns), flush=True)
            del subject
    if options.json is not None:
        turns_of = {precision: list(map(asdict, turns)) for precision, turns in found.items()}
        options.json.write_text(json.dumps({"environment": here, "turns": turns_of}, indent=1))


if __name__ == "__main__":
    main()
