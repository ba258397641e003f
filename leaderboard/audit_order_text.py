"""What an audit says of the order of systems, in a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from leaderboard.escapes import one_line
from splits.terminal import print_table

_BEYOND = {True: "beyond noise", False: "within noise", None: "of unknown noise"}
MOST_FLIPS = 12
"""More are counted only; the document has all."""


def print_orders(orders: Sequence[Mapping[str, Any]]) -> None:
    """Print how far lists agree on the order of systems, and which pairs change places."""
    for one in orders:
        typer.echo(f"\nOrder by rsum on {one['protocol']}, {one['first']} against {one['second']}: {_agreement(one)}")
        print_flips(one["flips"], one["first"], one["second"])
        _print_improvements(one["improvements"], one["first"], one["second"])


def _print_improvements(found: Mapping[str, Any], first: str, second: str) -> None:
    typer.echo(
        one_line(f"What is gained over {found['baseline']}, in points; root mean square error {_points(found['rmse'])}")
    )
    rows = [
        [
            one_line(one["system"]),
            f"{100 * one['first']:+.1f}",
            f"{100 * one['second']:+.1f}",
            "-" if one["effect_ratio"] is None else f"{one['effect_ratio']:.2f}",
            "-" if (delta := one["delta_relative_improvement"]) is None else f"{delta:+.3f}",
        ]
        for one in found["systems"]
    ]
    print_table(["system", first, second, "effect ratio", "delta relative improvement"], rows)


def print_flips(flips: Sequence[Mapping[str, Any]], first: str, second: str) -> None:
    """Print the pairs that change places, a line each."""
    for flip in flips[:MOST_FLIPS]:
        text = (
            f"  {flip['ahead_in_first']} is ahead of {flip['ahead_in_second']} by {_points(flip['gap_in_first'])} as"
            f" {first} ({_BEYOND[flip['beyond_noise_in_first']]}) and behind by {_points(flip['gap_in_second'])} as"
            f" {second} ({_BEYOND[flip['beyond_noise_in_second']]})."
        )
        typer.echo(one_line(text))
    if len(flips) > MOST_FLIPS:
        typer.echo(f"  And {len(flips) - MOST_FLIPS} more pairs; --json has all.")


def print_replication(lists: Sequence[Mapping[str, Any]]) -> None:
    """Print whether the order carries to other datasets, and what is lost from scenes to objects."""
    for one in lists:
        if one["comparisons"]:
            typer.echo(f"\nDoes the order of the systems carry to other datasets ({one['list']}, by rsum)?")
            typer.echo(f"  Of the same type: {one['same_type']}. Of the other type: {one['other_type']}.")
        for pair in one["comparisons"]:
            kind = "same type" if pair["same_type"] else "scene against object"
            typer.echo(f"  {pair['first']} and {pair['second']} ({kind}): {_agreement(pair)}")
        _print_drops(one["drops"])


def print_pairs(boards: Sequence[Mapping[str, Any]]) -> None:
    """Print wins, ties and losses of every system of a board."""
    for board in boards:
        left = board["n_systems"] - board["n_compared"]
        typer.echo(
            f"\nEvery two systems on {board['protocol']}, by rsum: paired test over images with Holm's correction"
            f" over {len(board['pairs'])} pairs, and the test over seeds"
            + (f"; the {board['n_compared']} best of {board['n_systems']}" if left else "")
        )
        rows = [
            [one_line(name), str(tally["wins"]), str(tally["ties"]), str(tally["losses"])]
            for name, tally in board["tallies"].items()
        ]
        print_table(["system", "wins", "ties", "losses"], rows)


def print_stability(lists: Sequence[Mapping[str, Any]]) -> None:
    """Print how much systems move with their seed, and the least gap that so many seeds tell apart."""
    for one in lists:
        typer.echo(f"\nSeeds on {one['protocol']} ({one['list']}): rsum in points; equal runs count once")
        rows = [
            [
                one_line(own["system"]),
                str(own["n"]),
                *(f"{100 * own[name]:.1f}" for name in ("mean", "std", "range", "significant_gap", "detectable_gap")),
            ]
            for own in one["systems"]
        ]
        print_table(["system", "runs", "mean", "std", "range", "significant gap", "gap found in 80 % of studies"], rows)
        for own in one["neighbours"]:
            if own["overlap"]:
                text = f"  The runs of {own['behind']} reach into those of {own['ahead']}: gap {_points(own['gap'])}."
                typer.echo(one_line(text))


def _print_drops(drops: Sequence[Mapping[str, Any]]) -> None:
    if not drops:
        return
    rows = [
        [
            one_line(one["system"]),
            f"{100 * one['scene']:.1f}",
            f"{100 * one['object']:.1f}",
            "-" if one["relative"] is None else f"{100 * one['relative']:.1f} %",
        ]
        for one in drops
    ]
    print_table(["system", "scene, mean rsum", "object, mean rsum", "lost from scene to object"], rows)


def _agreement(one: Mapping[str, Any]) -> str:
    if one["n_pairs"] == 1:
        how = "in the same order" if not one["flips"] else "in the other order"
        return f"two systems, {how}, which says nothing of others."
    tau = "no tau, as one list ties all systems" if one["tau"] is None else f"Kendall's tau {one['tau']:.2f}"
    between = f" [{one['interval'][0]:.2f}, {one['interval'][1]:.2f}]" if one["interval"] else ""
    chance = "" if one["pvalue"] is None else f", as far from 0 in {100 * one['pvalue']:.1f} % of unrelated orders"
    same = f"{100 * one['agreement']:.0f} % of {one['n_pairs']} pairs in the same order"
    return f"{len(one['systems'])} systems, {tau}{between}{chance}; {same}."


def _points(gap: float) -> str:
    return f"{100 * gap:.1f} points"
