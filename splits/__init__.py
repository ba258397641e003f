"""WHAT is measured: datasets and frozen splits, identified by name and digest.

The public names are loaded when first used: every command imports this package for its errors, and the help of the
command must not wait for numpy.
"""

from typing import TYPE_CHECKING

from splits.lazy_names import names_from

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

if not TYPE_CHECKING:  # a type checker takes the names from the imports, and refuses any other
    __getattr__ = names_from(__name__, _HOMES)
