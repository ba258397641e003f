"""Means that lie outside what the listed single runs of the same system allow."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from evaluator.audit.check import AuditFinding, Check, Severity
from evaluator.audit.claim import Claim
from evaluator.audit.claim_set import ClaimSet, SeriesKey, key_of
from evaluator.audit.wording import joined, placed, shown, titled

NAME = "mean-outside-seeds"
FEWEST_RUNS = 2

Cell = tuple[SeriesKey, str]


def find(claims: ClaimSet, others: ClaimSet) -> Iterator[AuditFinding]:
    """Return the means that no choice of as many single runs gives, of any source; one finding for each system."""
    runs: defaultdict[Cell, list[Claim]] = defaultdict(list)
    for claim in (*claims, *others):
        if claim.seed is not None:
            runs[_cell(claim)].append(claim)
    wrong: defaultdict[tuple[SeriesKey, Severity], list[tuple[Claim, list[Claim]]]] = defaultdict(list)
    for claim in claims:
        listed = sorted(runs.get(_cell(claim), ()), key=lambda run: run.printed.value) if claim.seed is None else []
        severity = _severity(claim, listed) if len(listed) >= FEWEST_RUNS else None
        if severity:
            block = key_of(claim)._replace(direction=None, printed_direction="")
            wrong[block, severity].append((claim, listed))
    for (block, severity), means in wrong.items():
        yield _finding(block, severity, means)


def _cell(claim: Claim) -> Cell:
    """Return what a mean and its runs have in common; the list of runs often stands elsewhere, as in a repository."""
    key = key_of(claim)._replace(source="", table="", row="", seed=None, printed_direction="")
    return key._replace(dataset="" if claim.protocol else claim.dataset), claim.metric


def _severity(mean: Claim, runs: list[Claim]) -> Severity | None:
    """Return how wrong a mean is: it is that of all runs, or within them, or between the means of the extremes."""
    count = mean.n_seeds or 1
    if count == len(runs):
        wrong = Severity.ERROR if _are_beside(mean, runs) else Severity.WARNING
        return None if _is_within(mean, runs, count=count) else wrong
    if not _is_within(mean, runs, count=1):
        return Severity.WARNING
    return None if count > len(runs) or _is_within(mean, runs, count=count) else Severity.NOTE


def _are_beside(mean: Claim, runs: list[Claim]) -> bool:
    """Whether the runs stand in the table of the mean: what is listed elsewhere may be of other runs."""
    return {(run.source, run.table) for run in runs} == {(mean.source, mean.table)}


def _is_within(mean: Claim, runs: list[Claim], *, count: int) -> bool:
    low = sum((run.printed.low for run in runs[:count]), Decimal(0)) / count
    high = sum((run.printed.high for run in runs[-count:]), Decimal(0)) / count
    return mean.printed.high >= low and mean.printed.low <= high


def _finding(block: SeriesKey, severity: Severity, means: list[tuple[Claim, list[Claim]]]) -> AuditFinding:
    told = "; ".join(_told(mean, runs, severity) for mean, runs in means)
    return AuditFinding(
        NAME,
        severity,
        (*(mean for mean, _ in means), *(run for _, runs in means for run in runs)),
        f"{titled(block)}, against the {len(means[0][1])} runs that {_place(block, means[0][1])}: {told}.",
        "" if severity is Severity.ERROR else "The mean is of other runs than those that are listed.",
    )


def _place(block: SeriesKey, runs: list[Claim]) -> str:
    elsewhere = sorted({run.source for run in runs} - {block.source})
    return f"{joined(elsewhere)} lists" if elsewhere else "are listed"


def _told(mean: Claim, runs: list[Claim], severity: Severity) -> str:
    printed = f"{placed(mean)} {mean.printed}"
    count = mean.n_seeds or 1
    low, high = shown(_mean(runs[:count]), mean), shown(_mean(runs[-count:]), mean)
    if count == len(runs):
        return f"{printed}, the mean of all is {low}"
    if severity is Severity.WARNING:
        return f"{printed}, the runs lie between {runs[0].printed} and {runs[-1].printed}"
    return f"{printed}, the lowest {count} have the mean {low} and the highest {count} {high}"


def _mean(runs: list[Claim]) -> Decimal:
    return sum((run.printed.value for run in runs), Decimal(0)) / len(runs)


SEED_RANGE = Check(NAME, "means outside what the single runs listed for them allow", find)
