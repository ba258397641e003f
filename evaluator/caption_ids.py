"""Captions as numbers of a tokenizer, cut and padded to one length, as cross-encoders take them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.model import States

PUNCTUATION = '.!"()*#:;~'
_BLANKS = str.maketrans(PUNCTUATION, " " * len(PUNCTUATION))


@dataclass(frozen=True, slots=True, eq=False)
class CaptionIds:
    """A tokenizer with what a network's authors do to captions before it."""

    tokenizer: Any
    length: int
    """How many tokens the network reads, with those at the ends."""
    words: int | None = None
    """With a number of words: captions are cleaned as BLIP's authors do, and cut after that many."""

    def of(self, captions: Sequence[str]) -> dict[str, NDArray[np.int32]]:
        """Return `ids` and `mask` of some captions, shape (n, length)."""
        found = self.tokenizer(
            [self._cleaned(caption)[0] for caption in captions],
            padding="max_length",
            truncation=True,
            max_length=self.length,
            return_token_type_ids=False,
        )
        ids, mask = (np.array(found[name], dtype=np.int32) for name in ("input_ids", "attention_mask"))
        return {"ids": ids, "mask": mask}

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Count the captions of which something is cut off, be it words or tokens."""
        if not captions:
            return 0
        cleaned = [self._cleaned(caption) for caption in captions]
        found = self.tokenizer([text for text, _ in cleaned], truncation=False, verbose=False)["input_ids"]
        return sum(is_cut or len(ids) > self.length for ids, (_, is_cut) in zip(found, cleaned, strict=True))

    @property
    def description(self) -> str:
        """How captions become numbers, in words."""
        before = f"lower case, blanks for {PUNCTUATION}, first {self.words} words; " if self.words else ""
        return f"{before}{type(self.tokenizer).__name__}, first {self.length} tokens"

    def _cleaned(self, caption: str) -> tuple[str, bool]:
        """Return what the tokenizer gets, and whether words were cut off."""
        if self.words is None:
            return caption, False
        plain = re.sub(r"\s{2,}", " ", caption.lower().translate(_BLANKS)).strip(" \n")
        words = plain.split(" ")
        return " ".join(words[: self.words]), len(words) > self.words


def as_tensors(states: States, device: str) -> tuple[Any, Any]:
    """Return ids and mask on a device, cut to the longest caption."""
    import torch

    longest = int(states["mask"].sum(axis=1).max())
    ids, mask = (torch.from_numpy(states[name][:, :longest].astype(np.int64)).to(device) for name in ("ids", "mask"))
    return ids, mask
