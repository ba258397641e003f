"""Submissions that must be refused, each broken in a way that happens to people."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evaluator.run import EmbeddingRun, ListRun
from evaluator.score_format import FORMATS
from leaderboard.demo.toy_data import ToyData
from splits import Split, load_split


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A sound run to be broken, and what it was made on."""

    data: ToyData
    embeddings: EmbeddingRun
    lists: ListRun

    @property
    def split(self) -> Split:
        """The split on which it was scored."""
        return self.data.split

    @property
    def matrix(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        """Its scores as a matrix of its own, to be changed at will."""
        return (np.asarray(self.embeddings.images) @ np.asarray(self.embeddings.captions).T).astype(np.float32)


@dataclass(frozen=True, slots=True)
class BrokenSubmission:
    """One way to get it wrong."""

    slug: str
    name: str
    """What is wrong, in a few words."""
    dataset: str
    file: str
    write: Callable[[Path, Scored], None]
    """Writes the score file."""
    manifest: Mapping[str, Any] | None = None
    """Changes to an otherwise sound manifest."""


def _nan(path: Path, scored: Scored) -> None:
    scores = scored.matrix
    scores[3, 7:9] = np.nan
    np.save(path, scores)


def _transposed(path: Path, scored: Scored) -> None:
    np.save(path, np.ascontiguousarray(scored.matrix.T))


def _sound(path: Path, scored: Scored) -> None:
    np.save(path, scored.matrix)


def _truncated(path: Path, scored: Scored) -> None:
    np.save(path, scored.matrix)
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size // 2)


def _objects(path: Path, scored: Scored) -> None:
    np.save(path, scored.matrix[:2].astype(object), allow_pickle=True)


def _sorted_indices(path: Path, scored: Scored) -> None:
    np.save(path, np.argsort(-scored.matrix, axis=1))


def _missing_query(path: Path, scored: Scored) -> None:
    FORMATS["ranked-json"].write(path, scored.lists, scored.split)
    document = json.loads(path.read_bytes())
    del document["t2i"][scored.split.caption_ids[17]]
    path.write_text(json.dumps(document), encoding="utf-8")


def _missing_ids(path: Path, scored: Scored) -> None:
    np.savez(
        path,
        scores=scored.matrix[:-3],
        image_ids=np.array(scored.split.image_ids[:-3]),
        caption_ids=np.array(scored.split.caption_ids),
    )


def _repeated_images(path: Path, scored: Scored) -> None:
    images = np.asarray(scored.embeddings.images)[scored.split.image_of_caption]
    np.savez(path, image_embeddings=images, text_embeddings=np.asarray(scored.embeddings.captions))


def _other_split(path: Path, scored: Scored) -> None:
    other = load_split(f"{scored.data.dataset}/validation")
    images, captions = (np.asarray(rows) for rows in (scored.embeddings.images, scored.embeddings.captions))
    FORMATS["embeddings"].write(path, EmbeddingRun(images[: other.n_images], captions[: other.n_captions]), other)


BROKEN = (
    BrokenSubmission("nan", "NaN among the scores", "toy-scene", "scores.npy", _nan),
    BrokenSubmission("transposed", "captions x images, undeclared", "toy-scene", "scores.npy", _transposed),
    BrokenSubmission("square", "square, orientation undeclared", "toy-object", "scores.npy", _sound),
    BrokenSubmission("truncated", "half of a file", "toy-scene", "scores.npy", _truncated),
    BrokenSubmission("pickle", "an object array, which is a pickle", "toy-scene", "scores.npy", _objects),
    BrokenSubmission("sorted", "indices from argsort for scores", "toy-scene", "order.npy", _sorted_indices),
    BrokenSubmission("missing-query", "lists without one query", "toy-scene", "lists.json", _missing_query),
    BrokenSubmission("missing-ids", "three images left out", "toy-scene", "scores.npz", _missing_ids),
    BrokenSubmission("repeated-images", "every image five times", "toy-scene", "vectors.npz", _repeated_images),
    BrokenSubmission("other-split", "made on another split", "toy-object", "vectors.npz", _other_split),
    BrokenSubmission(
        "unknown-key", "an unknown key in the manifest", "toy-scene", "scores.npy", _sound, {"systems": "Mine"}
    ),
    BrokenSubmission(
        "unknown-protocol", "a misspelt protocol", "toy-scene", "scores.npy", _sound, {"protocols": ["toy-scnee"]}
    ),
)
