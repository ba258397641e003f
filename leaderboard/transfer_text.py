"""What the order of systems on scenes says of their order on objects, in sentences with the numbers."""

import pandas as pd

from evaluator.audit.order import Flip
from evaluator.audit.replication import Carries
from leaderboard.components import percent
from leaderboard.transfer import Transfer

_MEANINGS = {
    Carries.WHOLLY: "What is better on scenes is better on objects here.",
    Carries.WITHIN_NOISE: "No change is beyond noise: these numbers give no reason to think that the order differs.",
    Carries.OPEN: "The noise of some of these numbers is not known, so whether the true order differs stays open.",
    Carries.NOT: "The order on scenes does not hold on objects.",
}
FEW = 5
"""Of fewer systems even the same order may be chance: of four, one in twelve unrelated orders agrees as well."""


def agreement_sentence(found: Transfer) -> str:
    """Say how far the orders agree: tau with what noise leaves open of it, and the pairs that change."""
    order = found.order
    changed = len(order.flips)
    pairs = f"{order.same} of {order.n_pairs} pairs of systems keep their order from {found.scene} to {found.object}"
    changes = f", {changed} {'changes' if changed == 1 else 'change'} it" if changed else ""
    ties = order.n_pairs - order.same - changed
    tied = f", {ties} {'is' if ties == 1 else 'are'} tied" if ties else ""
    tau = "No tau, as one side ties all systems" if order.tau is None else f"Kendall's tau {order.tau:.2f}"
    return f"{tau}{_interval(found)}: {pairs}{changes}{tied}."


def _interval(found: Transfer) -> str:
    order = found.order
    known, wanted = order.n_noise_known, 2 * len(order.systems)
    if order.interval and known == wanted:
        return f" [{order.interval[0]:.2f}, {order.interval[1]:.2f}]"
    return f" (no interval: the noise of {wanted - known} of the {wanted} values is not known)"


def meaning(found: Transfer) -> str:
    """Say what that means, and for how few systems."""
    words = _MEANINGS[found.carries]
    certain = [flip for flip in found.order.flips if flip.is_certain]
    if certain:
        widest = max(certain, key=lambda flip: min(flip.gap_in_first, flip.gap_in_second))
        words += f" {len(certain)} of the changes {'is' if len(certain) == 1 else 'are'} beyond noise. {_flip(widest)}"
    elif found.order.flips:
        words += f" {_flip(max(found.order.flips, key=lambda flip: min(flip.gap_in_first, flip.gap_in_second)))}"
    n = len(found.order.systems)
    if n < FEW and found.order.pvalue is not None:
        words += f" With {n} systems, {percent(found.order.pvalue)} % of unrelated orders agree or differ as much."
    return words


def _flip(flip: Flip) -> str:
    return (
        f"{flip.ahead_in_first} is ahead of {flip.ahead_in_second} by {percent(flip.gap_in_first)} points of rsum on"
        f" scenes, and behind by {percent(flip.gap_in_second)} on objects."
    )


def drop_sentence(table: pd.DataFrame) -> str:
    """Say who loses least and most from scenes to objects."""
    known = table[table["lost"].notna()].sort_values("lost", kind="stable").to_dict("records")
    if not known:
        return "No relative drop: the values on scenes are 0."
    ends = (f"{row['system']} {_lost(row['lost'])}" for row in (known[0], known[-1]))
    return f"From scenes to objects {' and '.join(ends)}."


def _lost(share: float) -> str:
    return f"{'loses' if share >= 0 else 'gains'} {percent(abs(share))} % of its rsum"


def places_sentence(table: pd.DataFrame) -> str:
    """Say who moves farthest between the two orders: the finding of the slope chart."""
    moved = [row for row in table.to_dict("records") if row["object rank"] != row["scene rank"]]
    if not moved:
        return f"All {len(table)} systems keep their place."
    row = max(moved, key=lambda row: abs(row["object rank"] - row["scene rank"]))
    return (
        f"{len(moved)} of {len(table)} systems {'has' if len(moved) == 1 else 'have'} another place;"
        f" {row['system']} moves farthest, from {row['scene rank']} on scenes to {row['object rank']} on objects."
    )


def values_sentence(found: Transfer) -> str:
    """Say who is best on each side: the finding of the scatter."""
    rows = found.table.to_dict("records")
    first, second = (max(rows, key=lambda row: row[side]) for side in ("scene", "object"))
    words = f"{first['system']} has the highest rsum on {found.scene}, {percent(first['scene'])}"
    if first["system"] == second["system"]:
        return f"{words}, and on {found.object}, {percent(second['object'])}."
    return f"{words}; {second['system']} has the highest on {found.object}, {percent(second['object'])}."
