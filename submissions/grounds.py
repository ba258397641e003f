"""What the runs of one manifest are checked against: its protocols and splits, loaded once for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from splits.contents import Contents
from splits.errors import DataError, RematchError
from splits.split import CaptionPolicy
from submissions.findings import CheckedFile, Planned
from submissions.manifest import Manifest, ManifestRun
from submissions.named_files import Files
from submissions.tables import Queue

if TYPE_CHECKING:
    from evaluator.protocol import Protocol
    from splits.split import Split


@dataclass(frozen=True, slots=True)
class Grounds:
    """A manifest, its files and its splits."""

    files: Files
    """Where its files are found."""
    manifest: Manifest
    splits: "Mapping[str | None, Split | RematchError]"
    """By name, with the manifest's own split file under None; or why it cannot be had."""
    contents: Contents = field(default_factory=Contents, compare=False, repr=False)
    """The pictures and captions at hand, and where they are looked for."""
    _missing: dict[str, str | None] = field(default_factory=dict, compare=False, repr=False)
    """By the digest of the split."""
    _files: dict[str, CheckedFile | RematchError] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        files: Files,
        manifest: Manifest,
        split_file: CheckedFile | RematchError | None,
        *,
        contents: Contents | None = None,
    ) -> "Grounds":
        """Load the splits of a manifest."""
        return cls(files, manifest, _splits(manifest, split_file), contents or Contents())

    def ground(self, name: str) -> "tuple[Protocol, Split]":
        """Return a protocol by name with the split that it is to be applied to.

        Raises:
            RematchError: There is no such protocol, or no split for it.
        """
        from evaluator.protocol import PROTOCOLS

        protocol, own = PROTOCOLS[name], self.manifest.split
        if protocol.split is None and own is None:
            raise RematchError(
                f"Protocol {name} scores any split, so it needs one: name your split file (split: FILE)."
            )
        if protocol.split is not None and own is not None:
            raise RematchError(
                f"Protocol {name} is defined on {protocol.split}, and the manifest names the split file {own}."
                " Leave 'split' out, or score these runs under 'standard'."
            )
        split = self.splits[protocol.split]
        if isinstance(split, RematchError):
            raise split
        return protocol, split

    def missing_data(self, split: "Split") -> str | None:
        """Say what pictures or captions of a split are not on this machine; looked at once, as it takes a while."""
        if split.digest not in self._missing:
            try:
                self.contents.get(split)
            except DataError as error:
                self._missing[split.digest] = str(error)
            else:
                self._missing[split.digest] = None
        return self._missing[split.digest]

    def file(self, name: str) -> CheckedFile | RematchError:
        """Look at a file that several runs may name, once."""
        if name not in self._files:
            self._files[name] = self.files(name)
        return self._files[name]


def plan(protocol: "Protocol", split: "Split", stated: ManifestRun, *, queue: Queue) -> Planned:
    """Return the evaluation that a run asks for.

    The same draw for all systems unless the run says that its seed decides the draw.
    """
    draws_captions = protocol.captions is CaptionPolicy.ONE and "caption-draw" in stated.seed_governs
    return Planned(
        protocol.name,
        protocol.version,
        protocol.judgments,
        split.name,
        split.digest,
        split.centricity.value,
        stated.seed if draws_captions or "folds" in stated.seed_governs else 0,
        queue,
    )


def _splits(
    manifest: Manifest, split_file: CheckedFile | RematchError | None
) -> "Mapping[str | None, Split | RematchError]":
    from evaluator.protocol import PROTOCOLS

    splits: dict[str | None, Split | RematchError] = {}
    if isinstance(split_file, RematchError):
        splits[None] = split_file
    elif split_file is not None:
        splits[None] = _load(split_file.path)
    else:
        names = {name for run in manifest.runs for name in manifest.protocols_of(run) if name in PROTOCOLS}
        splits.update({split: _load(split) for name in names if (split := PROTOCOLS[name].split) is not None})
    return splits


def _load(source: str | Path) -> "Split | RematchError":
    from splits.loading import load_split

    try:
        return load_split(source)
    except RematchError as error:
        return error
