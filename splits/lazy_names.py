"""Public names of a package that are loaded when they are first used: one implementation for every package."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def names_from(package: str, homes: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """Return what a package calls `__getattr__`.

    Args:
        package: Its name.
        homes: Modules, with the names that the package takes from each. A type checker needs the same names imported
            below `if TYPE_CHECKING`.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def look_up(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(home_of[name]), name)

    return look_up
