"""Every two systems of a board against each other, image by image, from what is stored of every result."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from evaluator.audit.head_to_head import Contender, Pair, Tally, head_to_head, tallies
from evaluator.by_image import ByImage
from evaluator.effects_codec import decode_effects
from evaluator.protocol import RSUM
from submissions.measured_query import BOTH, MeasuredEvaluation, MeasuredSystem
from submissions.tables import ImageEffects

MOST_SYSTEMS = 60
"""The best so many of a board are compared; more make a table that nobody reads."""


def pairs_of_boards(session: Session, systems: Mapping[str, MeasuredSystem]) -> list[dict[str, Any]]:
    """Compare the systems of every board by rsum.

    Args:
        session: Where it is stored what every image does to a result.
        systems: By name.
    """
    boards: defaultdict[tuple[str, int, str], dict[str, list[MeasuredEvaluation]]] = defaultdict(dict)
    for name, system in systems.items():
        for protocol in dict.fromkeys(one.protocol for one in system.evaluations):
            own = [one for one in system.under(protocol) if (RSUM, BOTH) in one.values]
            if own:
                boards[protocol, own[0].version, own[0].split_digest][name] = own
    compared = (_board(session, *board, own) for board, own in boards.items() if len(own) > 1)
    return [one for one in compared if one is not None]


def _board(
    session: Session, protocol: str, version: int, digest: str, systems: dict[str, list[MeasuredEvaluation]]
) -> dict[str, Any] | None:
    best = sorted(systems, key=lambda name: -_mean_rsum(systems[name]))[:MOST_SYSTEMS]
    effects = _effects(session, [one.id for name in best for one in systems[name]])
    contenders = [Contender(name, runs) for name in best if (runs := _runs(systems[name], effects))]
    if len(contenders) < 2:
        return None
    pairs = head_to_head(contenders)
    return {
        "protocol": protocol,
        "protocol_version": version,
        "split_digest": digest,
        "n_systems": len(systems),
        "n_compared": len(contenders),
        "tallies": {name: _tally(tally) for name, tally in tallies(pairs).items()},
        "pairs": [_pair(one) for one in pairs],
    }


def _effects(session: Session, evaluation_ids: Sequence[UUID]) -> dict[UUID, ImageEffects]:
    rows = session.exec(
        select(ImageEffects).where(
            col(ImageEffects.evaluation_id).in_(evaluation_ids), col(ImageEffects.metric) == RSUM
        )
    )
    return {row.evaluation_id: row for row in rows}


def _runs(evaluations: Sequence[MeasuredEvaluation], effects: Mapping[UUID, ImageEffects]) -> tuple[ByImage, ...]:
    """Return the runs that differ, none where what images do to one of them is not stored."""
    distinct = {one.ranks_sha256 or str(one.id): one for one in evaluations}
    if any(one.id not in effects for one in distinct.values()):
        return ()
    return tuple(
        ByImage(one.values[RSUM, BOTH].expected, decode_effects(effects[one.id].content), effects[one.id].n_clusters)
        for one in distinct.values()
    )


def _mean_rsum(evaluations: Sequence[MeasuredEvaluation]) -> float:
    return sum(one.values[RSUM, BOTH].expected for one in evaluations) / len(evaluations)


def _tally(tally: Tally) -> dict[str, int]:
    return {"wins": tally.wins, "ties": tally.ties, "losses": tally.losses}


def _pair(one: Pair) -> dict[str, Any]:
    return {
        "first": one.first,
        "second": one.second,
        "gap": one.test.gap,
        "ci95": list(one.test.ci95),
        "pvalue": one.test.pvalue,
        "adjusted": one.adjusted,
        "seeds_pvalue": one.seeds_pvalue,
        "outcome": one.outcome.value,
    }
