"""A similarity matrix in any container: images x captions, higher is more alike."""

from pathlib import Path

import numpy as np

from evaluator.alignment import (
    CAPTIONS,
    IMAGES,
    align,
    check_digest,
    read_ids,
    read_text,
)
from evaluator.container import Arrays, StoredArray, container_suffixes, open_arrays, write_arrays
from evaluator.errors import ScoreFileError
from evaluator.formats.arrays import check_floats, naming_arrays
from evaluator.run import MatrixRun, Run, ScoreFile
from evaluator.score_format import Orientation, Reading, ScoreFormat
from splits.split import Split

SCORES = "scores"


def _read(path: Path, split: Split, reading: Reading) -> ScoreFile:
    arrays = open_arrays(path)
    check_digest(split, reading, arrays)
    stored = arrays[SCORES]
    check_floats(SCORES, stored)
    declared = _declared(reading, read_text(arrays, "orientation"))
    captions_first = _captions_first(split, stored, declared, named=arrays.keys() >= {IMAGES, CAPTIONS})
    n_images, n_captions = stored.shape[::-1] if captions_first else stored.shape
    axes = (f"columns of `{SCORES}`", f"rows of `{SCORES}`")
    of_images, of_captions = axes if captions_first else axes[::-1]
    images = read_ids(arrays, IMAGES, needed=n_images, of_what=of_images)
    captions = read_ids(arrays, CAPTIONS, needed=n_captions, of_what=of_captions)
    alignment = align(split, images, captions)
    _check_shape(split, stored, declared, captions_first=captions_first)
    notes = alignment.notes
    if captions_first and declared is None:
        notes = (f"`{SCORES}` is captions x images, as its ids say; it was read so.", *notes)
    run = MatrixRun(stored.load(), captions_first, alignment.image_order, alignment.caption_order)
    return ScoreFile(run, MATRIX.name, notes)


def _declared(reading: Reading, carried: str | None) -> Orientation | None:
    known = [str(orientation) for orientation in Orientation]
    if carried is not None and carried not in known:
        raise ScoreFileError(f"The file carries the orientation {carried!r:.80}, expected {' or '.join(known)}.")
    if None not in {carried, reading.orientation} and carried != reading.orientation:
        raise ScoreFileError(
            f"The file carries orientation {carried}, you declare {reading.orientation}."
            " Leave out the one that is wrong."
        )
    return reading.orientation or (Orientation(carried) if carried else None)


def _captions_first(split: Split, stored: StoredArray, declared: Orientation | None, *, named: bool) -> bool:
    if declared is not None:
        return declared is Orientation.CAPTIONS_FIRST
    wanted = (split.n_images, split.n_captions)
    if stored.shape == wanted and split.n_images == split.n_captions:
        right = Orientation.IMAGES_FIRST
        raise ScoreFileError(
            f"`{SCORES}` is square, {stored.shape}: its shape does not say which axis holds the images, and lists of"
            f" ids do not either. Declare {right} or {Orientation.CAPTIONS_FIRST}: in the command as --orientation"
            f" {right}, in a manifest's run as orientation: {right}, or in the file:"
            f' np.savez("scores.npz", scores=scores, orientation="{right}").'
        )
    return stored.shape == wanted[::-1] and named


def _check_shape(split: Split, stored: StoredArray, declared: Orientation | None, *, captions_first: bool) -> None:
    wanted = (split.n_images, split.n_captions)
    shape = stored.shape[::-1] if captions_first else stored.shape
    if shape == wanted:
        return
    if shape == wanted[::-1] and declared is not None:
        other = Orientation.IMAGES_FIRST if captions_first else Orientation.CAPTIONS_FIRST
        raise ScoreFileError(
            f"`{SCORES}` has shape {stored.shape}, which is {other.replace('-', ' ')} of {split.name}, but is"
            f" declared {declared}. Declare orientation: {other}."
        )
    if shape == wanted[::-1]:
        raise ScoreFileError(
            f"`{SCORES}` has shape {stored.shape}, which looks like captions x images; {split.name} needs {wanted},"
            f" images x captions. Save {SCORES}.T, or declare orientation: {Orientation.CAPTIONS_FIRST}."
        )
    axes = "captions x images" if captions_first else "images x captions"
    needed = wanted[::-1] if captions_first else wanted
    raise ScoreFileError(
        f"`{SCORES}` has shape {stored.shape}; {split.name} needs {needed}, {axes}.{_reason(split, shape)}"
    )


def _reason(split: Split, shape: tuple[int, ...]) -> str:
    from splits.traps import explain_shape

    if 0 in shape:
        return " It is empty: check what the script saved."
    explanation = explain_shape(split, shape)
    return f" {explanation}" if explanation else " Score every image against every caption of the split."


def _write(path: Path, run: Run, split: Split) -> None:
    if not isinstance(run, MatrixRun):
        raise ScoreFileError(f"A matrix file keeps a matrix, not {type(run).__name__}.")
    scores = np.asarray(run.scores)
    if path.suffix == ".npy":
        if run.image_order is not None or run.caption_order is not None:
            raise ScoreFileError("A .npy file cannot name ids in another order than the split's. Write a .npz.")
        # Nor can it say that it is captions x images.
        return write_arrays(path, {SCORES: scores.T if run.captions_first else scores})
    naming = naming_arrays(split, run.image_order, run.caption_order)
    orientation = Orientation.CAPTIONS_FIRST if run.captions_first else Orientation.IMAGES_FIRST
    return write_arrays(path, {SCORES: scores, **naming, "orientation": np.array(str(orientation))})


def _holds_scores(path: Path) -> bool:
    arrays: Arrays = open_arrays(path)
    return SCORES in arrays


MATRIX = ScoreFormat(
    name="matrix",
    summary="A similarity matrix `scores`, images x captions, higher is more alike.",
    suffixes=container_suffixes(),
    accepts=_holds_scores,
    read=_read,
    write=_write,
)
