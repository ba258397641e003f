"""WHAT is measured: datasets and frozen splits, identified by name and digest.

The public names are loaded when first used: every command imports this package for its errors, and the help of the
command must not wait for numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from splits.catalog import Catalog
    from splits.errors import RematchError, SplitError, UnknownNameError
    from splits.judgments import Direction, Judgments, Relevance
    from splits.loading import SPLITS, load_split
    from splits.split import ORIGINAL, CaptionPolicy, Centricity, Dataset, Split, SplitDefinition

_HOMES = {
    "splits.catalog": ("Catalog",),
    "splits.errors": ("RematchError", "SplitError", "UnknownNameError"),
    "splits.judgments": ("Direction", "Judgments", "Relevance"),
    "splits.loading": ("SPLITS", "load_split"),
    "splits.split": ("ORIGINAL", "CaptionPolicy", "Centricity", "Dataset", "Split", "SplitDefinition"),
}

__all__ = [
    "ORIGINAL",
    "SPLITS",
    "CaptionPolicy",
    "Catalog",
    "Centricity",
    "Dataset",
    "Direction",
    "Judgments",
    "Relevance",
    "RematchError",
    "Split",
    "SplitDefinition",
    "SplitError",
    "UnknownNameError",
    "load_split",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
