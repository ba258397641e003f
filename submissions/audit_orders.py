"""The order of systems, its stability and how it carries between datasets, as plain values of an audit."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluator.audit.levels import Levels
from evaluator.audit.order import Flip, OrderAgreement, agreement_of_order
from evaluator.audit.replication import Comparison, DatasetValues, Replication, replication
from evaluator.audit.stability import (
    Neighbours,
    SeedSpread,
    least_detectable_gap,
    least_significant_gap,
    neighbours,
    spreads_of,
)
from evaluator.protocol import PROTOCOLS
from splits.split import Dataset
from submissions.audit_improvements import improvements


def orders(first: Levels, second: Levels, *, names: tuple[str, str]) -> list[dict[str, Any]]:
    """Compare the order of the systems that two lists share, on each protocol that has two of them.

    Args:
        first: Levels by protocol and system.
        second: Others, under the same names.
        names: What the lists are, such as reported and reproduced.
    """
    found = []
    for protocol, values in first.items():
        again = second.get(protocol, {})
        if len(values.keys() & again.keys()) > 1:
            agreed = agreement_of_order(values, again)
            told = {"protocol": protocol, "first": names[0], "second": names[1], **_agreement(agreed)}
            found.append({**told, "improvements": improvements(values, again)})
    return found


def across_datasets(levels: Levels, *, name: str) -> dict[str, Any] | None:
    """Compare the order of the systems of one list between datasets; None where there is nothing to compare.

    Of each dataset the protocol counts that most systems have: another one on the same pictures is no other dataset.

    Args:
        levels: By protocol and system.
        name: What the list is.
    """
    largest: dict[Dataset, str] = {}
    for protocol, values in levels.items():
        dataset = dataset_of(protocol)
        if dataset is not None and len(values) > len(levels.get(largest.get(dataset, ""), {})):
            largest[dataset] = protocol
    found = replication(
        [DatasetValues(protocol, dataset.centricity, levels[protocol]) for dataset, protocol in largest.items()]
    )
    return _replication(found, name) if found.comparisons or found.drops else None


def dataset_of(ground: str) -> Dataset | None:
    """Return the dataset of a protocol, or of that name; None where neither is one of ours."""
    from splits.loading import SPLITS

    if ground in PROTOCOLS:
        split = PROTOCOLS[ground].split
        return SPLITS[split].dataset if split is not None else None
    return next((one.dataset for one in SPLITS.values() if one.dataset.name == ground), None)


def stability(runs: Mapping[str, Mapping[str, Sequence[float]]], *, name: str) -> list[dict[str, Any]]:
    """Tell how much the level of every system moves with its seed, on each protocol.

    Args:
        runs: The values of single runs by protocol and system.
        name: What the list is.
    """
    found = []
    for protocol, systems in runs.items():
        spreads = [one for one in spreads_of(systems) if len(one.values) > 1]
        if spreads:
            rows = [_spread(one) for one in spreads]
            pairs = [_neighbour(one) for one in neighbours(spreads)]
            found.append({"protocol": protocol, "list": name, "systems": rows, "neighbours": pairs})
    return found


def _agreement(agreed: OrderAgreement) -> dict[str, Any]:
    is_known = agreed.n_noise_known == 2 * len(agreed.systems)
    return {
        "systems": list(agreed.systems),
        "only_in_first": list(agreed.only_in_first),
        "only_in_second": list(agreed.only_in_second),
        "tau": agreed.tau,
        # Where the noise of some values is unknown, that of the others would look too sure.
        "interval": list(agreed.interval) if agreed.interval and is_known else None,
        "n_noise_known": agreed.n_noise_known,
        "pvalue": agreed.pvalue,
        "agreement": agreed.agreement,
        "n_pairs": agreed.n_pairs,
        "flips": [_flip(one) for one in agreed.flips],
    }


def _flip(one: Flip) -> dict[str, Any]:
    return {
        "ahead_in_first": one.ahead_in_first,
        "ahead_in_second": one.ahead_in_second,
        "gap_in_first": one.gap_in_first,
        "gap_in_second": one.gap_in_second,
        "beyond_noise_in_first": one.beyond_in_first,
        "beyond_noise_in_second": one.beyond_in_second,
    }


def _replication(found: Replication, name: str) -> dict[str, Any]:
    return {
        "list": name,
        "same_type": found.carries(same_type=True).value,
        "other_type": found.carries(same_type=False).value,
        "comparisons": [_comparison(one) for one in found.comparisons],
        "drops": [
            {
                "system": one.system,
                "scene": one.scene,
                "object": one.object,
                "n_scene": one.n_scene,
                "n_object": one.n_object,
                "relative": one.relative,
            }
            for one in found.drops
        ],
    }


def _comparison(one: Comparison) -> dict[str, Any]:
    return {"first": one.first, "second": one.second, "same_type": one.same_type, **_agreement(one.order)}


def _spread(one: SeedSpread) -> dict[str, Any]:
    std = one.std or 0.0
    n = len(one.values)
    return {
        "system": one.system,
        "n": n,
        "mean": one.mean,
        "std": std,
        "range": one.range,
        "significant_gap": least_significant_gap(std, n),
        "detectable_gap": least_detectable_gap(std, n),
    }


def _neighbour(one: Neighbours) -> dict[str, Any]:
    return {
        "ahead": one.ahead,
        "behind": one.behind,
        "gap": one.gap,
        "overlap": one.overlap,
        "significant_gap": one.significant_gap,
        "detectable_gap": one.detectable_gap,
    }
