"""X-VLM at work: as an encoder that finds candidates, and as the cross-encoder that matches them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evaluator.model import EncoderFacts, States
from evaluator.models.xvlm.captions import CaptionReader

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, slots=True, eq=False)
class XvlmEncoder:
    """A loaded checkpoint."""

    network: Any
    """An `evaluator.networks.xvlm.Xvlm`, on its device."""
    reader: CaptionReader
    device: str
    dtype: "torch.dtype"
    facts: EncoderFacts
    head_rule: str = "itm"

    def prepare_image(self, picture: "Image") -> NDArray[np.float32]:
        """Resize, without keeping the proportions, and normalise."""
        from PIL.Image import Resampling

        side = self.network.sizes.image_size
        resized = picture.convert("RGB").resize((side, side), Resampling.BICUBIC)
        pixels = np.asarray(resized, dtype=np.float32) / np.float32(255)
        normalised = (pixels - np.array(MEAN, dtype=np.float32)) / np.array(STD, dtype=np.float32)
        return np.ascontiguousarray(normalised.transpose(2, 0, 1))

    def collate_images(self, prepared: Sequence[NDArray[np.float32]]) -> "torch.Tensor":
        """Stack pictures."""
        import torch

        return torch.from_numpy(np.stack(prepared))

    def encode_images(self, batch: "torch.Tensor") -> "torch.Tensor":
        """Project the mean token of each picture."""
        rows: torch.Tensor = self.network.image_embeddings(self._image_states(batch))
        return rows

    def encode_captions(self, captions: Sequence[str]) -> "torch.Tensor":
        """Project the first token of each caption."""
        ids, mask = self.reader.ids(captions)
        rows: torch.Tensor = self.network.text_embeddings(self._text_states(ids, mask))
        return rows

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Count the captions of which words or word pieces are cut off."""
        return self.reader.count_truncated(captions)

    def caption_states(self, captions: Sequence[str]) -> States:
        """Return the states of all tokens after the text layers, and where there are tokens; padding is 0."""
        ids, mask = self.reader.ids(captions)
        found = self._text_states(ids, mask).float().cpu().numpy()
        states = np.zeros((*ids.shape, found.shape[-1]), dtype=np.float32)
        states[:, : found.shape[1]] = found
        return {"states": states, "mask": mask.astype(np.uint8)}

    def image_state(self, prepared: NDArray[np.float32]) -> Any:
        """Return what the fusion layers see of one picture."""
        return self.network.picture_keys_values(self._image_states(self.collate_images([prepared])))

    def match(self, image_state: Any, captions: States) -> NDArray[np.float32]:
        """Return the logit that the pair belongs together."""
        from evaluator.networks.xvlm import MATCHES

        states, mask = self._on_device(captions["states"], captions["mask"])
        logits = self.network.match_logits(image_state, states.to(self.dtype), mask)
        scores: NDArray[np.float32] = logits[:, MATCHES].cpu().numpy()
        return scores

    def _image_states(self, batch: "torch.Tensor") -> "torch.Tensor":
        pixels = batch.to(self.device, self.dtype, non_blocking=True)
        states: torch.Tensor = self.network.image_states(pixels)
        return states

    def _text_states(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> "torch.Tensor":
        states: torch.Tensor = self.network.text_states(*self._on_device(ids, mask))
        return states

    def _on_device(self, tokens: NDArray[Any], mask: NDArray[Any]) -> "tuple[torch.Tensor, torch.Tensor]":
        """Move what belongs to tokens, without the columns that are padding in every row: they change nothing."""
        import torch

        longest = int(mask.sum(axis=1).max(initial=1))
        kept = (np.ascontiguousarray(some[:, :longest]) for some in (tokens, mask))
        moved, moved_mask = (torch.from_numpy(some).to(self.device) for some in kept)
        return moved, moved_mask
