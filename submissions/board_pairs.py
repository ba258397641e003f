"""Every two systems of a board against each other, query by query, from the rank counts that are stored."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from evaluator.audit.head_to_head import Contender, Pair, Tally, head_to_head, tallies
from evaluator.audit.stored_counts import by_image_of
from evaluator.by_image import ByImage
from evaluator.counts_codec import decode_counts
from evaluator.protocol import PROTOCOLS
from splits.errors import RematchError
from splits.split import Direction, Split
from submissions.measured_query import MeasuredEvaluation, MeasuredSystem
from submissions.tables import Evaluation, QueryRanks, SubmittedRun

MOST_SYSTEMS = 60
"""The best so many of a board are compared; more make a table that nobody reads."""


def pairs_of_boards(session: Session, systems: Mapping[str, MeasuredSystem]) -> list[dict[str, Any]]:
    """Compare the systems of every board by rsum.

    Args:
        session: Where the rank counts are.
        systems: By name.
    """
    boards: defaultdict[tuple[str, int, str], dict[str, list[MeasuredEvaluation]]] = defaultdict(dict)
    for name, system in systems.items():
        for protocol in dict.fromkeys(one.protocol for one in system.evaluations):
            own = [one for one in system.under(protocol) if ("rsum", "both") in one.values]
            if own and protocol in PROTOCOLS:
                boards[protocol, own[0].version, own[0].split_digest][name] = own
    return [
        compared
        for (protocol, version, digest), own in boards.items()
        if len(own) > 1 and (compared := _board(session, protocol, version, digest, own))
    ]


def _board(
    session: Session, protocol: str, version: int, digest: str, systems: dict[str, list[MeasuredEvaluation]]
) -> dict[str, Any] | None:
    split = _split(session, next(iter(systems.values()))[0])
    if split is None or split.digest != digest or PROTOCOLS[protocol].version != version:
        # Without the split nobody knows which image a query belongs to.
        return None
    best = sorted(systems, key=lambda name: -_mean_rsum(systems[name]))[:MOST_SYSTEMS]
    contenders = [Contender(name, _runs(session, systems[name], split)) for name in best]
    pairs = head_to_head(contenders)
    return {
        "protocol": protocol,
        "protocol_version": version,
        "split_digest": digest,
        "n_systems": len(systems),
        "n_compared": len(best),
        "tallies": {name: _tally(tally) for name, tally in tallies(pairs).items()},
        "pairs": [_pair(one) for one in pairs],
    }


def _runs(session: Session, evaluations: Sequence[MeasuredEvaluation], split: Split) -> tuple[ByImage, ...]:
    """Return what each image contributes to the runs that differ: what is sent twice is evidence once."""
    distinct = {one.ranks_sha256 or str(one.id): one for one in evaluations}
    return tuple(
        by_image_of(_counts(session, one.id), PROTOCOLS[one.protocol], split, seed=one.seed)
        for one in distinct.values()
    )


def _counts(session: Session, evaluation_id: UUID) -> dict[Direction, Any]:
    rows = session.exec(select(QueryRanks).where(col(QueryRanks.evaluation_id) == evaluation_id)).all()
    return {Direction(row.direction): decode_counts(row.content) for row in rows}


def _split(session: Session, evaluation: MeasuredEvaluation) -> Split | None:
    """Return the split that an evaluation was scored on; None where it is not here any more."""
    from splits.loading import load_split
    from submissions.again import stored_file

    own = session.exec(
        select(SubmittedRun.split_file_sha256)
        .join(Evaluation, col(Evaluation.run_id) == col(SubmittedRun.id))
        .where(col(Evaluation.id) == evaluation.id)
    ).one()
    try:
        return load_split(stored_file(own) or evaluation.split)
    except RematchError:
        return None


def _mean_rsum(evaluations: Sequence[MeasuredEvaluation]) -> float:
    return sum(one.values["rsum", "both"].expected for one in evaluations) / len(evaluations)


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
