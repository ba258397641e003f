"""What goes with a higher R@1: systems as points with what is known of them, measured here or stated by a source."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import atanh, isnan, sqrt, tanh

import pandas as pd

from evaluator.audit.claim import Claim, Kind
from leaderboard.board_runs import IDENTITY, with_names
from leaderboard.remarks import variant_of
from submissions.system_facts import Interaction, SystemFacts, SystemsFile

COLUMNS = ("system", "value", "printed", "parameters", "data", "pairs", "interaction", "hard negatives")
NOT_PRETRAINED = "no pre-training"
WITH, WITHOUT = "with hard negatives", "without hard negatives"
ABLATION = "hard negatives"
"""What rao2022 calls what it took away."""
FEWEST = 5
"""Of fewer points no correlation is given."""
INTERACTIONS = {
    Interaction.WITHIN: "a: within each modality",
    Interaction.BETWEEN: "b: between the modalities",
    Interaction.BOTH: "c: within and between",
}
_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Association:
    """How far two lists go together."""

    n: int
    tau: float | None
    """Kendall's tau-b; None for few points, or where one list ties all."""
    interval: tuple[float, float] | None
    """95 %, as if the points were drawn from many like them; None where tau is, or is -1 or 1."""


def measured_points(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the systems of a board as points, of each its newest submission.

    Args:
        table: The rows of the board.
        metric: Its column, such as `i2t R@1`.
    """
    told = table.assign(variant=table["badges"].map(lambda badges: ", ".join(variant_of(badges))))
    newest = told.sort_values("created", kind="stable").drop_duplicates(IDENTITY, keep="last")
    (rows,) = with_names(newest[newest[metric].notna()])
    return pd.DataFrame(
        {
            "system": rows["name"],
            "value": rows[metric],
            "printed": None,
            "parameters": rows["parameters"].astype("Float64").astype(float),
            "data": rows["pretraining_data"].map(_data, na_action="ignore"),
            "pairs": rows["pretraining_pairs"].astype("Float64").astype(float),
            "interaction": rows["interaction"],
            "hard negatives": rows["hard_negatives"].map({True: WITH, False: WITHOUT}),
        },
        columns=list(COLUMNS),
    ).sort_values("value", ascending=False, kind="stable", ignore_index=True)


def _data(names: Iterable[str]) -> str:
    return ", ".join(names) or NOT_PRETRAINED


def claimed_points(
    claims: Iterable[Claim], facts: SystemsFile, *, ground: str, kind: Kind, metric: str
) -> pd.DataFrame:
    """Return the systems of a source as points.

    Args:
        claims: Of the source; single runs and ablations are left out.
        facts: What the source says of the systems; one of which it says nothing is left out.
        ground: The protocol or dataset.
        kind: How the source came by the numbers.
        metric: Such as `i2t R@1`.
    """
    rows = [
        _claimed(claim, said)
        for claim in _cells(claims, ground, metric)
        if claim.kind is kind and (said := facts.of(claim.system, claim.variant))
    ]
    points = pd.DataFrame(rows, columns=list(COLUMNS)).drop_duplicates("system")
    return points.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def _cells(claims: Iterable[Claim], ground: str, metric: str) -> list[Claim]:
    return [
        claim
        for claim in claims
        if claim.ground == ground
        and claim.seed is None
        and claim.direction is not None
        and f"{claim.direction.value} {claim.metric}" == metric
    ]


def _claimed(claim: Claim, said: SystemFacts) -> dict[str, object]:
    return {
        "system": claim.name,
        "value": float(claim.printed.value),
        "printed": claim.printed.text,
        "parameters": float(said.n_parameters),
        "data": _data(said.pretraining_data),
        "pairs": float("nan"),
        "interaction": INTERACTIONS[said.interaction],
        "hard negatives": None,
    }


def ablated_pairs(claims: Iterable[Claim], *, ground: str, metric: str) -> pd.DataFrame:
    """Pair what a source measured of a system with the same without hard negatives, the largest gain first."""
    cells = _cells(claims, ground, metric)
    whole = {claim.name: claim for claim in cells if claim.kind is Kind.REPRODUCED}
    without = {claim.name: claim for claim in cells if claim.kind is Kind.ABLATION and claim.ablation == ABLATION}
    rows = [
        {
            "system": name,
            "with": float(whole[name].printed.value),
            "with printed": whole[name].printed.text,
            "without": float(claim.printed.value),
            "without printed": claim.printed.text,
            "gain": float(whole[name].printed.value - claim.printed.value),
        }
        for name, claim in without.items()
        if name in whole
    ]
    columns = ["system", "with", "with printed", "without", "without printed", "gain"]
    return pd.DataFrame(rows, columns=columns).sort_values("gain", ascending=False, kind="stable", ignore_index=True)


def column_of(points: pd.DataFrame, against: str) -> str:
    """Name the column that a choice of the viewer means: of pre-training its size where any is known, else the data."""
    if against == "pre-training":
        return "pairs" if (points["pairs"] > 0).any() else "data"
    return against


def association(points: pd.DataFrame, name: str) -> Association:
    """Return how far a number goes with the value, over the points that have it.

    The interval is that of Fieller, Hartley and Pearson (1957): tanh of atanh(tau) ± 1.96 √(0.437 / (n - 4)).
    """
    from scipy.stats import kendalltau

    known = points[points[name].notna()]
    n = len(known)
    tau = float(kendalltau(known[name], known["value"]).statistic) if n >= FEWEST else float("nan")
    if isnan(tau):
        return Association(n, None, None)
    if abs(tau) > 1 - 1e-12:
        return Association(n, tau, None)
    half = _Z95 * sqrt(0.437 / (n - 4))
    return Association(n, tau, (tanh(atanh(tau) - half), tanh(atanh(tau) + half)))
