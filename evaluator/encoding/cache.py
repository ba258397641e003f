"""Embeddings kept on disk in chunks, so that nothing is encoded twice and a killed run continues where it stopped.

One folder per part (the images or the captions of one content, by one model, with one arithmetic), named by the digest
of all that its numbers depend on, and described in its `manifest.json`. A chunk's name carries the digest of its bytes:
one that is damaged is not what its name says, and is encoded again.
"""

import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

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


@dataclass(slots=True)
class History:
    """How the rows of a part came about, over all runs that worked on it."""

    chunk: int
    """Rows of a chunk; the last may have fewer."""
    batch_size: int
    """The smallest that was used."""
    n_truncated: int | None = None
    """How many are longer than the network reads; None while nobody counted."""
    n_encoded: int = 0
    seconds: float = 0.0
    """Spent on encoding them."""
    remarks: list[str] = field(default_factory=list)
    """What a reader of the numbers should know, e.g. that a batch was halved."""
    kernels: list[str] = field(default_factory=list)
    """Those met that have no deterministic implementation."""
    environments: list[dict[str, Any]] = field(default_factory=list)
    """The machines, libraries and code they were made with: each that differs once, the oldest first."""

    def __post_init__(self) -> None:
        """Refuse what nobody wrote down."""
        if self.chunk < 1 or not 1 <= self.batch_size <= self.chunk:
            raise ValueError("A chunk holds at least one batch, and a batch at least one row.")

    @property
    def per_second(self) -> float | None:
        """Rows encoded per second; None where no time was taken."""
        return self.n_encoded / self.seconds if self.seconds > 0 else None

    def grow(self, count: int, seconds: float, *, batch_size: int, kernels: set[str]) -> None:
        """Add some rows that were encoded."""
        self.n_encoded += count
        self.seconds += seconds
        self.batch_size = min(self.batch_size, batch_size)
        self.kernels = sorted({*self.kernels, *kernels})


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
        try:
            document = json.loads((self.folder / MANIFEST).read_text())
            self.history = History(**document["history"])
        except (OSError, ValueError, KeyError, TypeError):
            self.history = None
            for path in self.folder.glob("*.npy"):
                path.unlink(missing_ok=True)

    def chunks(self) -> Iterator[tuple[Span, Rows]]:
        """Read the chunks that are whole, in order, and remove those that are not."""
        for path in sorted(self.folder.glob("*.npy")):
            rows = _read(path)
            if rows is None:
                self.say(f"{path} is damaged; what it held is encoded again")
                path.unlink(missing_ok=True)
                continue
            start = int(path.name.partition("-")[0])
            yield Span(start, start + len(rows)), rows

    def store(self, span: Span, rows: Rows, history: History) -> None:
        """Keep a chunk, wholly or not at all, and write down how it came about.

        Raises:
            ModelError: It cannot be written, for instance because the disk is full.
        """
        buffer = io.BytesIO()
        np.save(buffer, rows, allow_pickle=False)
        data = buffer.getvalue()
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


def _read(path: Path) -> Rows | None:
    named = CHUNK.fullmatch(path.name)
    if named is None:
        return None
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != named[2]:
        return None
    rows: Rows = np.load(io.BytesIO(data), allow_pickle=False)
    return rows


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
