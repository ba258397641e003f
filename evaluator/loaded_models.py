"""The models that a process holds: those of the run at hand, and no others."""

import gc
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from evaluator.devices import release_memory
from evaluator.model import Encoder, ModelRequest, Reranker, load_model

if TYPE_CHECKING:
    from splits.content import Content

Wanted: TypeAlias = tuple[str, ModelRequest, str]
"""A reference, how it is to compute, and the dataset, by which some families choose."""


@dataclass(slots=True)
class LoadedModels:
    """Models that were loaded, kept until another run needs others: a GPU has room for few."""

    _held: "dict[Wanted, Encoder | Reranker]" = field(default_factory=dict)

    def keep_only(self, wanted: Iterable[Wanted]) -> None:
        """Drop what a run does not need, before anything more is loaded."""
        dropped = [key for key in self._held if key not in set(wanted)]
        for key in dropped:
            del self._held[key]
        if dropped:
            # Networks hold themselves in circles, and their memory is needed now.
            gc.collect()
            for device in {request.device for _, request, _ in dropped}:
                release_memory(device)

    def get(self, wanted: Wanted, content: "Content") -> "Encoder | Reranker":
        """Return a model, loading it unless it is held; see `evaluator.model.load_model`."""
        if wanted not in self._held:
            reference, request, _ = wanted
            self._held[wanted] = load_model(reference, replace(request, content=content))
        return self._held[wanted]
