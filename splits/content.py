"""The pictures and captions of a split, in canonical order, as a model needs them."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from splits.digest import sha256_of_file
from splits.errors import DataError
from splits.shown import quoted
from splits.split import Split

if TYPE_CHECKING:
    from PIL.Image import Image

    from splits.file_state import DigestOfFile

__all__ = ["Content", "DataError", "Pictures", "load_content"]


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """The pictures of a split: opened one at a time, from any thread."""

    open: "Callable[[int], Image]"
    """The picture at a canonical index, in RGB, wholly decoded; raises `DataError`, naming the file, if unreadable."""
    digest: "Callable[[DigestOfFile], str]"
    """SHA-256 over the digests of all files in order, each as what it is given digests it, or over all rendered pixels.

    Digests files in threads.
    """


@dataclass(frozen=True, eq=False)
class Content:
    """A split with its pictures and captions."""

    split: Split
    captions: tuple[str, ...]
    """In the split's canonical order; none is empty."""
    pictures: Pictures
    digest_of_file: "DigestOfFile" = sha256_of_file
    """Digests the file of a picture, by reading it unless it was read before."""

    def __post_init__(self) -> None:
        """Check that every caption of the split is there and says something."""
        if len(self.captions) != self.split.n_captions:
            raise DataError(
                f"{self.split.name} has {self.split.n_captions:,} captions, found {len(self.captions):,}."
                f" Check the data: rematch data check {self.split.dataset.name}"
            )
        broken = next((index for index, caption in enumerate(self.captions) if _is_broken(caption)), None)
        if broken is not None:
            raise DataError(
                f"{self.split.name}: caption {quoted(self.split.caption_ids[broken])} at position {broken} is no text:"
                " it has half a character, which no tokeniser can read. Obtain the captions again, in UTF-8."
            )
        empty = [index for index, caption in enumerate(self.captions) if not caption.strip()]
        if empty:
            raise DataError(
                f"{self.split.name}: {len(empty):,} of {len(self.captions):,} captions are empty, first"
                f" {quoted(self.split.caption_ids[empty[0]])} at position {empty[0]}. Obtain the captions again."
            )

    @cached_property
    def captions_digest(self) -> str:
        """SHA-256 over the captions in order, which the split's own digest does not cover."""
        return f"sha256:{hashlib.sha256(json.dumps(self.captions, ensure_ascii=True).encode()).hexdigest()}"

    @cached_property
    def pictures_digest(self) -> str:
        """SHA-256 over all pictures in order."""
        return self.pictures.digest(self.digest_of_file)


def _is_broken(caption: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in caption)


def load_content(
    split: Split, *, folder: Path | None = None, root: Path | None = None, layout: str | None = None
) -> Content:
    """Find the pictures and captions of a split, and check that all of them are there.

    No picture is opened: one that is damaged is named when it is opened.

    Args:
        split: The split.
        folder: Where they are; by default the folder with the name of the layout, or of the split's dataset, below
            the root. Rendered datasets need none.
        root: Where the folders of datasets are; `REMATCH_DATA` by default.
        layout: How the folder is laid out, as a name of the catalogue; by default as the split says.

    Raises:
        DataError: Anything is missing, empty or not the official data; the message says how many, which is the first,
            and where to obtain it.
        UnknownNameError: There is no layout of that name.
    """
    from splits.inventory import take_inventory

    return take_inventory(split, folder=folder, root=root, layout=layout).content()
