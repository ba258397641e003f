"""`rematch run`: hand in a model and run it here, in the foreground, with a bar."""

from pathlib import Path
from typing import Annotated

import typer

from splits.terminal import JsonFlag
from worker.interruption import told_when_stopped
from worker.model_options import BatchSizeOption, DeviceOption, PrecisionOption, PromptOption, SubmitterOption
from worker.own_manifest import OWN_SUBMITTER

ALL = "all"
MAX_RUNS = 1000
"""As many as a manifest may ask for."""


@told_when_stopped()
def run(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Family and name; see: rematch models list")],
    *,
    protocol: Annotated[
        list[str] | None,
        typer.Option("--protocol", "-p", metavar="NAME", help="A protocol; may be given several times."),
    ] = None,
    split: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your own split file, scored as 'standard'.")
    ] = None,
    seeds: Annotated[
        str, typer.Option(metavar="N,N", help="Seeds of caption draws, folds and training: 0,1,2 or 0-99.")
    ] = "0",
    governs: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="What the seeds govern, or none, where it is not all that they can."),
    ] = None,
    device: DeviceOption = None,
    precision: PrecisionOption = "fp32",
    batch_size: BatchSizeOption = None,
    prompt: PromptOption = None,
    revision: Annotated[str | None, typer.Option(metavar="COMMIT", help="Of the hub's repository.")] = None,
    weights: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Weights of your own; give one, or one for each seed in order."),
    ] = None,
    weights_sha256: Annotated[
        list[str] | None,
        typer.Option(metavar="HEX", help="What the weights must have; give one, or one for each seed in order."),
    ] = None,
    candidates: Annotated[
        str | None, typer.Option(metavar="MODEL", help="What chooses the candidates of a cross-encoder.")
    ] = None,
    rerank_depth: Annotated[
        str | None, typer.Option(metavar="K", help="How many candidates are re-ranked: a number, or all.")
    ] = None,
    truncated_reranking: Annotated[
        bool, typer.Option("--truncated-reranking", help="Allow a depth below the largest K; the result says so.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The dataset's own; REMATCH_DATA/<dataset> if omitted.")
    ] = None,
    system: Annotated[
        str | None, typer.Option(metavar="NAME", help="How a board calls it; the model if omitted.")
    ] = None,
    submitter: SubmitterOption = OWN_SUBMITTER,
    setting: Annotated[
        str | None, typer.Option(metavar="NAME", help="zero-shot, fine-tuned or trained-from-scratch, where unknown.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run a model on the splits of some protocols, and put what comes of it on the board."""
    from evaluator.devices import choose_device
    from splits.contents import Contents
    from worker.desk import Desk
    from worker.foreground import hand_in_and_run
    from worker.log_file import log_to_file
    from worker.own_manifest import OwnRun, manifest_of
    from worker.submit_cli import print_outcome

    log_to_file("run.log")
    chosen_device = choose_device(device)
    asked = OwnRun(
        model=model,
        protocols=protocol,
        seeds=parse_seeds(seeds),
        governs=parse_governs(governs),
        system=system,
        submitter=submitter,
        setting=setting,
        split=split,
        weights=weights or [],
        weights_sha256=weights_sha256 or [],
        options={
            "revision": revision,
            "prompt": prompt,
            "precision": precision,
            "batch_size": batch_size,
            "rerank_depth": parse_depth(rerank_depth),
            "truncated_reranking": truncated_reranking,
            "candidates": candidates,
        },
    )
    desk = Desk(device=chosen_device, contents=Contents(folder=data))
    found = hand_in_and_run(manifest_of(asked), desk, say=lambda text: typer.echo(text, err=True))
    print_outcome(found, as_json=as_json)
    if found.n_unfinished:
        typer.echo(
            "What is unfinished is kept for this command. To go on: the same command again; to leave it to a worker:"
            f" rematch requeue {found.id}",
            err=True,
        )
    if found.n_unfinished or any(one.status == "failed" for one in found.current):
        raise typer.Exit(1)


def parse_seeds(text: str) -> list[int]:
    """Read seeds and ranges of seeds, such as `0,1,2` or `0-99`."""
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isascii() or not first.isdigit() or (dash and not (last.isascii() and last.isdigit())):
            raise typer.BadParameter(f"{text!r:.60} is no list of seeds, such as 0,1,2 or 0-99.", param_hint="--seeds")
        low, high = int(first), int(last if dash else first)
        if high < low or high - low >= MAX_RUNS or len(seeds) >= MAX_RUNS:
            raise typer.BadParameter(
                f"{part!r:.60} is no range of at most {MAX_RUNS:,} seeds, such as 0-99.", param_hint="--seeds"
            )
        seeds += range(low, high + 1)
    return list(dict.fromkeys(seeds))


def parse_governs(text: str | None) -> list[str] | None:
    """Read what seeds govern; `none` is nothing."""
    if text is None:
        return None
    return [part.strip() for part in text.split(",") if part.strip() not in ("", "none")]


def parse_depth(text: str | None) -> int | None:
    """Read a depth of re-ranking; `all` is more than any gallery has."""
    from submissions.manifest_model import MAX_SEED

    if text is None:
        return None
    if text == ALL:
        return MAX_SEED
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise typer.BadParameter(f"{text!r:.60} is neither a number from 1 nor 'all'.", param_hint="--rerank-depth")
    return int(text)
