"""Read a score file: find the format that its content shows, whatever its name says, and read it against a split."""

import os
import stat
import zipfile
from pathlib import Path

from evaluator.container import container_of, open_arrays, opened_once
from evaluator.errors import ChangedFileError, ScoreFileError
from evaluator.run import ScoreFile
from evaluator.score_format import FORMATS, Reading, ScoreFormat
from splits.shown import shown
from splits.split import Split

PICKLE_STARTS = tuple(bytes((0x80, protocol)) for protocol in range(2, 6))
OLD_TORCH = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"
"""The number with which torch.save began its files before they were zip archives."""


def read_score_file(
    path: Path, split: Split, reading: Reading | None = None, *, format_name: str | None = None
) -> ScoreFile:
    """Read and check a score file.

    Args:
        path: The file.
        split: What the scores are for.
        reading: What the user says of the file; nothing if omitted.
        format_name: The score format, where the user names one; found by looking if omitted.

    Raises:
        ScoreFileError: The file cannot be read, or does not fit the split.
        UnknownNameError: There is no format of that name.
    """
    _check_path(path)
    stamp = stamp_of(path)
    _refuse_pickles(path)
    with opened_once():
        chosen = _named(path, format_name) if format_name else _recognise(path)
        found = chosen.read(path, split, reading or Reading())
    refuse_changed(path, stamp)
    misnamed = _misnamed(path, chosen)
    notes = (misnamed, *found.notes) if misnamed else found.notes
    return ScoreFile(found.run, found.format, notes)


def stamp_of(path: Path) -> tuple[int, ...]:
    """Return what shows whether a file was changed."""
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def refuse_changed(path: Path, stamp: tuple[int, ...]) -> None:
    """Refuse a file that is not what it was when it was stamped: scores are mapped, so a change shows in them.

    Raises:
        ChangedFileError: It was changed, replaced or removed.
    """
    try:
        same = stamp_of(path) == stamp
    except OSError:
        same = False
    if not same:
        raise ChangedFileError(
            f"{shown(path.name)} was changed while it was read. Wait until the script that writes it is done, and score"
            " it again."
        )


def known_suffixes() -> tuple[str, ...]:
    """Return the file name endings of all formats."""
    return tuple(dict.fromkeys(suffix for one in FORMATS.values() for suffix in one.suffixes))


def _check_path(path: Path) -> None:
    name = shown(str(path))
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ScoreFileError(f"{name} is a folder. Name one score file in it.")
        if not stat.S_ISREG(status.st_mode):
            raise ScoreFileError(f"{name} is no regular file. Save the scores to a file and name that.")
        if not status.st_size:
            raise ScoreFileError(
                f"{name} is empty, 0 bytes. The script that wrote it was probably stopped: run it again."
            )
        with path.open("rb"):
            return
    except (FileNotFoundError, NotADirectoryError):
        raise ScoreFileError(f"There is no file {name}. Check the path; it is taken from the current folder.") from None
    except PermissionError:
        raise ScoreFileError(f"{name} may not be read by this user. Change its permissions: chmod +r.") from None
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise ScoreFileError(f"{str(path)!r:.200} cannot be opened: {reason}. Check the name.") from None


def _refuse_pickles(path: Path) -> None:
    with path.open("rb") as stream:
        start = stream.read(16)
    if start.startswith(PICKLE_STARTS):
        raise _torch_error() if start[2:].startswith(OLD_TORCH) else _pickle_error()
    if start.startswith(b"PK\x03\x04") and zipfile.is_zipfile(path):
        from evaluator.containers.npz import members_of

        if any(member.filename.endswith("data.pkl") for member in members_of(path)):
            raise _torch_error()


def _pickle_error() -> ScoreFileError:
    return ScoreFileError(
        "The file is a Python pickle, which can run code when it is read, so it is not read. Where you trust it,"
        ' convert it: np.savez("scores.npz", scores=np.asarray(scores)).'
    )


def _torch_error() -> ScoreFileError:
    return ScoreFileError(
        "The file is a PyTorch checkpoint (torch.save), which is a pickle and can run code when it is read, so it is"
        ' not read. Where you trust it, convert it: np.savez("scores.npz", scores=scores.float().cpu().numpy()), or for'
        ' VSE++ ranks np.savez("ranks.npz", rt=saved["rt"], rti=saved["rti"]).'
    )


def _named(path: Path, format_name: str) -> ScoreFormat:
    chosen = FORMATS[format_name]
    if not chosen.accepts(path):
        other = next((one.name for one in FORMATS.values() if one.accepts(path)), None)
        raise ScoreFileError(
            f"{shown(path.name)} is declared to be {format_name}, but its content is {other or 'of no known format'}."
            " Leave the format out, or name the right one."
        )
    return chosen


def _recognise(path: Path) -> ScoreFormat:
    matching = [one for one in FORMATS.values() if one.accepts(path)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        names = " and ".join(one.name for one in matching)
        raise ScoreFileError(
            f"{shown(path.name)} can be read as {names}. Keep one of them in the file, or name the format."
        )
    container = container_of(path)
    if container is None:
        raise ScoreFileError(
            f"{shown(path.name)} is of no known type, neither by its content nor by its name."
            f" Known types: {', '.join(known_suffixes())}."
        )
    held = ", ".join(f"{name!r:.80}" for name in list(open_arrays(path))[:8]) or "nothing"
    raise ScoreFileError(
        f"{shown(path.name)} ({container.name}) holds {held}, no scores. Name the array 'scores', or"
        " 'image_embeddings' and 'text_embeddings', or 'i2t_rank0' and 't2i_rank0'."
    )


def _misnamed(path: Path, chosen: ScoreFormat) -> str | None:
    container = container_of(path)
    right = container.suffixes if container else chosen.suffixes
    if path.suffix not in known_suffixes() or path.suffix in right:
        return None
    content = container.name if container else chosen.name
    return f"{shown(path.name)} is called {path.suffix}, but its content is {content}; it was read as that."
