"""One vector per image and per caption in a container of several arrays, compared by cosine."""

from pathlib import Path

import numpy as np

from evaluator.alignment import CAPTIONS, IMAGES, align, check_digest, read_ids
from evaluator.container import StoredArray, container_suffixes, open_arrays, write_arrays
from evaluator.errors import ScoreFileError
from evaluator.finiteness import check_embeddings
from evaluator.formats.arrays import check_floats, naming_arrays
from evaluator.run import EmbeddingRun, Run, ScoreFile
from evaluator.score_format import Reading, ScoreFormat
from splits.split import Split

IMAGE_VECTORS, TEXT_VECTORS = "image_embeddings", "text_embeddings"


def _read(path: Path, split: Split, reading: Reading) -> ScoreFile:
    arrays = open_arrays(path)
    check_digest(split, reading, arrays)
    images, captions = arrays[IMAGE_VECTORS], arrays[TEXT_VECTORS]
    check_floats(IMAGE_VECTORS, images)
    check_floats(TEXT_VECTORS, captions)
    if images.shape[1] != captions.shape[1]:
        raise ScoreFileError(
            f"`{IMAGE_VECTORS}` has {images.shape[1]:,} dimensions, `{TEXT_VECTORS}` {captions.shape[1]:,}; a cosine"
            " needs as many in both. Save both from the same space, after the projection."
        )
    image_ids = read_ids(arrays, IMAGES, needed=images.shape[0], of_what=f"rows of `{IMAGE_VECTORS}`")
    caption_ids = read_ids(arrays, CAPTIONS, needed=captions.shape[0], of_what=f"rows of `{TEXT_VECTORS}`")
    _check_rows(split, images, captions)
    alignment = align(split, image_ids, caption_ids)
    run = EmbeddingRun(images.load(), captions.load(), alignment.image_order, alignment.caption_order)
    check_embeddings(run, split)
    return ScoreFile(run, EMBEDDINGS.name, alignment.notes)


def _check_rows(split: Split, images: StoredArray, captions: StoredArray) -> None:
    found, wanted = (images.shape[0], captions.shape[0]), (split.n_images, split.n_captions)
    if not images.shape[1]:
        raise ScoreFileError(
            f"`{IMAGE_VECTORS}` has shape {images.shape}: vectors without numbers. Check what the script saved."
        )
    if found == wanted:
        return
    raise ScoreFileError(
        f"`{IMAGE_VECTORS}` has shape {images.shape} and `{TEXT_VECTORS}` {captions.shape}; {split.name} needs"
        f" {wanted[0]:,} and {wanted[1]:,} rows.{_reason(split, found)}"
    )


def _reason(split: Split, found: tuple[int, int]) -> str:
    from splits.traps import explain_shape

    times, rest = divmod(found[0], split.n_images)
    if not rest and times > 1 and found[0] == found[1]:
        return (
            f" There is one image row for every caption: the images are repeated {times} times, as SCAN's scripts keep"
            f" them. Keep each image once: {IMAGE_VECTORS}[0::{times}]."
        )
    if found == (split.n_captions, split.n_images):
        return " They look swapped: exchange them."
    explanation = explain_shape(split, found)
    return f" {explanation}" if explanation else " Save one vector for every image and every caption of the split."


def _write(path: Path, run: Run, split: Split) -> None:
    if not isinstance(run, EmbeddingRun):
        raise ScoreFileError(f"An embeddings file keeps embeddings, not {type(run).__name__}.")
    vectors = {IMAGE_VECTORS: np.asarray(run.images), TEXT_VECTORS: np.asarray(run.captions)}
    write_arrays(path, {**vectors, **naming_arrays(split, run.image_order, run.caption_order)})


EMBEDDINGS = ScoreFormat(
    name="embeddings",
    summary="One vector per image and per caption, `image_embeddings` and `text_embeddings`, compared by cosine.",
    suffixes=container_suffixes(without="npy"),
    accepts=lambda path: open_arrays(path).keys() >= {IMAGE_VECTORS, TEXT_VECTORS},
    read=_read,
    write=_write,
)
