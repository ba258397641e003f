"""The network while it learns: open_clip's, with an embedding for only those tokens that its training captions use."""
# ruff: noqa: TID253 - imported only where a model is trained.

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import open_clip
import torch
from torch import nn

from evaluator.toy_clip.lessons import Lesson, Tensor, make_known
from evaluator.toy_clip.recipe import ARCHITECTURE

FIRST_SCALE = 10.0
MOST_SCALE = 30.0
"""Between which similarities are sharpened; more would only learn pairs by heart."""


@dataclass(frozen=True, slots=True, eq=False)
class Learner:
    """What is trained; `parts` holds every weight."""

    parts: Any
    known: Tensor
    """The tokens of the training captions, ascending."""

    @property
    def scale(self) -> Tensor:
        """By how much similarities are multiplied before they are compared."""
        return self.parts["network"].logit_scale.exp().clamp(max=MOST_SCALE)

    def encode_pictures(self, pictures: Tensor) -> Tensor:
        """Return one row per picture."""
        return self.parts["network"].visual(pictures.contiguous(memory_format=torch.channels_last))

    def encode_captions(self, tokens: Tensor, *, read: Tensor | None = None) -> Tensor:
        """Return one row per caption, as the library's `encode_text` does for tokens that are known.

        A token sees none that come after it, so what follows the longest caption can be left out.

        Args:
            tokens: Of the captions, filled up with 0.
            read: 1 for every token that is to be read, 0 for the others; all are if omitted.
        """
        network = self.parts["network"]
        length = int((tokens != 0).sum(1).max())
        tokens = tokens[:, :length].contiguous()
        words = self.parts["words"](torch.searchsorted(self.known, tokens).clamp(max=len(self.known) - 1))
        words = words if read is None else words * read[:, :length, None]
        states = network.transformer(
            words + network.positional_embedding[:length], attn_mask=network.attn_mask[:length, :length]
        )
        last = network.ln_final(states)[torch.arange(len(tokens)), tokens.argmax(-1)]
        return last @ network.text_projection

    def guess_words(self, rows: Tensor) -> Tensor:
        """Say of every known token how likely the captions of encoded pictures have it, as a logit."""
        return self.parts["guesser"](rows)

    def words_of(self, tokens: Tensor) -> Tensor:
        """Mark which known tokens each caption has."""
        places = torch.searchsorted(self.known, tokens)
        return torch.zeros(len(tokens), len(self.known)).scatter_(1, places, 1.0)


def new_learner(lessons: Sequence[Lesson]) -> Learner:
    """Draw fresh weights from torch's generator."""
    make_known()
    network = open_clip.CLIP(**open_clip.get_model_config(ARCHITECTURE))
    known = torch.unique(torch.cat([lesson.tokens.flatten() for lesson in lessons]))
    words = nn.Embedding(len(known), network.token_embedding.embedding_dim)
    words.weight.data.copy_(network.token_embedding.weight.data[known])
    # Of 49,408 tokens all but some hundred would only be decayed, at the cost of most of the arithmetic of a step.
    network.token_embedding = nn.Identity()
    network.logit_scale.data.fill_(FIRST_SCALE).log_()
    network.visual.to(memory_format=torch.channels_last)
    guesser = nn.Linear(network.text_projection.shape[1], len(known))
    return Learner(nn.ModuleDict({"network": network, "words": words, "guesser": guesser}), known)


def whole_state(learner: Learner) -> dict[str, Tensor]:
    """Return the weights under open_clip's names; a token that was never met has an embedding of zeros."""
    network = learner.parts["network"]
    state = {name: value.detach().clone().contiguous() for name, value in network.state_dict().items()}
    vocabulary = torch.zeros(network.vocab_size, learner.parts["words"].embedding_dim)
    vocabulary[learner.known] = learner.parts["words"].weight.detach()
    state["token_embedding.weight"] = vocabulary
    state["logit_scale"] = learner.scale.detach().log()
    return state
