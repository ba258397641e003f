"""Weights from files, read as data and never as code, with their digest."""

import pickle
import re
import struct
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.model import ModelError
from evaluator.weights.files import file_digest, refuse_missing, refuse_other

if TYPE_CHECKING:
    from torch import Tensor

WRAPPERS = ("model", "state_dict")
"""Under which key training scripts keep the weights, beside optimiser, epoch and options."""
_SAFETENSORS_PREFIX = 8
_TORCH_MAGIC = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""A number, pickled, with which torch begins a file that is no archive; before it stands the pickle's protocol."""
_PICKLE_STARTS = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))
# What a damaged file can raise in torch's reader; anything else is a fault of ours.
_UNREADABLE = (
    pickle.UnpicklingError,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)


def read_weights(
    path: Path, *, sha256: str | None = None, wrappers: Sequence[str] = WRAPPERS
) -> "tuple[dict[str, Tensor], str]":
    """Read named tensors into the host's memory, mapped from the file where its format allows it.

    Args:
        path: A file of safetensors, or one that torch saved; told apart by content.
        sha256: What the file must have, in hexadecimal digits, with or without `sha256:` before them.
        wrappers: Keys under which the weights may lie inside the file; the first that is there is taken.

    Returns:
        The tensors by name, and the file's SHA-256 in hexadecimal digits.

    Raises:
        MissingHereError: There is no such file.
        ModelError: It is not the one wanted, is damaged, or holds code or no weights.
    """
    refuse_missing(path)
    digest = file_digest(path)
    refuse_other([path], digest, sha256)
    content = _read_safetensors(path) if _is_safetensors(path) else _read_saved_by_torch(path)
    return _tensors(content, path, wrappers), digest


def _is_safetensors(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(_SAFETENSORS_PREFIX + 1)
    return path.suffix == ".safetensors" or (len(start) > _SAFETENSORS_PREFIX and start.endswith(b"{"))


def _read_safetensors(path: Path) -> object:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path, device="cpu")
    except (SafetensorError, *_UNREADABLE) as error:
        raise _damaged(path, str(error)) from error


def _read_saved_by_torch(path: Path) -> object:
    import torch

    is_archive = zipfile.is_zipfile(path)
    if is_archive:
        _refuse_compressed(path)
    else:
        _refuse_raw_pickle(path)
    try:
        with warnings.catch_warnings():
            # torch warns of a program saved with its weights, which it then refuses, and of its older storages.
            warnings.simplefilter("ignore", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True, mmap=is_archive)
    except _UNREADABLE as error:
        text = str(error)
        if "TorchScript" in text:
            raise ModelError(
                f"{path} holds a TorchScript program, not only weights; it was not run."
                " Save its state dict as safetensors where you trust it, and use that file."
            ) from error
        code = re.search(r"GLOBAL ([\w.]+)", text)
        if code:
            raise ModelError(
                f"{path} holds code or objects beside weights: it asks for {code[1]}; nothing of it was run."
                " Save only the state dict, best as safetensors, where you trust the file, and use that one."
            ) from error
        raise _damaged(path, text) from error


def _refuse_raw_pickle(path: Path) -> None:
    """Refuse what Python pickled and torch did not save: to read it is to run what it says."""
    with path.open("rb") as file:
        start = file.read(32)
    is_torchs = _TORCH_MAGIC in start or any((one + _TORCH_MAGIC).startswith(start) for one in _PICKLE_STARTS)
    if start.startswith(_PICKLE_STARTS) and not is_torchs:
        raise ModelError(
            f"{path} is a raw pickle, which can hold any program, and was not read. Expected safetensors or what"
            " torch.save wrote. Where you trust the file, load it there and save its state dict, best as safetensors."
        )


def _refuse_compressed(path: Path) -> None:
    """Refuse what torch never writes and what could grow without bound when it is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            compressed = [entry.filename for entry in archive.infolist() if entry.compress_type != zipfile.ZIP_STORED]
    except (zipfile.BadZipFile, *_UNREADABLE) as error:
        raise _damaged(path, str(error)) from error
    if compressed:
        raise ModelError(f"{path} is a compressed archive, which torch does not write. Save the state dict with torch.")


def _damaged(path: Path, reason: str) -> ModelError:
    first = next((line.strip() for line in reason.splitlines() if line.strip()), "unreadable")
    return ModelError(
        f"{path} ({path.stat().st_size:,} bytes) is no readable file of weights: {first:.160}"
        " Expected safetensors or what torch.save wrote; it may be cut short. Obtain it again."
    )


def _tensors(content: object, path: Path, wrappers: Sequence[str]) -> "dict[str, Tensor]":
    """Return the mapping of names to tensors that a file holds, itself or under one of the keys."""
    import torch

    inner = content
    if isinstance(content, Mapping):
        inner = next((content[key] for key in wrappers if isinstance(content.get(key), Mapping)), content)
    if not isinstance(inner, Mapping):
        raise ModelError(f"{path} holds {_kind(inner)}, expected weights: a mapping of names to tensors.")
    for key, value in inner.items():
        if not isinstance(key, str) or not isinstance(value, torch.Tensor):
            raise ModelError(
                f"{path} holds {_kind(value)} under {key!r:.80}, expected a mapping of names to tensors alone,"
                f" or one under the key {' or '.join(wrappers)}. Save the state dict by itself."
            )
    if not inner:
        raise ModelError(f"{path} holds no weights at all. Obtain it again.")
    return dict(inner)


def _kind(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
