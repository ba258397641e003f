"""What a loaded model is: what a run record says of it, and what it can do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

Vectors: TypeAlias = "torch.Tensor | NDArray[np.float32]"
"""Rows of length 1, shape (n, width); or (n, tokens, width), of which a score takes the best token."""
States: TypeAlias = Mapping[str, NDArray[Any]]
"""Arrays whose first axis counts the captions."""


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """What a run record says of a loaded checkpoint."""

    reference: str
    """Family and name: `open_clip:ViT-B-32/laion2b_s34b_b79k`."""
    revision: str | None
    weights_sha256: str | None
    """Of the file of weights; of several, over their digests in the order of their names. None where trained here."""
    parameters: int
    image_transform: str
    """Every step in words or as the library prints it; also what pictures are cached under."""
    resize_backend: str
    """`PIL`, `torchvision` or `none`."""
    text_transform: str
    """Tokeniser, case, length."""
    context_length: int | None
    dtype: str
    network: str = ""
    """What was built, for people: its class and its activations, e.g. `CLIP; activations QuickGELU`."""
    network_sha256: str | None = None
    """Of its configuration, as JSON with sorted keys: weights of one file give other numbers in another network."""
    tokenizer_sha256: str | None = None
    """Of vocabulary and settings of what turns captions into numbers. None where it reads them as they are."""
    deterministic: bool = True
    """Whether the same run on the same machine gives the same bits."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Name and version of what computes."""


class Encoder(Protocol):
    """A loaded checkpoint that turns pictures and captions into embeddings."""

    @property
    def facts(self) -> EncoderFacts:
        """What the run record says of it."""
        ...

    def prepare_image(self, picture: "Image") -> Any:
        """Turn one RGB picture into what the network takes; called from several threads."""
        ...

    def collate_images(self, prepared: Sequence[Any]) -> Any:
        """Stack prepared pictures into one batch in the host's memory; called from a thread of its own."""
        ...

    def encode_images(self, batch: Any) -> Vectors:
        """Encode one batch; the result may still be on the device."""
        ...

    def encode_captions(self, captions: Sequence[str]) -> Vectors:
        """Encode some captions, the prompt already around them; the result may still be on the device."""
        ...

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Count the captions that are longer than the network reads."""
        ...


@runtime_checkable
class Reranker(Protocol):
    """A cross-encoder that scores one picture with some captions; usually an `Encoder` as well.

    Of an `Encoder` it shares `facts`, `prepare_image` and `count_truncated`.
    """

    @property
    def facts(self) -> EncoderFacts:
        """What the run record says of it."""
        ...

    @property
    def head_rule(self) -> str:
        """How its score comes about: `itm`, or `itm+itc` where the cosine of the first stage is added."""
        ...

    def caption_states(self, captions: Sequence[str]) -> States:
        """Compute what `match` needs of some captions, each by itself, in the host's memory."""
        ...

    def image_state(self, prepared: Any) -> Any:
        """Compute what `match` needs of one prepared picture; it stays where it was computed."""
        ...

    def match(self, image_state: Any, captions: States) -> NDArray[np.float32]:
        """Score one picture with n captions, shape (n,); higher is more alike."""
        ...
