"""Several runs of one system: mean and spread over seeds, and runs that are no evidence because they are the same."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class SeedSummary:
    """A value over the runs of a system."""

    mean: float
    std: float | None
    """Sample standard deviation (n - 1); None for one run, and where seeds change nothing by construction."""
    n: int


def aggregate(values: Sequence[float], *, deterministic: bool = False) -> SeedSummary:
    """Summarise one value over seeds.

    Args:
        values: The value in each run, at least one.
        deterministic: Whether seeds change nothing by construction, so that a spread of 0 says nothing.

    >>> aggregate([0.5, 0.7])
    SeedSummary(mean=0.6, std=0.141..., n=2)
    """
    if not values:
        raise ValueError("A summary over seeds needs at least one value.")
    numbers = np.asarray(values, dtype=np.float64)
    std = None if deterministic or len(numbers) < 2 else float(np.std(numbers, ddof=1))
    return SeedSummary(float(np.mean(numbers)), std, len(numbers))


def identical_groups(fingerprints: Mapping[Key, Sequence[str | None]]) -> list[tuple[Key, ...]]:
    """Group runs that share a fingerprint, such as the file's SHA-256 or the digest of its ranks.

    Args:
        fingerprints: For each run what identifies its content; equal in any of them is the same. None is unknown.

    Returns:
        The groups of two runs or more, in the order of their first run.

    >>> identical_groups({0: ["a", "x"], 1: ["b", "x"], 2: ["c", None]})
    [(0, 1)]
    """
    group_of: dict[Key, int] = {}
    seen: dict[tuple[int, str], int] = {}
    for number, (key, own) in enumerate(fingerprints.items()):
        marks = [(kind, mark) for kind, mark in enumerate(own) if mark is not None]
        joined = {seen[mark] for mark in marks if mark in seen}
        target = min(joined, default=number)
        group_of[key] = target
        for other, group in group_of.items():
            if group in joined:
                group_of[other] = target
        seen = {mark: target if group in joined else group for mark, group in seen.items()}
        seen.update(dict.fromkeys(marks, target))
    groups: dict[int, list[Key]] = {}
    for key, group in group_of.items():
        groups.setdefault(group, []).append(key)
    return [tuple(keys) for _, keys in sorted(groups.items()) if len(keys) > 1]
