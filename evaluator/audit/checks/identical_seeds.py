"""Runs under different seeds that agree in every cell: one run listed twice, or a seed that governs nothing."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from evaluator.audit.check import AuditFinding, Check, Severity
from evaluator.audit.checks.coincidence import n_telling
from evaluator.audit.claim import Claim
from evaluator.audit.claim_set import ClaimSet, SeriesKey, key_of
from evaluator.audit.wording import joined, placed, titled

NAME = "identical-seeds"
FEWEST_CELLS = 3

Run = list[Claim]


def find(claims: ClaimSet, others: ClaimSet) -> Iterator[AuditFinding]:
    """Return the single runs of one system on one dataset whose cells are all the same, both directions together."""
    del others
    systems: defaultdict[SeriesKey, defaultdict[str, Run]] = defaultdict(lambda: defaultdict(list))
    for claim in claims:
        if claim.seed is not None:
            systems[_system(claim)][claim.seed].append(claim)
    for key, runs in systems.items():
        for same in _identical(runs):
            yield _finding(key, same, of=len(runs))


def _system(claim: Claim) -> SeriesKey:
    """Return a key that all seeds and both directions share; the row is often the seed's."""
    return key_of(claim)._replace(row="", seed=None, direction=None, printed_direction="")


def _identical(runs: dict[str, Run]) -> Iterator[list[Run]]:
    groups: defaultdict[frozenset[tuple[object, str, Decimal]], list[Run]] = defaultdict(list)
    for run in runs.values():
        groups[frozenset((one.direction, one.metric, one.printed.value) for one in run)].append(run)
    yield from (same for same in groups.values() if len(same) > 1 and n_telling(same[0]) >= FEWEST_CELLS)


def _finding(key: SeriesKey, same: list[Run], *, of: int) -> AuditFinding:
    seeds = joined(str(run[0].seed) for run in same)
    cells = ", ".join(f"{placed(claim)} {claim.printed}" for claim in same[0])
    return AuditFinding(
        NAME,
        Severity.WARNING,
        tuple(claim for run in same for claim in run),
        f"{titled(key)}: the runs {seeds} of {of} agree in all {len(same[0])} cells ({cells}).",
        "The system is deterministic, so that the seed governs nothing."
        if len(same) == of
        else "One run stands in the list under two seeds.",
    )


IDENTICAL_SEEDS = Check(NAME, "runs under different seeds that agree in every cell", find)
