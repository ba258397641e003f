"""Thousands of simulated studies in which the truth is known: how often a verdict errs.

A study is a split of 5,000 images, a system, and its runs. Of the images (with all their captions) some are always
found, some never, and some waver: whether a run finds them is chance, with a chance that the whole run shifts. The
captions of an image are found or missed together more often than apart. Claims and reproductions are runs of one
system on one split. Prints the rates when it is run: python -m tests.unit.evaluator.audit.studies
"""

from dataclasses import dataclass

import numpy as np

from evaluator.audit.noise import half_width, sample_std, step_of
from splits.split import Direction

N_IMAGES, CAPTIONS_EACH = 5000, 5
ALWAYS = 0.45
CHANCES = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
TOGETHER = 0.1
"""By how much the chance of all captions of an image is higher or lower in a run."""
HALF_STEP = 0.0005
"""Of one decimal of a percentage."""
STUDIES = 10_000


@dataclass(frozen=True)
class System:
    """How much a system's runs differ."""

    wavering: float
    """The share of images that runs do not agree on."""
    shift: float
    """The standard deviation over runs of the chance of all wavering images."""


STEADY, USUAL, UNSTEADY = System(0.1, 0.002), System(0.25, 0.004), System(0.5, 0.008)


@dataclass(frozen=True)
class Studies:
    """The values of all runs, shape (studies, runs), and the standard error over images of the first."""

    values: np.ndarray
    error: np.ndarray
    direction: Direction

    @property
    def step(self):
        return step_of("R@1", self.direction, n_images=N_IMAGES, n_captions=N_IMAGES * CAPTIONS_EACH)


def simulate(system, direction, *, runs, studies=STUDIES, seed=0):
    """Draw the hits of all queries of all runs of all studies, images of one kind at a time."""
    generator = np.random.default_rng(seed)
    each = 1 if direction is Direction.I2T else CAPTIONS_EACH
    shares = [ALWAYS, 1 - ALWAYS - system.wavering, *[system.wavering / len(CHANCES)] * len(CHANCES)]
    images = generator.multinomial(N_IMAGES, shares, size=studies)
    always, wavering = images[:, 0], np.repeat(images[:, None, 2:], runs, axis=1)
    chances = CHANCES + generator.normal(0, system.shift, (studies, runs, 1))
    up = generator.binomial(wavering, 0.5)
    hits = sum(
        generator.binomial(each * count, np.clip(chances + side, 0, 1))
        for count, side in ((up, TOGETHER), (wavering - up, -TOGETHER))
    ).sum(axis=2)
    values = (each * always[:, None] + hits) / (each * N_IMAGES)
    squares = CHANCES**2 + TOGETHER**2 + (CHANCES * (1 - CHANCES) - TOGETHER**2) / each
    second_moment = (always + (images[:, 2:] * squares).sum(axis=1)) / N_IMAGES
    return Studies(values, np.sqrt((second_moment - values[:, 0] ** 2) / N_IMAGES), direction)


def refused(studies, *, measured, claimed, stated=1, lie=0.0, best=False):
    """Say of every study whether its claim is not reproduced.

    Args:
        studies: What was drawn.
        measured: How many runs the reproduction has; one is a deterministic system.
        claimed: How many further runs the claim is the mean of, or the best of.
        stated: How many the source says; 1 where it says nothing.
        lie: What is added to the claim before it is printed.
        best: Whether the claim is the best of its runs, and known to be.
    """
    runs, claims = studies.values[:, :measured], studies.values[:, measured : measured + claimed]
    printed = printed_claims(claims.max(axis=1) if best else claims.mean(axis=1), lie)
    gap = printed - runs.mean(axis=1)
    if measured == 1:
        noise = 1.96 * studies.error
    else:
        std = sample_std(runs, step=studies.step)
        above = half_width(std, n=measured, m=stated, best_of=claimed if best else 1)
        noise = np.where(gap > 0, above, half_width(std, n=measured, m=stated))
    return np.abs(gap) > noise + HALF_STEP


def printed_claims(values, lie=0.0):
    """Round to one decimal of a percentage."""
    return np.round(100 * (values + lie), 1) / 100


CLAIMS = {
    "one run": {"claimed": 1},
    "mean of 3, stated": {"claimed": 3, "stated": 3},
    "mean of 3, unstated": {"claimed": 3},
    "best of 5, known": {"claimed": 5, "best": True},
}


def main():
    print(
        "system    direction  std   claim                " + "".join(f"{n:>3} seeds: false  caught" for n in (1, 3, 10))
    )
    for name, system in {"steady": STEADY, "usual": USUAL, "unsteady": UNSTEADY}.items():
        for direction in Direction:
            studies = simulate(system, direction, runs=15)
            std = 100 * studies.values.std(axis=1, ddof=1).mean()
            for claim, how in CLAIMS.items():
                rates = ""
                for measured in (1, 3, 10):
                    false = refused(studies, measured=measured, **how).mean()
                    caught = refused(studies, measured=measured, **how, lie=0.03).mean()
                    rates += f"{100 * false:>15.2f}{100 * caught:>8.2f}"
                print(f"{name:<10}{direction:<11}{std:<6.2f}{claim:<21}{rates}")


if __name__ == "__main__":
    main()
