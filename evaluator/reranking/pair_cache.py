"""Scores of single pairs on disk, so that a killed re-ranking continues and further caption seeds share its work."""

import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.model import ModelError
from splits.split import Indices

PICTURES_PER_FILE = 8
"""What a killed run loses at most."""

PairScores = NDArray[np.float32]

_CHECKSUM = 4
_RECORD = np.dtype([("image", "<i8"), ("caption", "<i8"), ("score", "<f4")])


def default_pairs_folder() -> Path:
    """Return where this machine keeps scores of pairs, in the folder that everything of Rematch lies in."""
    return Path(os.environ.get("REMATCH_HOME", "var")) / "cache" / "pairs"


class PairCache:
    """The scores of a model on a dataset, in files of a few neighbouring pictures each.

    Pictures must be added in ascending order: the file of some is replaced, whole, when the first picture of the next
    file is added, and by `flush`. What cannot be read counts as absent.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any]) -> None:
        """Find the place of what these facts produce.

        Args:
            folder: Where all caches of pair scores lie.
            facts: All that may move a score; plain values that JSON can hold.
        """
        text = json.dumps(facts, sort_keys=True, indent=1)
        self._folder = folder / hashlib.sha256(text.encode()).hexdigest()[:32]
        self._facts = text
        self._file = -1
        self._records = np.empty(0, dtype=_RECORD)
        self._new: list[NDArray[Any]] = []

    def find(self, image: int, captions: Indices) -> PairScores:
        """Return the scores of a picture with some captions, NaN for what is not known yet."""
        self._turn_to(image)
        known = self._records[self._records["image"] == image]
        scores = np.full(len(captions), np.nan, dtype=np.float32)
        if len(known):
            places = np.minimum(np.searchsorted(known["caption"], captions), len(known) - 1)
            scores = np.where(known["caption"][places] == captions, known["score"][places], scores)
        return scores

    def add(self, image: int, captions: Indices, scores: PairScores) -> None:
        """Keep the scores of a picture with some captions that were not known.

        Raises:
            ModelError: The disk is full, or the folder cannot be written.
        """
        self._turn_to(image)
        records = np.empty(len(captions), dtype=_RECORD)
        records["image"], records["caption"], records["score"] = image, captions, scores
        self._new.append(records)

    def flush(self) -> None:
        """Write what was added.

        Raises:
            ModelError: The disk is full, or the folder cannot be written.
        """
        if not self._new:
            return
        # Another process may have added to the file meanwhile.
        merged = np.concatenate([*self._new, self._read(self._file)])
        _, first = np.unique(merged[["image", "caption"]], return_index=True)
        self._new = []
        self._records = merged[first]
        self._write(self._file, self._records)

    def _turn_to(self, image: int) -> None:
        number = image // PICTURES_PER_FILE
        if number != self._file:
            self.flush()
            self._file, self._records = number, self._read(number)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.pairs"

    def _read(self, number: int) -> NDArray[Any]:
        # A file that is missing or damaged is written anew.
        with suppress(OSError, ValueError):
            content = self._path(number).read_bytes()
            checksum, records = content[:_CHECKSUM], content[_CHECKSUM:]
            if checksum == _checksum(records):
                return np.frombuffer(records, dtype=_RECORD)
        return np.empty(0, dtype=_RECORD)

    def _write(self, number: int, records: NDArray[Any]) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            facts = self._folder / "facts.json"
            if not facts.exists():
                _replace(facts, self._facts.encode())
            content = records.tobytes()
            _replace(self._path(number), _checksum(content) + content)
        except OSError as error:
            raise ModelError(
                f"The scores of pairs cannot be kept in {self._folder}: {error.strerror or error}. What was kept so far"
                " is whole. Free some space, or choose another folder for the cache, and run again: it continues."
            ) from error


def _checksum(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(_CHECKSUM, "little")


def _replace(path: Path, content: bytes) -> None:
    """Write a file that is never seen half written."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.stem, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
