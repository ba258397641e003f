"""Several runs of one system that are no evidence of its spread, because they are the same."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def identical_groups(fingerprints: Mapping[Key, Sequence[str | None]]) -> list[tuple[Key, ...]]:
    """Group runs that share a fingerprint, such as the file's SHA-256 or the digest of its ranks.

    Args:
        fingerprints: For each run what identifies its content; equal in any of them is the same. None is unknown.

    Returns:
        The groups of two runs or more, in the order of their first run.

    >>> identical_groups({0: ["a", "x"], 1: ["b", "x"], 2: ["c", None]})
    [(0, 1)]
    """
    group_of: dict[Key, int] = {}
    seen: dict[tuple[int, str], int] = {}
    for number, (key, own) in enumerate(fingerprints.items()):
        marks = [(kind, mark) for kind, mark in enumerate(own) if mark is not None]
        joined = {seen[mark] for mark in marks if mark in seen}
        target = min(joined, default=number)
        group_of[key] = target
        for other, group in group_of.items():
            if group in joined:
                group_of[other] = target
        seen = {mark: target if group in joined else group for mark, group in seen.items()}
        seen.update(dict.fromkeys(marks, target))
    groups: dict[int, list[Key]] = {}
    for key, group in group_of.items():
        groups.setdefault(group, []).append(key)
    return [tuple(keys) for _, keys in sorted(groups.items()) if len(keys) > 1]
