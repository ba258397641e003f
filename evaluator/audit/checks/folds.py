"""Numbers on a whole gallery that do not fit those of the same system on folds of it, such as COCO 5K and 1K.

A fold has fewer candidates, so no query does worse in it; and how much better it does follows, within bounds, from the
recalls on the whole gallery.
"""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from evaluator.audit.check import AuditFinding, Check, Severity
from evaluator.audit.claim import Claim
from evaluator.audit.claim_set import ClaimSet, Series, SeriesKey
from evaluator.audit.thinning import recall_in_folds
from evaluator.audit.wording import listed, named, shown, titled
from evaluator.protocol import PROTOCOLS
from splits import SPLITS
from splits.split import Direction

NAME = "whole-against-folds"

MARGIN = 0.01
"""Beyond the bounds by a point: folds in a fixed order are no random ones, and rounding adds its part."""
LEVEL = range(5, 96)
"""Percent between which a recall that gains less than the margin in the folds is at their level."""


def find(claims: ClaimSet, others: ClaimSet) -> Iterator[AuditFinding]:
    """Return every system whose numbers on the whole gallery and on its folds exclude each other."""
    del others
    by_key = {_unplaced(series.key): series for series in claims.series}
    for series in claims.series:
        for whole_name, folds in wholes_of(series.key.protocol):
            whole = by_key.get(_unplaced(series.key)._replace(protocol=whole_name))
            if whole is not None:
                yield from _compare(whole, series, folds)


@cache
def wholes_of(protocol: str | None) -> tuple[tuple[str, int], ...]:
    """Return the protocols that rank the whole gallery of which a protocol ranks folds, with the number of folds."""
    if protocol not in PROTOCOLS or protocol is None:
        return ()
    folded = PROTOCOLS[protocol]
    if folded.folds is None or folded.split is None:
        return ()
    images = SPLITS[folded.split]
    return tuple(
        (one.name, folded.folds.count)
        for one in PROTOCOLS.values()
        if one.folds is None
        and one.split is not None
        and (one.judgments, one.captions) == (folded.judgments, folded.captions)
        and (SPLITS[one.split].dataset, SPLITS[one.split].n_images) == (images.dataset, images.n_images)
    )


def _unplaced(key: SeriesKey) -> SeriesKey:
    """Return a key that does not depend on where and how the source prints the two protocols."""
    return key._replace(table="", row="", dataset="", printed_direction="")


def _compare(whole: Series, folded: Series, folds: int) -> Iterator[AuditFinding]:
    above, level = [], []
    for _, in_folds in folded.recalls():
        in_whole = whole.claims.get(in_folds.metric)
        if in_whole is None:
            continue
        if in_whole.printed.low > in_folds.printed.high:
            above.append((in_whole, in_folds))
        elif _is_level(in_whole, in_folds):
            level.append((in_whole, in_folds))
    if above:
        yield _finding(Severity.ERROR, above, _told("above", whole, folded, above))
    elif level:
        yield _finding(Severity.WARNING, level, _told("at the level of", whole, folded, level))
    else:
        yield from _out_of_bounds(whole, folded, folds)


def _is_level(in_whole: Claim, in_folds: Claim) -> bool:
    share = float(in_whole.printed.value)
    return int(100 * share) in LEVEL and float(in_folds.printed.value) - share < MARGIN


def _told(how: str, whole: Series, folded: Series, pairs: list[tuple[Claim, Claim]]) -> str:
    told = ", ".join(f"{named(one)} {how} {other.printed}" for one, other in pairs)
    return f"{titled(whole.key)} against {folded.key.protocol}: {told}. With fewer candidates every query does better."


def _out_of_bounds(whole: Series, folded: Series, folds: int) -> Iterator[AuditFinding]:
    recalls = [(k, float(claim.printed.value)) for k, claim in whole.recalls()]
    if not recalls or any(b < a for (_, a), (_, b) in pairwise(recalls)):
        return
    is_i2t = folded.key.direction is Direction.I2T
    wrong, told = [], []
    for k, claim in folded.recalls():
        if is_i2t and k > 1:
            continue
        bounds = recall_in_folds(k, recalls, folds, per_image=_captions_per_image(whole) if is_i2t else 1)
        if not bounds.low - MARGIN <= float(claim.printed.value) <= bounds.high + MARGIN:
            wrong.append(claim)
            low, high = (shown(bound, claim) for bound in (bounds.low, bounds.high))
            told.append(f"{named(claim)}, where the whole gallery's numbers allow {low} to {high}")
    if wrong:
        given = [claim for _, claim in whole.recalls()]
        text = f"{titled(whole.key)}: {listed(given)}; on {folded.key.protocol}: {'; '.join(told)}."
        yield AuditFinding(NAME, Severity.WARNING, (*given, *wrong), text, _INNOCENT)


def _captions_per_image(whole: Series) -> int:
    sizes = [(one.n_captions, one.n_images) for one in whole.claims.values() if one.n_captions and one.n_images]
    return max((-(-captions // images) for captions, images in sizes), default=5)


_INNOCENT = "The two were measured on different runs of the system, such as a single model here and an ensemble there."


def _finding(severity: Severity, pairs: list[tuple[Claim, Claim]], text: str) -> AuditFinding:
    return AuditFinding(NAME, severity, tuple(claim for pair in pairs for claim in pair), text, _INNOCENT)


FOLDS = Check(NAME, "numbers on a whole gallery that do not fit those on its folds, as COCO 5K and 1K", find)
