"""python -m benchmarks.encoding [--device cuda] [--architecture NAME]: the encoding loop against the bare network.

The loop opens JPEG files, prepares, batches, encodes, checks and brings the embeddings to the host. The bare network
encodes one batch again and again that lies on the device already. Both in turns, in one process.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from evaluator.devices import arithmetic, choose_device, is_cuda
from evaluator.encoding.content import BATCH_SIZES, encode_content
from evaluator.environment import environment
from evaluator.model import ModelRequest, Precision, load_model
from evaluator.progress import Progress
from splits.content import Content, Pictures
from splits.split import Centricity, Dataset, Split

AIMS = {"cpu": 0.95, "cuda": 0.9}
ARCHITECTURES = {"cpu": "ViT-B-16", "cuda": "ViT-L-14"}
PICTURES = {"cpu": 16, "cuda": 4096}
BATCHES = {"cpu": 8, "cuda": BATCH_SIZES["cuda"]}
PRECISIONS = {"cpu": (Precision.FP32,), "cuda": (Precision.FP32, Precision.BF16)}
FILES = 64
"""Different pictures; more would only fill the disk."""
SIZE = (640, 480)
HEAD = "| precision | batch | bare /s | loop /s | of bests | median | processor time | turns | aim | captions /s |"


@dataclass(frozen=True, slots=True)
class Pair:
    """One turn: images per second of the bare network and of the loop, and what else the loop tells."""

    bare: float
    loop: float
    bare_work: float
    """Processor seconds that the bare network takes for an image."""
    captions: float
    """Per second."""
    work: float
    """Processor time of the bare network for an image, as a share of the loop's: what others on the machine disturb
    least. Of a run on a GPU it says little.
    """


def write_pictures(folder: Path) -> list[Path]:
    """Write JPEG files that compress like photographs: coarse shapes and some grain."""
    from PIL import Image

    generator = np.random.default_rng(0)
    paths = []
    for number in range(FILES):
        coarse = Image.fromarray(generator.integers(0, 256, (15, 20, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize(SIZE, Image.Resampling.BICUBIC), dtype=np.int16)
        pixels = np.clip(smooth + generator.integers(-12, 13, smooth.shape), 0, 255).astype(np.uint8)
        paths.append(folder / f"{number}.jpg")
        Image.fromarray(pixels).save(paths[-1], quality=90)
    return paths


def content_of(paths: Sequence[Path], count: int) -> Content:
    """Name every file as often as it takes, with one caption each."""
    from PIL import Image

    def open_picture(index: int) -> Any:
        with Image.open(paths[index % len(paths)]) as picture:
            return picture.convert("RGB")

    names = [f"{number}" for number in range(count)]
    dataset = Dataset("generated", "Generated", Centricity.SCENE, "CC0-1.0", "none", "generated")
    pairs = np.column_stack([np.arange(count)] * 2)
    split = Split("generated/test", dataset, tuple(names), tuple(names), pairs)
    captions = tuple(f"a street with {number} cars and a dog that looks at them from a window" for number in names)
    return Content(split, captions, Pictures(open_picture, lambda _: "sha256:0"))


def write_weights(architecture: str, path: Path) -> None:
    """Write random weights of an architecture."""
    import logging

    import open_clip
    from safetensors.torch import save_file

    # It would say that the weights are random.
    logging.disable(logging.WARNING)
    network = open_clip.create_model(architecture, load_weights=False)
    logging.disable(logging.NOTSET)
    save_file({key: value.contiguous().clone() for key, value in network.state_dict().items()}, path)


def bare_rate(encoder: Any, batch: Any, device: str, precision: Precision, rounds: int) -> tuple[float, float]:
    """Return images per second, and processor time for an image, of the network alone on a batch that is in place."""
    wait = _waiting(device)
    with arithmetic(device, precision):
        encoder.encode_images(batch)
        wait()
        began, worked = time.perf_counter(), time.process_time()
        for _ in range(rounds):
            encoder.encode_images(batch)
        wait()
        count = rounds * len(batch)
        return count / (time.perf_counter() - began), (time.process_time() - worked) / count


def measure(encoder: Any, content: Content, device: str, precision: Precision, size: int, turns: int) -> list[Pair]:
    """Take turns between the bare network and the loop."""
    prepared = [encoder.prepare_image(content.pictures.open(index)) for index in range(size)]
    batch = encoder.collate_images(prepared).to(device)
    count = content.split.n_images
    pairs = []
    for turn in range(turns + 1):
        bare, bare_work = bare_rate(encoder, batch, device, precision, -(-count // size))
        marks: dict[str, float] = {}

        def note(progress: Progress, marks: dict[str, float] = marks) -> None:
            if progress.stage == "encode images":
                marks.setdefault("began", time.process_time())
                marks["ended"] = time.process_time()

        found = encode_content(encoder, content, device=device, precision=precision, batch_size=size, tell=note)
        work = (marks["ended"] - marks["began"]) / count
        if turn:  # The first warms up.
            rates = (found.images_per_second or 0, bare_work, found.captions_per_second or 0)
            pairs.append(Pair(bare, *rates, bare_work / work))
    return pairs


def preparing_rate(encoder: Any, content: Content) -> float:
    """Return the pictures per second that one thread opens and prepares."""
    began = time.perf_counter()
    for index in range(FILES):
        encoder.prepare_image(content.pictures.open(index % content.split.n_images))
    return FILES / (time.perf_counter() - began)


def limit_line(pairs: Sequence[Pair], preparing: float) -> str:
    """Say what no loop can exceed where the same cores also open and prepare the pictures."""
    network, picture = min(pair.bare_work for pair in pairs), 1 / preparing
    return (
        f"A picture takes {1000 * picture:.1f} ms of processor time to open and prepare, and {1000 * network:.0f} ms in"
        f" the network: on the same cores no loop exceeds {network / (network + picture):.3f}."
    )


def row(precision: Precision, size: int, pairs: Sequence[Pair], aim: float) -> str:
    """Return one line of the table."""
    bare, loop = max(pair.bare for pair in pairs), max(pair.loop for pair in pairs)
    middle = statistics.median(pair.loop / pair.bare for pair in pairs)
    work = statistics.median(pair.work for pair in pairs)
    verdict = "met" if loop / bare >= aim else "MISSED"
    captions = max(pair.captions for pair in pairs)
    return (
        f"| {precision} | {size} | {bare:,.1f} | {loop:,.1f} | {loop / bare:.3f} | {middle:.3f} | {work:.3f} |"
        f" {len(pairs)} | {aim:g} {verdict} | {captions:,.0f} |"
    )


def _waiting(device: str) -> Callable[[], object]:
    if not is_cuda(device):
        return lambda: None
    import torch

    return lambda: torch.cuda.synchronize(device)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoding", description=__doc__)
    parser.add_argument("--device", help="cpu, cuda, cuda:1; cuda if there is one")
    parser.add_argument("--architecture", help="of open_clip, with random weights")
    parser.add_argument("--pictures", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--turns", type=int, default=4)
    options = parser.parse_args()
    device = choose_device(options.device)
    kind = "cuda" if is_cuda(device) else "cpu"
    architecture = options.architecture or ARCHITECTURES[kind]
    size = options.batch_size or BATCHES[kind]
    with tempfile.TemporaryDirectory(prefix="rematch-bench-") as folder:
        content = content_of(write_pictures(Path(folder)), options.pictures or PICTURES[kind])
        weights = Path(folder, "random.safetensors")
        write_weights(architecture, weights)
        here = environment(device)
        print(
            f"{datetime.now(UTC):%Y-%m-%d}, {architecture}, {content.split.n_images:,} JPEG pictures of"
            f" {SIZE[0]} x {SIZE[1]}; {here['device_name']}, {here['usable_cores']} cores, torch"
            f" {here['libraries']['torch']}, open_clip {here['libraries']['open_clip_torch']}."
        )
        lines: list[str] = []
        for precision in PRECISIONS[kind]:
            request = ModelRequest("", weights=weights, device=device, precision=precision)
            encoder: Any = load_model(f"open_clip:{architecture}", request)
            preparing = preparing_rate(encoder, content)
            if not lines:
                print(f"One thread opens and prepares {preparing:,.0f} pictures per second.\n")
            pairs = measure(encoder, content, device, precision, size, options.turns)
            if kind == "cpu":
                print(f"{limit_line(pairs, preparing)}\n")
            lines.append(row(precision, size, pairs, AIMS[kind]))
            del encoder
    print(HEAD)
    print(f"|---|{'---:|' * 7}---|---:|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
