"""The study of Hendriksen et al. 2023 with the board's own means: models on scene- and on object-centric datasets.

Every model ranks one caption per image under several caption seeds, and beside it all captions: how much the choice of
one caption matters is what the study left open.
"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from splits.errors import RematchError
from splits.split import CaptionPolicy, Centricity
from worker.own_manifest import OwnRun, with_runs

if TYPE_CHECKING:
    from evaluator.protocol import Protocol
    from splits.contents import Contents
    from submissions.manifest import Manifest
    from submissions.status import EvaluationStatus, SubmissionStatus

COLUMNS = (*(f"{direction} R@{k}" for direction in ("i2t", "t2i") for k in (1, 5, 10)), "rsum")
RENDERED = ("toy-scene", "toy-object")
"""Always present, and of no interest where real data is."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A dataset of the study: the protocol with one caption per image, and the one with all."""

    dataset: str
    title: str
    centricity: Centricity
    one: "Protocol"
    every: "Protocol"
    has_choice: bool
    """Whether some image has several captions, so that the draw changes something."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A value over seeds."""

    mean: float
    std: float | None
    """Sample standard deviation, None for a single seed."""
    n: int


@dataclass(frozen=True, slots=True)
class Row:
    """One model on one dataset under one caption policy."""

    model: str
    ground: Ground
    captions: CaptionPolicy
    values: dict[str, Spread]
    """By column, as fractions."""
    badges: tuple[str, ...]


def grounds() -> list[Ground]:
    """Return the datasets that have a protocol with one caption per image and one with all captions of that split."""
    from evaluator.protocol import PROTOCOLS
    from splits.loading import SPLITS
    from splits.split import ORIGINAL

    found = []
    for one in PROTOCOLS.values():
        if one.captions is not CaptionPolicy.ONE or one.split is None:
            continue
        every = next(
            other
            for other in PROTOCOLS.values()
            if (other.split, other.folds, other.judgments, other.captions)
            == (one.split, None, ORIGINAL, CaptionPolicy.ALL)
        )
        split = SPLITS[one.split]
        has_choice = split.n_captions is not None and split.n_captions != split.n_images
        dataset = split.dataset
        found.append(Ground(dataset.name, dataset.title, dataset.centricity, one, every, has_choice))
    return sorted(found, key=lambda ground: ground.centricity is not Centricity.SCENE)


def chosen(names: Sequence[str] | None, at_hand: "Contents") -> tuple[list[Ground], list[str]]:
    """Return the datasets to be studied, and for those left out why.

    Args:
        names: Datasets by name; all real ones that are present if omitted.
        at_hand: Where they are looked for, and kept for the runs.

    Raises:
        RematchError: None is present, or a named one is not there.
    """
    from splits.catalog import unknown_name_message

    known = {ground.dataset: ground for ground in grounds()}
    for name in names or ():
        if name not in known:
            raise RematchError(unknown_name_message("dataset of the study", name, list(known)))
    asked = [known[name] for name in dict.fromkeys(names or (name for name in known if name not in RENDERED))]
    absent = {ground.dataset: reason for ground in asked if (reason := _absent(ground, at_hand)) is not None}
    if absent and names:
        raise RematchError("\n".join(absent.values()))
    present = [ground for ground in asked if ground.dataset not in absent]
    if not present:
        raise RematchError(
            "None of the study's datasets is here. See what is missing: rematch data check. To try it on rendered"
            f" pictures: --datasets {','.join(RENDERED)}"
        )
    return present, list(absent.values())


def named_model(text: str) -> tuple[str, str | None]:
    """Split `REFERENCE@REVISION` as `--models` takes it; a path has no revision, and keeps an @ that is in it.

    Raises:
        RematchError: Nothing follows the @.
    """
    from evaluator.weights.on_disk import names_a_path

    reference, at, revision = text.rpartition("@")
    if not at or names_a_path(text):
        return text, None
    if not revision.strip() or not reference.strip():
        raise RematchError(f"{text!r:.120} names no revision; expected REFERENCE@COMMIT, or the reference alone.")
    return reference, revision


def manifest_of(run: OwnRun, studied: Iterable[Ground]) -> "Manifest":
    """Write what the study asks of one model: all captions once, one caption under every seed."""
    studied = list(studied)
    runs = []
    for number, seed in enumerate(run.seeds):
        # The draw of one caption among one changes nothing, and all captions are no draw: one run each.
        names = [one.one.name for one in studied if number == 0 or one.has_choice]
        names += [one.every.name for one in studied if number == 0]
        if names:
            # The seed of a model that is trained when it is loaded stays the same, or two variances were mixed.
            runs.append({"seed": seed, "seed_governs": ["caption-draw"], "protocols": names})
    return with_runs(run, runs=runs, deterministic=True)


def truncated(run: OwnRun, depth: int | None) -> OwnRun:
    """Return the same run as the X-VLM logs of the study have it: so few candidates re-ranked that recalls are cut."""
    options = {**run.options, "rerank_depth": depth, "truncated_reranking": True}
    return replace(run, system=f"{run.system or run.model} (k={depth})", options=options)


def rows_of(model: str, found: "SubmissionStatus", studied: Iterable[Ground]) -> list[Row]:
    """Collect the results of one model."""
    rows = []
    for ground in studied:
        for protocol in (ground.one, ground.every):
            own = [one for one in found.current if one.protocol == protocol.name and one.values]
            if own:
                badges = tuple(dict.fromkeys(badge for one in own for badge in one.badges))
                rows.append(Row(model, ground, protocol.captions, _spreads(own), badges))
    return rows


def document_of(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return rows as JSON values; numbers are fractions, rsum their sum."""
    return [
        {
            "model": row.model,
            "dataset": row.ground.dataset,
            "type": row.ground.centricity.value,
            "captions": row.captions.value,
            "protocol": (row.ground.one if row.captions is CaptionPolicy.ONE else row.ground.every).name,
            "badges": list(row.badges),
            "values": {
                name: {"mean": value.mean, "std": value.std, "n": value.n} for name, value in row.values.items()
            },
        }
        for row in rows
    ]


def _spreads(own: "Sequence[EvaluationStatus]") -> dict[str, Spread]:
    found = {}
    for name in COLUMNS:
        values = [one.values[name] for one in own if name in one.values]
        if values:
            std = statistics.stdev(values) if len(values) > 1 else None
            found[name] = Spread(statistics.fmean(values), std, len(values))
    return found


def _absent(ground: Ground, at_hand: "Contents") -> str | None:
    from splits.loading import load_split

    try:
        at_hand.get(load_split(ground.one.split or ""))
    except RematchError as error:
        return f"{ground.dataset}: {error}"
    return None
