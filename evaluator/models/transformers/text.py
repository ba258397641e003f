"""Captions as the dual encoders of transformers read them: padding, length and mask as each kind was trained."""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple

from evaluator.model import ModelError
from evaluator.weights.pretrained_folder import UNUSABLE, PretrainedFolder, first_line, quiet

if TYPE_CHECKING:
    import torch

VOCABULARIES = (
    "tokenizer.json",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "tokenizer.model",
    "sentencepiece.bpe.model",
)
NO_LIMIT = 1_000_000
"""Tokenizers that know no limit state a number beyond this one."""
AFTER_PADDING = frozenset({"roberta", "xlm-roberta", "camembert", "altclip_text_model"})
"""Text towers whose positions begin after the padding's number, so that as many are lost."""


class _Rule(NamedTuple):
    fills: bool = False
    """Whether every caption is padded to the full length."""
    masks: bool = True
    """Whether the network is told which tokens are padding."""
    lowers: bool = False
    """Whether captions are put into lower case first, which the tokenizers of some repositories leave out."""
    length: int | None = None


# SigLIP was trained on captions padded to the full length, without a mask. Its second version reads lower case, and
# the tokenizer that its repositories name does not see to that (huggingface/transformers#43101).
_RULES = {
    "siglip": _Rule(fills=True, masks=False, lowers=True),
    "siglip2": _Rule(fills=True, masks=False, lowers=True),
    "align": _Rule(fills=True, length=64),
}


@dataclass(frozen=True, slots=True, eq=False)
class Captions:
    """The tokenizer of a checkpoint, with the rule for its kind of model."""

    tokenizer: Any
    accepted: frozenset[str]
    rule: _Rule
    length: int | None

    def tokens(self, captions: Sequence[str]) -> "dict[str, torch.Tensor]":
        """Turn captions into what the network takes."""
        found = self.tokenizer(
            self._spelt(captions),
            padding="max_length" if self.rule.fills else "longest",
            truncation=self.length is not None,
            max_length=self.length,
            return_attention_mask=self.rule.masks,
            return_tensors="pt",
        )
        return {name: value for name, value in found.items() if name in self.accepted}

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Count the captions of which tokens are left out."""
        if self.length is None or not captions:
            return 0
        ids = self.tokenizer(self._spelt(captions), truncation=False, verbose=False)["input_ids"]
        return sum(len(row) > self.length for row in ids)

    @property
    def description(self) -> str:
        """Say in words how captions become tokens."""
        cut = "never cut" if self.length is None else f"cut to {self.length} tokens"
        case = "lower case; " if self.rule.lowers else ""
        padded = "the full length" if self.rule.fills else "the longest of a batch"
        mask = "" if self.rule.masks else ", padding not masked"
        return f"{case}{type(self.tokenizer).__name__}; {cut}, padded to {padded}{mask}"

    def _spelt(self, captions: Sequence[str]) -> list[str]:
        return [caption.lower() if self.rule.lowers else caption for caption in captions]


def captions_of(folder: PretrainedFolder, configuration: Any, network: Any) -> Captions:
    """Read the tokenizer of a checkpoint.

    Raises:
        ModelError: It is not there or cannot be read.
    """
    from transformers import AutoTokenizer

    # Without a vocabulary the library makes up one of nothing but special tokens.
    if not any((folder.path / name).is_file() for name in VOCABULARIES):
        raise ModelError(
            f"transformers:{folder.name}: expected the tokenizer's vocabulary in {folder.path}, one of"
            f" {', '.join(VOCABULARIES)}. Obtain the folder again, whole."
        )
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(folder.path, local_files_only=True, trust_remote_code=False)
    except UNUSABLE as error:
        raise ModelError(
            f"transformers:{folder.name}: its tokenizer cannot be read from {folder.path}: {first_line(error)}"
        ) from error
    rule = _RULES.get(configuration.model_type, _Rule())
    if rule.fills:
        tokenizer.padding_side = "right"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    accepted = frozenset(signature(network.get_text_features).parameters)
    return Captions(tokenizer, accepted, rule, _length(tokenizer, configuration, rule))


def _length(tokenizer: Any, configuration: Any, rule: _Rule) -> int | None:
    tower = getattr(configuration, "text_config", None)
    stated = [rule.length, tokenizer.model_max_length, _positions(tower)]
    known = [int(length) for length in stated if length is not None and 0 < length < NO_LIMIT]
    return min(known) if known else None


def _positions(tower: Any) -> int | None:
    positions: int | None = getattr(tower, "max_position_embeddings", None)
    if positions is None or getattr(tower, "model_type", "") not in AFTER_PADDING:
        return positions
    return positions - (getattr(tower, "pad_token_id", None) or 0) - 1
