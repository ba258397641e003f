"""Score one run under one protocol: counts, metrics, intervals, badges."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluator import __version__
from evaluator.by_image import leading_by_image
from evaluator.caption_policy import check_policy, under_policy
from evaluator.errors import ProtocolError
from evaluator.gallery import check_gallery
from evaluator.groups import RelevantGroups, relevant_groups
from evaluator.metric import METRICS, Aggregate, Metric, TieValues, Values
from evaluator.protocol import RECALLS, RSUM, Protocol
from evaluator.ranking import FoldPlan, count_ranks, directions_of
from evaluator.remarks import remarks
from evaluator.report import Measurement, RankCounts, Report
from evaluator.run import EmbeddingRun, RankEvidence, Run, ScoreFile
from evaluator.uncertainty import DRAWS, Sample, interval, resample
from splits.split import Direction, Judgments, Split


@dataclass(frozen=True, slots=True, eq=False)
class _Valued:
    """One metric in one direction, per query and aggregated."""

    metric: Metric
    direction: Direction
    expected: Values
    """Expected value per query, averaged over draws of folds."""
    draws: NDArray[np.float64]
    """Expected, pessimistic and optimistic value of every draw of folds, shape (3, n_draws)."""

    @property
    def key(self) -> tuple[str, Direction]:
        """Metric and direction."""
        return self.metric.name, self.direction

    @property
    def tie_gap(self) -> float:
        """How far the two bounds lie apart."""
        return float((self.draws[2] - self.draws[1]).mean())


def evaluate(
    score_file: ScoreFile, protocol: Protocol, split: Split, *, seed: int = 0, resamplings: int = DRAWS
) -> Report:
    """Score a run under a protocol.

    Args:
        score_file: A run that fits the split, as `evaluator.reading.read_score_file` returns it.
        protocol: The recipe.
        split: The protocol's split; any split for a protocol that names none.
        seed: Governs random folds and the bootstrap.
        resamplings: Of the bootstrap; 0 where nobody asks for intervals.

    Raises:
        ScoreFileError: A score is NaN or infinite.
        ProtocolError: The protocol cannot be applied to this run or this split.
    """
    check_applies(protocol, split, score_file.run)
    whole = split
    split, run = under_policy(protocol, whole, score_file.run, seed=seed)
    judgments = split.judgments(protocol.judgments)
    plan = FoldPlan.of(protocol.folds, split, seed=seed) if protocol.folds else None
    metrics = [METRICS[name] for name in protocol.metrics]
    counts, groups = _ranked(run, judgments, metrics, plan, split)
    values = [
        _valued(metric, direction, counts[direction], groups.get(direction), plan)
        for direction in counts
        for metric in metrics
    ]
    samples = _samples(values, counts, split, plan)
    folds = plan.strata if plan else None
    drawn = resample(list(samples.values()), split.n_images, seed=seed, folds=folds, draws=resamplings)
    gap = max((v.tie_gap for v in values if v.metric.name in RECALLS), default=0.0)
    warnings, badges = remarks(score_file, counts, tie_gap=gap, has_rsum=protocol.has_rsum)
    return Report(
        protocol=protocol.name,
        protocol_version=protocol.version,
        split=split.name,
        split_digest=whole.digest,
        judgments=judgments.name,
        judgments_digest=judgments.digest,
        evaluator_version=__version__,
        centricity=split.centricity.value,
        n_images=split.n_images,
        n_captions=split.n_captions,
        caption_policy=protocol.captions.value,
        format=score_file.format,
        seed=seed,
        measurements=_measurements(values, dict(zip(samples, drawn, strict=True)), has_rsum=protocol.has_rsum),
        counts=counts,
        badges=badges,
        warnings=warnings,
        by_image=leading_by_image(protocol.leading, samples, split.n_images, folds=folds),
    )


def check_applies(protocol: Protocol, split: Split, run: Run) -> None:
    """Refuse a split, a gallery or a kind of run that a protocol cannot score.

    Raises:
        ProtocolError: With what the protocol needs and what there is.
    """
    if protocol.split not in (None, split.name):
        raise ProtocolError(
            f"Protocol {protocol.name} is defined on the split {protocol.split}, not on {split.name}."
            f" Leave --split out, or use the protocol 'standard' with --split."
        )
    check_gallery(protocol, split, directions_of(run))
    check_policy(protocol, split, run)
    if isinstance(run, RankEvidence) and any(METRICS[name].from_groups for name in protocol.metrics):
        raise ProtocolError(
            f"Protocol {protocol.name} needs the rank of every relevant candidate, but the file holds only the best"
            " one's per query. Hand in the scores: a similarity matrix, embeddings or ranked lists."
        )


def _ranked(
    run: Run, judgments: Judgments, metrics: list[Metric], plan: FoldPlan | None, split: Split
) -> tuple[dict[Direction, RankCounts], dict[Direction, RelevantGroups]]:
    from evaluator.finiteness import NonFiniteScoresError, refuse_unscorable

    with_groups = any(metric.from_groups for metric in metrics)
    try:
        if isinstance(run, EmbeddingRun) and with_groups and plan is None:
            # The groups tell the counts: one product less.
            groups = {d: relevant_groups(run, judgments.towards(d), d) for d in Direction}
            return {d: groups[d].best for d in groups}, groups
        found = count_ranks(run, judgments, plan)
        counts = {direction: found[direction] for direction in Direction if direction in found}
        return counts, {d: relevant_groups(run, judgments.towards(d), d) for d in counts} if with_groups else {}
    except NonFiniteScoresError:
        refuse_unscorable(run, split)
        raise


def _valued(
    metric: Metric, direction: Direction, counts: RankCounts, groups: RelevantGroups | None, plan: FoldPlan | None
) -> _Valued:
    folds = plan.of_queries(direction)[counts.queries].T if plan else np.zeros((1, len(counts.queries)), np.uint8)
    total = np.zeros(len(counts.queries))
    draws: list[list[float]] = []
    # One draw at a time: all values of a hundred draws would take hundreds of megabytes.
    for draw, fold in enumerate(folds):
        per_query = _per_query(metric, counts.draw(draw), groups)
        total += per_query.expected[0]
        draws.append([_over_folds(kind[0], fold, metric.aggregate) for kind in per_query])
    return _Valued(metric, direction, total / len(folds), np.ascontiguousarray(np.array(draws).T))


def _per_query(metric: Metric, counts: RankCounts, groups: RelevantGroups | None) -> TieValues:
    if metric.from_counts:
        return metric.from_counts(counts)
    if metric.from_groups and groups is not None:
        return metric.from_groups(groups)
    raise ValueError(f"The metric {metric.name} says neither how to use rank counts nor how to use tie groups.")


def _over_folds(values: Values, folds: NDArray[np.uint8], aggregate: Aggregate) -> float:
    """Aggregate within each fold, then average the folds."""
    if aggregate is Aggregate.MEAN:
        return float(np.mean(np.bincount(folds, weights=values) / np.bincount(folds)))
    return float(np.mean([np.median(values[folds == fold]) for fold in range(int(folds.max()) + 1)]))


def _samples(
    values: list[_Valued], counts: Mapping[Direction, RankCounts], split: Split, plan: FoldPlan | None
) -> dict[tuple[str, Direction], Sample]:
    owners = {d: c.queries if d is Direction.I2T else split.image_of_caption[c.queries] for d, c in counts.items()}
    # A median over a query's average over draws would be another quantity than the one reported.
    averaged = plan is not None and plan.strata is None
    known = [v for v in values if not (averaged and v.metric.aggregate is Aggregate.MEDIAN)]
    return {v.key: Sample(v.expected, owners[v.direction], v.metric.aggregate) for v in known}


def _measurements(
    values: list[_Valued], drawn: Mapping[tuple[str, Direction], NDArray[np.float64]], *, has_rsum: bool
) -> tuple[Measurement, ...]:
    intervals = {key: interval(row) for key, row in drawn.items()}
    found = [_measurement(*v.key, v.draws, intervals.get(v.key)) for v in values]
    if has_rsum and {direction for _, direction in drawn} == set(Direction):
        recalls = [v for v in values if v.metric.name in RECALLS]
        total = np.sum([v.draws for v in recalls], axis=0)
        summed = np.sum([drawn[v.key] for v in recalls], axis=0)
        found.append(_measurement(RSUM, None, total, interval(summed)))
    return tuple(found)


def _measurement(
    name: str, direction: Direction | None, draws: NDArray[np.float64], ci95: tuple[float, float] | None
) -> Measurement:
    expected, pessimistic, optimistic = (float(value) for value in draws.mean(axis=1))
    spread = float(draws[0].std(ddof=1)) if draws.shape[1] > 1 else None
    return Measurement(name, direction, expected, pessimistic, optimistic, ci95, spread=spread)
