"""Captions as open_clip reads them: the tokenizer that a network names, and which captions it cuts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluator.fingerprints import tokenizer_digest
from evaluator.model import ModelError
from evaluator.models.open_clip.sources import Source
from evaluator.weights.files import file_digest

if TYPE_CHECKING:
    import torch

DEFAULT_LENGTH = 77
# What the tokenizers' constructors raise for files or options that they cannot use.
_UNREADABLE = (AssertionError, AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, eq=False)
class Captions:
    """The tokenizer of a checkpoint."""

    tokenizer: Any
    length: int
    description: str
    digest: str
    """Of the files it was read from."""

    def tokens(self, captions: Sequence[str]) -> "torch.Tensor":
        """Turn captions into rows of tokens of the context's length."""
        rows: torch.Tensor = self.tokenizer(list(captions), context_length=self.length)
        return rows

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Count the captions with more tokens than the context holds, start and end among them."""
        return sum(length > self.length for length in self._lengths(captions))

    def _lengths(self, captions: Sequence[str]) -> list[int]:
        inner = getattr(self.tokenizer, "tokenizer", None)
        if not captions:
            return []
        if inner is None:
            return [len(self.tokenizer.encode(caption)) + 2 for caption in captions]
        cleaned = [self.tokenizer.clean_fn(caption) for caption in captions]
        adds_three = self.tokenizer.tokenizer_mode == "clips"
        ids = inner(cleaned, add_special_tokens=not adds_three, truncation=False, verbose=False)["input_ids"]
        return [len(row) + 3 * adds_three for row in ids]


def captions_of(source: Source) -> Captions:
    """Build the tokenizer that a network names, by the library's own rules.

    Raises:
        ModelError: It cannot be read, or cuts captions at random.
    """
    from open_clip.tokenizer import HFTokenizer, SimpleTokenizer, default_bpe

    settings = source.network["text_cfg"]
    length = int(settings.get("context_length", DEFAULT_LENGTH))
    options = dict(settings.get("tokenizer_kwargs") or {})
    if options.get("reduction_mask"):
        raise ModelError(
            f"open_clip:{source.reference} drops words of long captions at random (reduction_mask), so its numbers"
            " would not come back. Remove that from its configuration."
        )
    try:
        if source.tokenizer is None:
            tokenizer = SimpleTokenizer(context_length=length, **options)
        else:
            options |= {"tokenizer_mode": settings.get("tokenizer_mode"), "trust_remote_code": False}
            tokenizer = HFTokenizer(str(source.tokenizer), context_length=length, **options)
    except _UNREADABLE as error:
        raise ModelError(
            f"open_clip:{source.reference}: its tokenizer cannot be read from {source.tokenizer or 'the library'}:"
            f" {error!s:.200} Put all its files there."
        ) from error
    digest = file_digest(Path(default_bpe())) if source.tokenizer is None else tokenizer_digest(source.tokenizer)
    return Captions(tokenizer, length, _description(source, tokenizer, options, length), digest)


def _description(source: Source, tokenizer: Any, options: dict[str, Any], length: int) -> str:
    if source.tokenizer is None:
        cleaning = options.get("clean", "lower")
        return f"CLIP's byte-pair encoding, cleaned: {cleaning}; cut to {length} tokens, the end token kept"
    name = source.network["text_cfg"].get("hf_tokenizer_name")
    stated = {key: value for key, value in sorted(options.items()) if key != "trust_remote_code" and value}
    kind = type(tokenizer.tokenizer).__name__
    return f"tokenizer of {name}, {kind} with {stated or 'no options'}; padded and cut to {length} tokens"
