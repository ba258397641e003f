"""A read-only mapping filled by scanning one package, so that adding an entry is adding one file."""

import difflib
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from splits.errors import UnknownNameError
from splits.shown import quoted


class Named(Protocol):
    """Anything with a name: what a catalogue can hold."""

    @property
    def name(self) -> str:
        """The name under which the entry is found."""
        ...


T = TypeVar("T", bound=Named)


def natural_key(text: str) -> tuple[tuple[int, str], ...]:
    """Sort numbers inside names by value, so that R@5 comes before R@10."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text))


def near_names(name: str, known: list[str]) -> str:
    """Ask whether a near name was meant, as a sentence with a leading space; empty when none is near."""
    near = difflib.get_close_matches(name, known, cutoff=0.5)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def unknown_name_message(kind: str, name: str, known: list[str]) -> str:
    """Say that there is no such name, suggest near ones, and list all."""
    return f"There is no {kind} named {quoted(name)}.{near_names(name, known)} Known names: {', '.join(known)}."


class Catalog(Mapping[str, T], Generic[T]):
    """The instances of one type found at module level in one package, by name.

    The package is scanned on first use, so an entry may import the module that owns the catalogue.
    """

    def __init__(self, kind: type[T], package: str, *, label: str | None = None) -> None:
        self._kind = kind
        self._package = package
        self._label = label or kind.__name__.lower()

    @cached_property
    def _entries(self) -> dict[str, T]:
        entries: dict[str, T] = {}
        root = importlib.import_module(self._package)
        for info in pkgutil.iter_modules(root.__path__, f"{self._package}."):
            for value in vars(importlib.import_module(info.name)).values():
                if isinstance(value, self._kind) and entries.setdefault(value.name, value) is not value:
                    raise ValueError(f"{info.name} defines a second {value.name!r} in {self._package}.")
        return entries

    def __getitem__(self, name: str) -> T:
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownNameError(unknown_name_message(self._label, name, list(self._entries))) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
