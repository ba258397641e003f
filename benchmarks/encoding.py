"""python -m benchmarks.encoding [--device cuda] [--architecture NAME]: the encoding loop against what bounds it.

The loop opens JPEG files, prepares, batches, encodes, checks and brings the embeddings to the host. Beside it, in
turns and in one process: the bare network on one batch that lies on the device already; the pictures prepared by the
loop's own threads with no network; and the loop that is written by hand, with torch's DataLoader.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.encoding_turns import Subject, Turn
from benchmarks.pictures import FILES, SIZE, content_of, write_pictures
from evaluator.devices import choose_device, is_cuda
from evaluator.encoding.content import BATCH_SIZES
from evaluator.environment import environment
from evaluator.model import ModelRequest, Precision, load_model
from splits.content import Content

AIMS = {"cpu": 0.95, "cuda": 0.9}
ARCHITECTURES = {"cpu": "ViT-B-16", "cuda": "ViT-L-14"}
PICTURES = {"cpu": 16, "cuda": 4096}
BATCHES = {"cpu": 8, "cuda": BATCH_SIZES["cuda"]}
PRECISIONS = {"cpu": (Precision.FP32,), "cuda": (Precision.FP32, Precision.BF16)}
HEAD = (
    "| precision | batch | bare /s | prepared /s | by hand /s | loop /s | of bare | of the limit | of by hand | median"
    " of bare | processor time | turns | aim |"
)
CAPTIONS_HEAD = "| captions | batch | bare /s | by hand /s | loop /s | of bare | of by hand | peak memory, GB |"


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


def preparing_rate(encoder: Any, content: Content) -> float:
    """Return the pictures per second that one thread opens and prepares."""
    began = time.perf_counter()
    for index in range(FILES):
        encoder.prepare_image(content.pictures.open(index % content.split.n_images))
    return FILES / (time.perf_counter() - began)


def limit_line(turns: Sequence[Turn], preparing: float) -> str:
    """Say what no loop can exceed where the same cores also open and prepare the pictures."""
    network, picture = min(turn.bare_work for turn in turns), 1 / preparing
    return (
        f"A picture takes {1000 * picture:.1f} ms of processor time to open and prepare, and {1000 * network:.0f} ms in"
        f" the network: on the same cores no loop exceeds {network / (network + picture):.3f}."
    )


def row(precision: Precision, size: int, turns: Sequence[Turn], aim: float) -> str:
    """Return one line of the table of images: the best of all turns, and ratios between them."""
    bare, prepared, plain, loop = (
        max(getattr(turn, name) for turn in turns) for name in ("bare", "prepared", "plain", "loop")
    )
    middle = statistics.median(turn.loop / turn.bare for turn in turns)
    work = statistics.median(turn.bare_work / turn.work for turn in turns)
    verdict = "met" if loop / bare >= aim else "MISSED"
    return (
        f"| {precision} | {size} | {bare:,.1f} | {prepared:,.1f} | {plain:,.1f} | {loop:,.1f} | {loop / bare:.3f} |"
        f" {loop / min(bare, prepared):.3f} | {loop / plain:.3f} | {middle:.3f} | {work:.3f} | {len(turns)} |"
        f" {aim:g} {verdict} |"
    )


def captions_row(precision: Precision, size: int, turns: Sequence[Turn]) -> str:
    """Return one line of the table of captions."""
    bare, plain, loop = (
        max(getattr(turn, name) for turn in turns) for name in ("bare_captions", "plain_captions", "captions")
    )
    peak = max(turn.peak_memory for turn in turns)
    return (
        f"| {precision} | {size} | {bare:,.0f} | {plain:,.0f} | {loop:,.0f} | {loop / bare:.3f} | {loop / plain:.3f} |"
        f" {peak / 1e9:.2f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoding", description=__doc__)
    parser.add_argument("--device", help="cpu, cuda, cuda:1; cuda if there is one")
    parser.add_argument("--architecture", help="of open_clip, with random weights")
    parser.add_argument("--pictures", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every turn to a file")
    options = parser.parse_args()
    device = choose_device(options.device)
    kind = "cuda" if is_cuda(device) else "cpu"
    architecture = options.architecture or ARCHITECTURES[kind]
    size = options.batch_size or BATCHES[kind]
    with tempfile.TemporaryDirectory(prefix="rematch-bench-") as folder:
        paths = write_pictures(Path(folder))
        content, warming = content_of(paths, options.pictures or PICTURES[kind]), content_of(paths, 2 * size)
        weights = Path(folder, "random.safetensors")
        write_weights(architecture, weights)
        here = environment(device)
        print(
            f"{datetime.now(UTC):%Y-%m-%d}, {architecture}, {content.split.n_images:,} JPEG pictures of"
            f" {SIZE[0]} x {SIZE[1]}; {here['device_name']}, {here['usable_cores']} cores, torch"
            f" {here['libraries']['torch']}, open_clip {here['libraries']['open_clip_torch']}."
        )
        lines: list[str] = []
        captions: list[str] = []
        found: dict[str, list[Turn]] = {}
        for precision in PRECISIONS[kind]:
            request = ModelRequest("", weights=weights, device=device, precision=precision)
            encoder: Any = load_model(f"open_clip:{architecture}", request)
            preparing = preparing_rate(encoder, content)
            if not lines:
                print(f"One thread opens and prepares {preparing:,.0f} pictures per second.\n")
            Subject(encoder, warming, device, precision, size).turn()
            subject = Subject(encoder, content, device, precision, size)
            turns = found[precision.value] = [subject.turn() for _ in range(options.turns)]
            if kind == "cpu":
                print(f"{limit_line(turns, preparing)}\n")
            lines.append(row(precision, size, turns, AIMS[kind]))
            captions.append(captions_row(precision, size, turns))
            del encoder, subject
    for head, rows in ((HEAD, lines), (CAPTIONS_HEAD, captions)):
        print("\n".join([head, f"|---|{'---:|' * (head.count('|') - 2)}", *rows, ""]))
    if options.json is not None:
        turns_of = {precision: list(map(asdict, turns)) for precision, turns in found.items()}
        options.json.write_text(json.dumps({"environment": here, "batch_size": size, "turns": turns_of}, indent=1))


if __name__ == "__main__":
    main()
