"""An independent reference: rank by sorting, once for every order of the candidates, and average."""

from collections.abc import Callable, Sequence
from itertools import permutations

import numpy as np

Value = Callable[[Sequence[bool], int], float]


def recall(k: int) -> Value:
    return lambda ranked, _: float(any(ranked[:k]))


def rank(ranked: Sequence[bool], _: int) -> float:
    return 1.0 + list(ranked).index(True)


def reciprocal(ranked: Sequence[bool], n_relevant: int) -> float:
    return 1 / rank(ranked, n_relevant)


def average_precision(ranked: Sequence[bool], n_relevant: int) -> float:
    found, total = 0, 0.0
    for place, hit in enumerate(ranked, start=1):
        if hit:
            found += 1
            total += found / place
    return total / n_relevant


def average_precision_at_r(ranked: Sequence[bool], n_relevant: int) -> float:
    return average_precision(ranked[:n_relevant], n_relevant)


def r_precision(ranked: Sequence[bool], n_relevant: int) -> float:
    return sum(ranked[:n_relevant]) / n_relevant


METRICS: dict[str, Value] = {
    "R@1": recall(1),
    "R@5": recall(5),
    "MeanR": rank,
    "MRR": reciprocal,
    "mAP": average_precision,
    "mAP@R": average_precision_at_r,
    "R-Precision": r_precision,
}


def over_all_orders(scores: np.ndarray, relevant: set[int], value: Value) -> tuple[float, float, float]:
    """The mean, lowest and highest value over every order in which ties can be broken."""
    values = []
    for order in permutations(range(len(scores))):
        ranking = sorted(order, key=lambda candidate: -scores[candidate])
        values.append(value([candidate in relevant for candidate in ranking], len(relevant)))
    return float(np.mean(values)), min(values), max(values)
