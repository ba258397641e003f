"""What is known of every checkpoint without loading it: for lists, and for what a reference means."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from evaluator.model import MODELS, Checkpoint, ModelError, ModelFamily, parse_reference
from splits.catalog import natural_key, near_names

_PREFIX = re.compile(r"[a-z-]+:")
REPOSITORY = "ORGANISATION/REPOSITORY"
"""A form of name, in a family's grammar, that any repository of the hub has."""


@dataclass(frozen=True, slots=True)
class Known:
    """A checkpoint in its family, and where its facts come from."""

    family: ModelFamily
    checkpoint: Checkpoint
    is_written_down: bool
    """Whether its facts stand in the family's own table; else they are the installed library's, or nobody's."""

    @property
    def reference(self) -> str:
        """Family and name."""
        return f"{self.family.name}:{self.checkpoint.name}"

    def document(self) -> dict[str, Any]:
        """Return all facts as JSON values."""
        facts = {key: None if value == "" else value for key, value in asdict(self.checkpoint).items()}
        return {
            "reference": self.reference,
            "family": self.family.name,
            **facts,
            "is_written_down": self.is_written_down,
        }


def known_checkpoints(families: Iterable[ModelFamily], *, installed: bool = False) -> list[Known]:
    """List checkpoints by family and name, numbers in names sorted by value.

    Args:
        families: Of which families.
        installed: Whether to ask the installed libraries for theirs, which takes seconds; a family whose packages are
            not installed has only those that are written down.
    """
    found = [Known(family, row, True) for family in families for row in _rows(family, installed=False)]
    if installed:
        found += [Known(family, row, False) for family in families for row in _rows(family, installed=True)]
    return sorted(found, key=lambda one: (one.family.name, natural_key(one.checkpoint.name)))


def written_down(reference: str) -> Checkpoint | None:
    """Return what a family's own table says of a reference; nothing is imported that is heavy.

    Raises:
        ModelError: It is no reference.
        UnknownNameError: There is no such family.
    """
    family, name = parse_reference(reference)
    return next((row for row in family.checkpoints if row.name == name), None)


def find_known(reference: str) -> Known:
    """Return what is known of a reference, be it only that it may be used.

    Raises:
        ModelError: There is no such checkpoint; near names are suggested.
        UnknownNameError: There is no such family.
    """
    family, name = parse_reference(reference)
    for installed in (False, True):
        rows = _rows(family, installed=installed)
        row = next((row for row in rows if row.name == name), None)
        if row is not None:
            return Known(family, row, not installed)
    if family.check is not None:
        family.check(name)
    prefixed = name.startswith(tuple(_PREFIX.findall(family.grammar)))
    if prefixed or (REPOSITORY in family.grammar.split(" | ") and name.count("/") == 1):
        return Known(family, Checkpoint(name, source=name if prefixed else f"hf-hub:{name}", setting=""), False)
    names = [one.checkpoint.name for one in known_checkpoints([family], installed=True)]
    raise ModelError(
        f"{family.name} has no checkpoint named {name!r:.120}.{near_names(name, names)}"
        f" Expected {family.name}:{family.grammar}; all are listed by: rematch models list --family {family.name}"
        f"{' --installed' if family.installed else ''}"
    )


def families_named(name: str | None) -> list[ModelFamily]:
    """Return one family, or all without a name.

    Raises:
        UnknownNameError: There is no such family.
    """
    return [MODELS[name]] if name else sorted(MODELS.values(), key=lambda family: family.name)


def _rows(family: ModelFamily, *, installed: bool) -> Iterable[Checkpoint]:
    if not installed:
        return family.checkpoints
    return () if family.installed is None or family.missing_packages else family.installed()
