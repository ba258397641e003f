"""Look through the data of a split: what is there, what is missing, and where to obtain it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from splits.content import Content, Pictures
from splits.data_layout import DataLayout, data_folder, is_file, is_folder, layout_of
from splits.errors import DataError, RematchError
from splits.shown import quoted, shown_path
from splits.split import Split


@dataclass(frozen=True, slots=True, eq=False)
class Inventory:
    """What was found of the pictures and captions of a split."""

    split: Split
    layout: DataLayout
    folder: Path
    pictures: Pictures | None = None
    """None where not even the files could be named."""
    missing_pictures: Mapping[int, Path] | None = None
    """The files that are not there, by canonical index; None where the files could not be named."""
    captions: Mapping[str, str] | None = None
    """Texts by id, of other captions too; None where they could not be read."""
    missing_captions: tuple[str, ...] = ()
    empty_captions: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """A sentence or two on each thing that is wrong; none if all is there."""

    def content(self) -> Content:
        """Return the pictures and captions, all of them.

        Raises:
            DataError: Anything is missing; the message has every problem, and where to obtain what is missing.
        """
        if self.problems or self.pictures is None or self.captions is None:
            raise DataError(" ".join((*self.problems, advise(self.layout, self.folder))))
        return Content(self.split, tuple(self.captions[caption] for caption in self.split.caption_ids), self.pictures)


def advise(layout: DataLayout, folder: Path, *, option: str = "rematch run --data") -> str:
    """Say where to obtain the data, and where to put it.

    Args:
        layout: How the folder is laid out.
        folder: Where it was looked for.
        option: Names another folder on the command line.
    """
    if layout.render is not None:
        return layout.instructions
    return f"{layout.instructions} That folder is {shown_path(folder)}; REMATCH_DATA or {option} names another place."


def take_inventory(
    split: Split, *, folder: Path | None = None, root: Path | None = None, layout: str | None = None
) -> Inventory:
    """Look for every picture and every caption of a split, opening no picture.

    Args:
        split: The split.
        folder: Where to look; by default below the root.
        root: Where the folders of datasets are; `REMATCH_DATA` by default.
        layout: How the folder is laid out; by default as the split says.

    Raises:
        UnknownNameError: There is no layout of that name.
    """
    chosen = layout_of(split, layout)
    # A layout named by the split file is that of an official dataset, whose folder serves all splits of it.
    place = folder or data_folder(layout or split.dataset.layout or split.dataset.name, root=root)
    if chosen.render is None and not is_folder(place):
        missing = f"There is no folder {shown_path(place)} with the pictures and captions of {split.name}."
        return Inventory(split, chosen, place, problems=(missing,))
    pictures, absent, of_pictures = _pictures(split, chosen, place)
    texts, of_texts = _texts(split, chosen, place)
    known = {} if texts is None else texts
    gone = () if texts is None else tuple(caption for caption in split.caption_ids if caption not in known)
    empty = tuple(caption for caption in split.caption_ids if caption in known and not known[caption].strip())
    where = shown_path(place) if chosen.render is None else chosen.name
    files = [shown_path(file) for file in (absent or {}).values()]
    problems = (
        *of_pictures,
        *_told(files, split.n_images, f"pictures of {split.name} are missing"),
        *of_texts,
        *_told([quoted(one) for one in gone], split.n_captions, f"captions of {split.name} have no text in {where}"),
        *_told([quoted(one) for one in empty], split.n_captions, f"captions of {split.name} are empty"),
    )
    return Inventory(split, chosen, place, pictures, absent, texts, gone, empty, problems)


def _pictures(
    split: Split, layout: DataLayout, folder: Path
) -> tuple[Pictures | None, Mapping[int, Path] | None, list[str]]:
    from splits.pictures import file_pictures

    try:
        if layout.files is None:
            return (None if layout.render is None else layout.render(split)), {}, []
        files = layout.files(split, folder)
    except RematchError as error:
        return None, None, [str(error)]
    absent = {index: file for index, file in enumerate(files) if not is_file(file)}
    return file_pictures(files), absent, []


def _texts(split: Split, layout: DataLayout, folder: Path) -> tuple[Mapping[str, str] | None, list[str]]:
    try:
        return layout.captions(split, folder), []
    except RematchError as error:
        return None, [str(error)]


def _told(items: Sequence[str], total: int, what: str) -> list[str]:
    return [f"{len(items):,} of {total:,} {what}, first {items[0]}."] if items else []
