"""What an audit finds of a claim when it is held against a reproduction, and the rules that it follows.

The rules are explained, with the rates at which they err, in docs/explanation/verdicts.md.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from evaluator.audit.claim import Claim
from evaluator.audit.comparability import not_comparable, protocol_mismatch
from evaluator.audit.noise import half_width, sample_std, step_of
from evaluator.audit.reproduction import Reproduction
from evaluator.audit.verdict_wording import Wording
from evaluator.remarks import TIES_MATTER

EXACT = 1e-9
"""Less than any printed digit, more than the last bits of a mean."""


class Verdict(StrEnum):
    """Whether a claim holds."""

    WITHIN_ROUNDING = "within rounding"
    """The measured value rounds to what is printed."""
    WITHIN_SEED_NOISE = "within seed noise"
    """The gap is no larger than further runs of the same system would show."""
    PROTOCOL_MISMATCH = "protocol mismatch"
    """Another thing was measured, so that the gap says nothing of the claim."""
    NOT_REPRODUCED = "not reproduced"
    """The gap is larger than noise allows."""
    NOT_COMPARABLE = "not comparable"
    """Nothing was measured that could decide."""


class Noise(StrEnum):
    """What a tolerance comes from; never from both."""

    SEEDS = "seeds"
    """The spread of several runs."""
    IMAGES = "images"
    """The interval over images of the one run of a deterministic system."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what it rests on; numbers are fractions, or ranks."""

    verdict: Verdict
    reason: str
    """One sentence."""
    value: float | None
    """What was measured: the mean over distinct runs; None where nothing was."""
    gap: float | None
    """The claim less the value."""
    n_runs: int
    """How many distinct runs were measured."""
    tolerance: float | None = None
    """How far the claim may lie from the value on its side, its rounding included; None where nothing says."""
    noise: Noise | None = None
    """What the tolerance comes from, None where there is none but rounding."""
    std: float | None = None
    """The standard deviation over distinct runs that the tolerance rests on: at least one step of the metric."""


def unmeasured(claim: Claim, protocol: str) -> Judgement:
    """Judge a claim on a metric that was not measured of its system, which was measured on the same data."""
    what = f"{claim.direction.value} {claim.metric}" if claim.direction else claim.metric
    return Judgement(Verdict.NOT_COMPARABLE, f"{what} was not measured under {protocol}.", None, None, 0)


def judge(claim: Claim, reproduction: Reproduction, *, best_of: int = 1) -> Judgement:
    """Hold a claim against a reproduction.

    Args:
        claim: The printed number.
        reproduction: What was measured.
        best_of: How many runs the printed number is known to be the best of.
    """
    value, words = reproduction.value, Wording(claim, reproduction.value)
    gap, runs = float(claim.printed.value) - value, reproduction.distinct

    def verdict(found: Verdict, reason: str) -> Judgement:
        return Judgement(found, reason, value, gap, len(runs))

    if why := not_comparable(claim, reproduction):
        return verdict(Verdict.NOT_COMPARABLE, words.sentence(f"{why}."))
    if why := protocol_mismatch(claim, reproduction):
        return verdict(Verdict.PROTOCOL_MISMATCH, words.sentence(f"{why}; {words.both}."))
    if abs(gap) <= float(claim.printed.unit) / 2 + EXACT:
        return verdict(Verdict.WITHIN_ROUNDING, words.rounded(len(runs)))
    if len(runs) > 1:
        return _by_seeds(claim, reproduction, words, best_of=best_of)
    if not reproduction.is_deterministic:
        return verdict(Verdict.NOT_COMPARABLE, words.one_run(len(reproduction.runs)))
    return _by_images(claim, reproduction, words)


def _by_seeds(claim: Claim, reproduction: Reproduction, words: Wording, *, best_of: int) -> Judgement:
    values = np.array([run.value for run in reproduction.distinct])
    step = step_of(
        reproduction.metric,
        reproduction.direction,
        n_images=reproduction.n_images,
        n_captions=reproduction.n_captions,
    )
    std = float(sample_std(values, step=step))
    gap = float(claim.printed.value) - reproduction.value
    asked = best_of if gap > 0 else 1
    m = 1 if claim.seed is not None or best_of > 1 else claim.n_seeds or 1
    tolerance = float(half_width(std, n=len(values), m=m, best_of=asked)) + float(claim.printed.unit) / 2
    reason = words.seeds(len(values), tolerance, m=m, best_of=asked)
    return _decided(reproduction, words, reason, gap, tolerance, noise=Noise.SEEDS, std=std)


def _by_images(claim: Claim, reproduction: Reproduction, words: Wording) -> Judgement:
    (run,) = reproduction.distinct
    gap = float(claim.printed.value) - run.value
    if run.ci95 is None:
        return Judgement(Verdict.NOT_COMPARABLE, words.no_interval, run.value, gap, 1)
    low, high = run.ci95
    tolerance = (high - run.value if gap > 0 else run.value - low) + float(claim.printed.unit) / 2
    reason = words.images(low, high, tolerance)
    return _decided(reproduction, words, reason, gap, tolerance, noise=Noise.IMAGES)


def _decided(
    reproduction: Reproduction,
    words: Wording,
    reason: str,
    gap: float,
    tolerance: float,
    *,
    noise: Noise,
    std: float | None = None,
) -> Judgement:
    """Say whether a gap is within its tolerance, and where it is not, whether ties leave it open."""
    n, value = len(reproduction.distinct), reproduction.value
    within = Judgement(Verdict.WITHIN_SEED_NOISE, reason, value, gap, n, tolerance, noise, std)
    if abs(gap) <= tolerance + EXACT:
        return within
    low, high = reproduction.tie_bounds
    wide = high - low > TIES_MATTER if words.is_share else high > low
    if wide and low - EXACT <= value + gap <= high + EXACT:
        return replace(within, verdict=Verdict.NOT_COMPARABLE, reason=words.ties(low, high))
    return replace(within, verdict=Verdict.NOT_REPRODUCED)
