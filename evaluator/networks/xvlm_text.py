"""The language half of X-VLM: BERT layers, the later of which also look at the picture.

The modules carry the names of the published checkpoints, so that their weights need no translation.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from evaluator.networks.xvlm_sizes import XvlmSizes

LAYER_NORM_EPS = 1e-12
MASKED = -10_000.0
"""Added to the attention that padding would get; finite, as the checkpoints were trained with it."""

KeysValues = tuple[Tensor, Tensor]
"""What one fusion layer sees of a picture, split into heads: each (pictures, heads, tokens, width of a head)."""


class Attention(nn.Module):
    """Attention with its residual; keys and values may come from elsewhere."""

    def __init__(self, sizes: XvlmSizes, *, source_width: int) -> None:
        super().__init__()
        hidden = sizes.hidden
        self.heads = sizes.heads
        self.add_module(
            "self",
            nn.ModuleDict(
                {
                    "query": nn.Linear(hidden, hidden),
                    "key": nn.Linear(source_width, hidden),
                    "value": nn.Linear(source_width, hidden),
                }
            ),
        )
        self.output = nn.ModuleDict(
            {"dense": nn.Linear(hidden, hidden), "LayerNorm": nn.LayerNorm(hidden, eps=LAYER_NORM_EPS)}
        )

    def keys_values(self, source: Tensor) -> KeysValues:
        """Project what is looked at."""
        parts = self.get_submodule("self")
        return self._split(parts["key"](source)), self._split(parts["value"](source))

    def forward(self, states: Tensor, seen: KeysValues, mask: Tensor | None) -> Tensor:
        """Let every token look, several sequences at the same source if there are fewer sources than sequences."""
        keys, values = seen
        query = self.get_submodule("self")["query"](states)
        # All sequences that share a source become one long sequence, so that the source is never copied.
        queries = self._split(query.reshape(len(keys), -1, query.shape[-1]))
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
        mixed = mixed.transpose(1, 2).reshape(states.shape)
        result: Tensor = self.output["LayerNorm"](self.output["dense"](mixed) + states)
        return result

    def _split(self, states: Tensor) -> Tensor:
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class Layer(nn.Module):
    """One BERT layer, normalised after each part; a fusion layer looks at the picture in between."""

    def __init__(self, sizes: XvlmSizes, *, fuses: bool) -> None:
        super().__init__()
        self.attention = Attention(sizes, source_width=sizes.hidden)
        if fuses:
            self.crossattention = Attention(sizes, source_width=sizes.vision_width)
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(sizes.hidden, sizes.mlp)})
        self.output = nn.ModuleDict(
            {
                "dense": nn.Linear(sizes.mlp, sizes.hidden),
                "LayerNorm": nn.LayerNorm(sizes.hidden, eps=LAYER_NORM_EPS),
            }
        )

    def forward(self, states: Tensor, mask: Tensor, picture: KeysValues | None = None) -> Tensor:
        """Compute the states after this layer."""
        states = self.attention(states, self.attention.keys_values(states), mask)
        if picture is not None:
            states = self.crossattention(states, picture, None)
        widened = functional.gelu(self.intermediate["dense"](states))
        result: Tensor = self.output["LayerNorm"](self.output["dense"](widened) + states)
        return result


class Embeddings(nn.Module):
    """Words, their positions and one type of token, added and normalised."""

    def __init__(self, sizes: XvlmSizes) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(sizes.vocabulary, sizes.hidden)
        self.position_embeddings = nn.Embedding(sizes.positions, sizes.hidden)
        self.token_type_embeddings = nn.Embedding(2, sizes.hidden)
        self.LayerNorm = nn.LayerNorm(sizes.hidden, eps=LAYER_NORM_EPS)

    def forward(self, ids: Tensor) -> Tensor:
        """Embed token ids of shape (captions, tokens)."""
        places = self.position_embeddings.weight[: ids.shape[1]]
        embedded = self.word_embeddings(ids) + self.token_type_embeddings.weight[0] + places
        result: Tensor = self.LayerNorm(embedded)
        return result


class TextEncoder(nn.Module):
    """The whole stack: the first layers see the caption alone, the others fuse it with a picture."""

    def __init__(self, sizes: XvlmSizes) -> None:
        super().__init__()
        self.text_layers = sizes.text_layers
        self.embeddings = Embeddings(sizes)
        layers = nn.ModuleList(Layer(sizes, fuses=number >= sizes.text_layers) for number in range(sizes.layers))
        self.encoder = nn.ModuleDict({"layer": layers})

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Compute the states of captions by themselves; `mask` is 1 on tokens and 0 on padding."""
        states: Tensor = self.embeddings(ids)
        added = _added(mask, states)
        for layer in self._layers[: self.text_layers]:
            states = layer(states, added)
        return states

    def picture_keys_values(self, image_states: Tensor) -> list[KeysValues]:
        """Compute once per picture what every fusion layer sees of it."""
        return [layer.crossattention.keys_values(image_states) for layer in self._layers[self.text_layers :]]

    def fuse(self, states: Tensor, mask: Tensor, pictures: Sequence[KeysValues]) -> Tensor:
        """Fuse the states of captions with one picture, or with one each."""
        added = _added(mask, states)
        for layer, picture in zip(self._layers[self.text_layers :], pictures, strict=True):
            states = layer(states, added, picture)
        return states

    @property
    def _layers(self) -> Any:
        return self.encoder["layer"]


def _added(mask: Tensor, states: Tensor) -> Tensor:
    """What is added to every query's attention: nothing on tokens, much less than nothing on padding."""
    return ((1 - mask.to(states.dtype)) * MASKED)[:, None, None, :]
