"""What an alternative is computed from: the runs of a system with split and protocol, measured once as they are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from evaluator.audit.alternative import Key, Span, Values, summed
from evaluator.caption_policy import under_policy
from evaluator.evaluation import evaluate
from evaluator.metric import METRICS, Aggregate
from evaluator.protocol import Protocol
from evaluator.ranking import restrict
from evaluator.report import RankCounts, Report
from evaluator.run import Run, ScoreFile
from splits.split import CaptionPolicy, Direction, Indices, Judgments, Split


@dataclass(frozen=True, eq=False)
class Case:
    """Scores, and how they are evaluated as they are."""

    runs: tuple[Run, ...]
    """One for each seed; usually one."""
    split: Split
    protocol: Protocol
    """With the metrics that are asked for."""
    seed: int = 0

    @cached_property
    def reports(self) -> tuple[Report, ...]:
        """Evaluate every run as the protocol says."""
        return tuple(self.report(run, self.split) for run in self.runs)

    @cached_property
    def own(self) -> Values:
        """Return the values under the protocol itself, the mean over the runs."""
        return mean_of([values_of(report) for report in self.reports])

    def report(self, run: Run, split: Split, **changes: Any) -> Report:
        """Evaluate a run with a protocol that differs in some fields."""
        recipe = replace(self.protocol, split=None, **changes)
        return evaluate(ScoreFile(run, "in memory"), recipe, split, seed=self.seed, resamplings=0)

    def under(self, **changes: Any) -> Values:
        """Return the values of all runs under a protocol that differs in some fields."""
        return self.over_runs(lambda run, _: values_of(self.report(run, self.split, **changes)))

    def over_runs(self, values: Callable[[Run, Report], Values]) -> Values:
        """Return the mean of what each run gives, which is told from the run and its own report."""
        return mean_of([values(run, report) for run, report in zip(self.runs, self.reports, strict=True)])

    def of_part(self, part: Split, images: Indices, captions: Indices, **changes: Any) -> Values:
        """Return the values of a part of the split, of whose captions all are ranked.

        Args:
            part: The part, with the images and captions in the order given.
            images: Which images of the split it has.
            captions: Which captions.
            changes: What else the protocol does differently.
        """
        changes["captions"] = CaptionPolicy.ALL
        return self.over_runs(lambda run, _: values_of(self.report(restrict(run, images, captions), part, **changes)))

    def ranked(self, run: Run) -> tuple[Split, Run]:
        """Return the captions that the protocol ranks: the split with them alone, and the run."""
        return under_policy(self.protocol, self.split, run, seed=self.seed)

    @cached_property
    def judgments(self) -> Judgments:
        """Return what is relevant among the captions that the protocol ranks."""
        return self.ranked(self.runs[0])[0].judgments(self.protocol.judgments)


def values_of(report: Report) -> Values:
    """Return what a report measured, with ties in expectation."""
    return {(m.metric, m.direction): Span.exactly(m.expected) for m in report.measurements}


def mean_of(runs: Sequence[Values]) -> Values:
    """Return the mean over runs of value and limits, of what all of them have."""
    n = len(runs)
    return {
        key: Span(*(sum(getattr(values[key], part) for values in runs) / n for part in ("value", "low", "high")))
        for key in runs[0]
        if all(key in values for values in runs)
    }


def values_of_counts(counts: Mapping[Direction, RankCounts], metrics: Sequence[str]) -> Values:
    """Return the values that metrics have on rank counts of one draw, with ties in expectation."""
    values: dict[Key, Span] = {}
    for direction, found in counts.items():
        for name in metrics:
            if measure := METRICS[name].from_counts:
                over = np.mean if METRICS[name].aggregate is Aggregate.MEAN else np.median
                values[name, direction] = Span.exactly(float(over(measure(found).expected[0])))
    return summed(values)
