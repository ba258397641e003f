"""Say in what two splits differ: other ids, another order, or other pairs."""

from collections.abc import Sequence

from splits.shown import quoted
from splits.split import Split


def explain_difference(expected: Split, found: Split) -> str | None:
    """Return a sentence on the first kind of difference, or None when the digests agree."""
    if expected.digest == found.digest:
        return None
    for kind, wanted, got in (
        ("images", expected.image_ids, found.image_ids),
        ("captions", expected.caption_ids, found.caption_ids),
    ):
        if wanted != got:
            return _differing_ids(kind, wanted, got, expected.name)
    return _differing_pairs(expected, found)


def _differing_ids(kind: str, wanted: Sequence[str], got: Sequence[str], name: str) -> str:
    extra, missing = set(got) - set(wanted), set(wanted) - set(got)
    if not extra and not missing:
        position = next(i for i, (a, b) in enumerate(zip(wanted, got, strict=True)) if a != b)
        return (
            f"It has the {len(wanted):,} {kind} of {name} in another order, first at position {position}:"
            f" expected {quoted(wanted[position])}, found {quoted(got[position])}. Order is part of a split."
        )
    parts = []
    if extra:
        position = next(i for i, value in enumerate(got) if value in extra)
        parts.append(
            f"Not in {name}: {len(extra):,} of its {len(got):,} {kind}, first {quoted(got[position])} at position"
            f" {position}."
        )
    if missing:
        position = next(i for i, value in enumerate(wanted) if value in missing)
        parts.append(
            f"Missing: {len(missing):,} of the {len(wanted):,} {kind} of {name},"
            f" first {quoted(wanted[position])} of position {position}."
        )
    return " ".join(parts)


def _differing_pairs(expected: Split, found: Split) -> str:
    wanted = set(map(tuple, expected.pairs.tolist()))
    got = set(map(tuple, found.pairs.tolist()))
    caption, image = min(wanted ^ got)
    where = "only in the file" if (caption, image) in got else "only in the official split"
    return (
        f"It has the images and captions of {expected.name}, but {len(wanted ^ got):,} pairs differ, first caption"
        f" {quoted(found.caption_ids[caption])} with image {quoted(found.image_ids[image])}, {where}."
    )
