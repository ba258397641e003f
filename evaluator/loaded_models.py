"""The models that a process holds: those of the run at hand, and no others."""

import gc
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from evaluator.devices import is_out_of_memory, release_memory
from evaluator.model import Encoder, MissingHereError, ModelRequest, Reranker, load_model
from evaluator.weights.on_disk import states_on_disk
from evaluator.weights.pretrained_folder import first_line
from splits.file_state import FileState

if TYPE_CHECKING:
    from splits.content import Content

Wanted: TypeAlias = tuple[str, ModelRequest, str]
"""A reference, how it is to compute, and the dataset, by which some families choose."""


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    model: "Encoder | Reranker"
    files: dict[Path, FileState]
    """What it may have been loaded from, as that was then."""


@dataclass(slots=True)
class LoadedModels:
    """Models that were loaded, kept until another run needs others: a GPU has room for few."""

    _held: dict[Wanted, _Held] = field(default_factory=dict)

    def keep_only(self, wanted: Iterable[Wanted]) -> None:
        """Drop what a run does not need or what is no longer on the disk as it was, before anything more is loaded."""
        needed = set(wanted)
        dropped = [key for key, held in self._held.items() if key not in needed or held.files != _files(key)]
        for key in dropped:
            del self._held[key]
        if dropped:
            # Networks hold themselves in circles, and their memory is needed now.
            gc.collect()
            for device in {request.device for _, request, _ in dropped}:
                release_memory(device)

    def get(self, wanted: Wanted, content: "Content") -> "Encoder | Reranker":
        """Return a model, loading it unless it is held.

        Raises:
            ModelError: It cannot be loaded; see `evaluator.model.load_model`.
            MissingHereError: There is no room for it in the device's memory.
        """
        if wanted not in self._held:
            # Looked at before: what is changed while it is loaded is loaded again.
            files = _files(wanted)
            self._held[wanted] = _Held(_loaded(wanted, content), files)
        return self._held[wanted].model


def _loaded(wanted: Wanted, content: "Content") -> "Encoder | Reranker":
    reference, request, _ = wanted
    try:
        return load_model(reference, replace(request, content=content))
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise MissingHereError(
            f"{reference} does not fit into the memory of {request.device}: {first_line(error)} End what else computes"
            " there, or use another device or --precision bf16."
        ) from error


def _files(wanted: Wanted) -> dict[Path, FileState]:
    reference, request, _ = wanted
    return states_on_disk(reference, anywhere=request.anywhere)
