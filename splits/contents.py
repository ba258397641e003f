"""The pictures and captions at hand: of each split found once, however many protocols and seeds ask for it."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from splits.content import Content
from splits.file_state import FileDigests
from splits.split import Split


@dataclass(slots=True)
class Contents:
    """What one task or one command works on: within it, data on disk is taken to stay as it was found."""

    folder: Path | None = None
    """Of the dataset, where it is not the one of that name below `REMATCH_DATA`."""
    root: Path | None = None
    """In which folders of datasets are looked for; `REMATCH_DATA` if omitted."""
    digests: FileDigests = field(default_factory=FileDigests)
    """Of single pictures: splits of one dataset share them, and so do tasks for as long as the files stay the same."""
    _held: dict[tuple[str, ...], Content] = field(default_factory=dict)

    def get(self, split: Split) -> Content:
        """Return the pictures and captions of a split, all of them; see `splits.content.load_content`.

        Raises:
            DataError: Anything is missing or not the official data.
        """
        from splits.content import load_content

        # Of one digest, splits can still lie in other places: the folder goes by dataset and layout.
        key = (split.digest, split.name, split.dataset.name, split.dataset.layout or "")
        if key not in self._held:
            found = load_content(split, folder=self.folder, root=self.root)
            self._held[key] = replace(found, digest_of_file=self.digests.of)
        return self._held[key]
