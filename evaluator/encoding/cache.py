"""Embeddings kept on disk in chunks, so that nothing is encoded twice and a killed run continues where it stopped.

One folder per part (the images or the captions of one content, by one model, with one arithmetic), named by the digest
of all that its numbers depend on, and described in its `manifest.json`. A chunk's name carries the digest of its bytes:
one that is damaged is not what its name says, and is computed again.
"""

import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from evaluator.encoding.history import History, read_history
from evaluator.encoding.loop import Rows
from evaluator.encoding.picture_batches import Span
from evaluator.whole_files import refusing_faults, remove_unfinished, write_whole

MANIFEST = "manifest.json"
CHUNK = re.compile(r"(\d{9})-([0-9a-f]{64})\.npy")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class EmbeddingCache:
    """A folder of embeddings that several processes may share."""

    folder: Path

    @contextmanager
    def part(self, key: Mapping[str, Any], *, about: str, say: Say) -> Iterator["StoredPart"]:
        """Open what is kept under a key, for this process alone.

        Args:
            key: Everything the numbers depend on, as plain values.
            about: What it is, in a sentence for people who find the folder.
            say: Told when another process has to be waited for, and when something kept was damaged.

        Raises:
            ModelError: The folder cannot be written.
        """
        text = json.dumps(key, sort_keys=True, ensure_ascii=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        folder = self.folder / f"{key.get('kind', 'part')}-{digest[:40]}"
        with refusing_faults(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder.parent / f"{folder.name}.lock").open("a")
        with lock:
            _wait_for(lock, folder, say)
            remove_unfinished(folder)
            yield StoredPart(folder, {"about": about, "key": dict(key)}, say)


def default_cache() -> EmbeddingCache:
    """Return the cache of this machine, in the folder that everything of Rematch lies in."""
    return EmbeddingCache(Path(os.environ.get("REMATCH_HOME", "var")) / "cache" / "embeddings")


@dataclass(slots=True, eq=False)
class StoredPart:
    """The kept chunks of one part, and what is written down of how they came about."""

    folder: Path
    identity: dict[str, Any]
    say: Say
    history: History | None = field(init=False)
    """What earlier runs wrote down; None where there were none."""

    def __post_init__(self) -> None:
        """Read what earlier runs wrote down; without it nobody knows what the chunks are, so they are removed."""
        self.history = None
        try:
            self.history = read_history(self.folder / MANIFEST)
        except FileNotFoundError:
            self.start_over("is missing")
        except (OSError, ValueError):
            self.start_over("is damaged")

    def start_over(self, problem: str) -> None:
        """Remove all that is kept, because of what is wrong with what is written down of it."""
        chunks = self._paths()
        if chunks:
            self.say(f"{self.folder / MANIFEST} {problem}; what lies beside it is computed again")
        for path in (self.folder / MANIFEST, *chunks):
            _remove(path)
        self.history = None

    def chunks(self, expected: Iterable[Span]) -> Iterator[tuple[Span, Rows]]:
        """Read the chunks that are whole, in order, and remove those that are not.

        Args:
            expected: All chunks that there may be. One of other rows, or of rows of another shape than is written down,
                counts as damaged: it cannot be what a run has left.
        """
        missing = {span.start: len(span) for span in expected}
        shape = None if self.history is None else self.history.row_shape
        for path in self._paths():
            start, rows = _read(path)
            if rows is None or missing.get(start) != len(rows) or list(rows.shape[1:]) != shape:
                self.say(f"{path} is damaged; what it held is computed again")
                _remove(path)
                continue
            del missing[start]
            yield Span(start, start + len(rows)), rows

    def store(self, span: Span, rows: Rows, history: History) -> None:
        """Keep a chunk, wholly or not at all, and write down how it came about.

        Raises:
            ModelError: It cannot be written, for instance because the disk is full.
        """
        buffer = io.BytesIO()
        np.save(buffer, rows, allow_pickle=False)
        data = buffer.getvalue()
        history.row_shape = list(rows.shape[1:])
        # A chunk without what is written down would be thrown away, never the other way round.
        self.note(history)
        write_whole(self.folder / f"{span.start:09d}-{hashlib.sha256(data).hexdigest()}.npy", data)

    def note(self, history: History) -> None:
        """Write down how the rows came about.

        Raises:
            ModelError: It cannot be written.
        """
        document = json.dumps({**self.identity, "history": asdict(history)}, indent=2)
        write_whole(self.folder / MANIFEST, f"{document}\n".encode())

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.npy"))


def _read(path: Path) -> tuple[int, Rows | None]:
    """Return the place and the rows of a chunk; None for rows that are none, or not those of its name."""
    named = CHUNK.fullmatch(path.name)
    if named is None:
        return 0, None
    try:
        data = path.read_bytes()
        # Whatever bytes have the right digest, only the arrays that runs leave are read: never an archive, or objects.
        found = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError):
        return 0, None
    is_whole = hashlib.sha256(data).hexdigest() == named[2]
    is_sound = found.ndim > 0 and found.dtype == np.float32 and bool(np.isfinite(found).all())
    return int(named[1]), found if is_whole and is_sound else None


def _remove(path: Path) -> None:
    with refusing_faults(path.parent):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _wait_for(lock: IO[str], folder: Path, say: Say) -> None:
    """Hold the lock of a folder until its file is closed, waiting for whoever holds it."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - without locks two processes do the same work, and neither harms the other
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"another process works on the same embeddings, waiting until it is done ({folder})")
        fcntl.flock(lock, fcntl.LOCK_EX)
