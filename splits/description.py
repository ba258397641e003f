"""Describe a split or an entry of the catalogue as plain data, for `--json` and for pages."""

from typing import Any

from splits.loading import SPLITS, is_available
from splits.split import ORIGINAL, Split, SplitDefinition

AT_HAND, NOT_BUILT = "at hand", "not built"
PINNED, NOT_PINNED = "pinned", "not pinned yet"


def describe(split: Split | SplitDefinition) -> dict[str, Any]:
    """Return name, provenance, counts and digest, whether its data is at hand and its digest pinned, ready for JSON.

    A definition is described without loading its data, so counts or digest may be None.
    """
    dataset = split.dataset
    return {
        "name": split.name,
        "title": dataset.title,
        "centricity": dataset.centricity.value,
        "images": split.n_images,
        "captions": split.n_captions,
        "digest": split.digest,
        "data": _data(split),
        "pinning": _pinning(split),
        "caption_policies": [policy.value for policy in split.caption_policies],
        "licence": dataset.licence,
        "citation": dataset.citation,
        "source": dataset.source,
        **_more(split),
    }


def describe_in_full(split: Split) -> dict[str, Any]:
    """Add every id in canonical order and every pair as indices, enough to bring scores into order."""
    return {
        **describe(split),
        "image_ids": list(split.image_ids),
        "caption_ids": list(split.caption_ids),
        "pairs": split.pairs.tolist(),
    }


def _more(split: Split | SplitDefinition) -> dict[str, Any]:
    if isinstance(split, SplitDefinition):
        return {"instructions": split.instructions}
    return {"judgments": [ORIGINAL, *split.extended]}


def _data(split: Split | SplitDefinition) -> str:
    return NOT_BUILT if isinstance(split, SplitDefinition) and not is_available(split) else AT_HAND


def _pinning(split: Split | SplitDefinition) -> str:
    pinned = SPLITS[split.name].digest if split.name in SPLITS else None
    return NOT_PINNED if pinned is None else PINNED
