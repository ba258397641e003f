"""What the words of a claims file mean here: metrics, protocols, directions, and the numbers that follow from them."""

import re
from functools import cache
from typing import NamedTuple

from evaluator.audit.printed import Scale
from evaluator.errors import ClaimError
from splits.catalog import near_names
from splits.split import Direction
from submissions.claim_columns import BOTH, OVER_BOTH
from submissions.claim_texts import not_one_of

_RECALL = re.compile(r"R@[1-9][0-9]{0,3}")
_COUNT = re.compile(r"[1-9][0-9]{0,8}")


class Measured(NamedTuple):
    """What a protocol measures on."""

    dataset: str
    n_images: int | None
    n_captions: int | None


def metric_of(text: str, where: str) -> str:
    """Return a metric's name.

    Raises:
        ClaimError: There is no such metric.
    """
    if text in _metrics() or text in OVER_BOTH or _RECALL.fullmatch(text):
        return text
    raise not_one_of(text, (*_metrics(), *OVER_BOTH), where)


def is_rank(metric: str) -> bool:
    """Whether a metric is a rank, and so on no scale of shares."""
    return not _metrics().get(metric, True)


def scale_of(text: str, metric: str, where: str, *, declared: Scale | None) -> Scale:
    """Return the scale of a number.

    Args:
        text: What its row says, perhaps nothing.
        metric: What it is a number of.
        where: Where it stands, for messages.
        declared: The scale of the whole file.

    Raises:
        ClaimError: It is not declared, or does not go with the metric.
    """
    if text and text not in list(Scale):
        raise not_one_of(text, tuple(Scale), where)
    stated = Scale(text) if text else Scale.PLAIN if is_rank(metric) else declared
    if stated is None:
        raise ClaimError(
            f"{where}: no scale is declared, and it is never guessed. Write `# scale: percent` or `# scale: fraction`"
            " above the table, or give --scale."
        )
    if (stated is Scale.PLAIN) != is_rank(metric):
        expected = "plain, as it is a rank" if is_rank(metric) else "percent or fraction, as it is a share"
        raise ClaimError(f"{where}: expected the scale of {metric} to be {expected}; found {stated.value}.")
    return stated


def direction_of(text: str, printed: str, metric: str, where: str) -> Direction | None:
    """Return the direction of a number, None for one over both.

    Args:
        text: What its row says.
        printed: The label as printed, which says it too where it is one of our own words.
        metric: What it is a number of.
        where: Where it stands, for messages.

    Raises:
        ClaimError: It is not said, or no direction.
    """
    said = text or (printed if printed in list(Direction) else "")
    if said in list(Direction):
        return Direction(said)
    if said and said != BOTH:
        raise not_one_of(said, (*Direction, BOTH), where)
    if metric in OVER_BOTH:
        return None
    labelled = f" {printed[:40]!r} alone means either in different papers." if printed else ""
    raise ClaimError(
        f"{where}: expected i2t (images ask) or t2i (captions ask) for {metric}, found"
        f" {text or 'nothing'}.{labelled} Say which, and why in direction_reason."
    )


def measured_by(protocol: str, where: str) -> Measured:
    """Return dataset and counts of a protocol, all folds together; None where it asks other queries than the split.

    Raises:
        ClaimError: There is no such protocol, or it belongs to no dataset.
    """
    from evaluator.protocol import PROTOCOLS
    from splits.loading import SPLITS
    from splits.split import ORIGINAL, CaptionPolicy

    splits = {name: one.split for name, one in PROTOCOLS.items() if one.split}
    if protocol not in splits:
        raise not_one_of(protocol, tuple(splits), where)
    found, split = PROTOCOLS[protocol], SPLITS[splits[protocol]]
    if found.judgments != ORIGINAL:
        return Measured(split.dataset.name, None, None)
    one = found.captions is CaptionPolicy.ONE
    return Measured(split.dataset.name, split.n_images, split.n_images if one else split.n_captions)


def count_of(text: str, where: str) -> int | None:
    """Return a count, None where nothing is said.

    Raises:
        ClaimError: It is none.
    """
    if not text:
        return None
    digits = text.replace(",", "")
    if _COUNT.fullmatch(digits) is None:
        raise ClaimError(f"{where}: expected a whole number from 1, such as 5000; found {text[:40]!r}.")
    return int(digits)


def dataset_of(text: str, measured: Measured | None, where: str) -> str:
    """Return the dataset, which must be the one of the protocol.

    Raises:
        ClaimError: It is another.
    """
    if measured is None:
        return text
    if text and text != measured.dataset:
        near = near_names(text[:60], [measured.dataset])
        raise ClaimError(
            f"{where}: the protocol is one of the dataset {measured.dataset}, found {text[:60]!r}.{near}"
            " Leave one of them out."
        )
    return measured.dataset


@cache
def _metrics() -> dict[str, bool]:
    from evaluator.metric import METRICS

    return {name: metric.is_fraction for name, metric in METRICS.items()}
