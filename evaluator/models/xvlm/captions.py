"""Captions as X-VLM reads them: cleaned, split into word pieces, opened by one mark and not closed by another."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.model import MissingHereError, ModelError, UnreadableCaptionError
from evaluator.weights.hub import hub_file, weights_folder
from splits.shown import quoted

VOCABULARY = "vocab.txt"
REPOSITORY = "google-bert/bert-base-uncased"
START, UNKNOWN, PADDING = "[CLS]", "[UNK]", "[PAD]"
_LARGEST_FILE = 16 << 20
_DELETED = str.maketrans("", "", ",.!?'\"()*#:;~")
_LONGEST_WORD = 100

Ids = NDArray[np.int64]


def clean(caption: str, max_words: int) -> str:
    """Clean a caption and cut it after some words.

    >>> clean("A dog's ball; by the SEA?  Two-by-two", 7)
    'a dogs ball by the sea two'

    Raises:
        UnreadableCaptionError: Nothing of it is left.
    """
    words = _words(caption)[:max_words]
    if words == [""]:
        raise UnreadableCaptionError(
            caption,
            f"Nothing is left of the caption {quoted(caption)} once X-VLM has deleted punctuation;"
            " expected at least one word. Correct the caption, or leave its image out of the split.",
        )
    return " ".join(words)


def _words(caption: str) -> list[str]:
    plain = caption.lower().translate(_DELETED).replace("-", " ").replace("/", " ").replace("<person>", "person")
    return re.sub(r"\s{2,}", " ", plain).rstrip("\n").strip(" ").split(" ")


@dataclass(frozen=True, slots=True, eq=False)
class CaptionReader:
    """A vocabulary with the lengths that a network reads."""

    tokenizer: Any
    start: int
    padding: int
    max_words: int
    max_tokens: int
    vocabulary_digest: str

    def ids(self, captions: Sequence[str]) -> tuple[Ids, Ids]:
        """Return token ids and a mask that is 1 on tokens, both of shape (captions, max_tokens).

        Raises:
            UnreadableCaptionError: Nothing is left of a caption.
        """
        ids = np.full((len(captions), self.max_tokens), self.padding, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, pieces in enumerate(self._pieces(captions)):
            kept = pieces[: self.max_tokens - 1]
            ids[row, : len(kept) + 1] = [self.start, *kept]
            mask[row, : len(kept) + 1] = 1
        return ids, mask

    def count_truncated(self, captions: Sequence[str]) -> int:
        """Count the captions of which words or word pieces are cut off."""
        pieces = self._pieces(captions)
        return sum(
            len(some) >= self.max_tokens or len(_words(caption)) > self.max_words
            for some, caption in zip(pieces, captions, strict=True)
        )

    @property
    def description(self) -> str:
        """How captions become numbers, in words."""
        return (
            "lower case; , . ! ? ' \" ( ) * # : ; ~ deleted; blanks for - and /; <person> as person; runs of blanks as"
            f" one; first {self.max_words} words; WordPiece of bert-base-uncased (vocabulary sha256"
            f" {self.vocabulary_digest}), {START} before and no [SEP] after, first {self.max_tokens} tokens"
        )

    def _pieces(self, captions: Sequence[str]) -> list[list[int]]:
        cleaned = [clean(caption, self.max_words) for caption in captions]
        return [found.ids for found in self.tokenizer.encode_batch(cleaned, add_special_tokens=False)]


def load_reader(folder: Path, *, entries: int, max_words: int, max_tokens: int) -> CaptionReader:
    """Load a vocabulary: the one beside the weights, else that of bert-base-uncased.

    Args:
        folder: Where the weights are.
        entries: How many words the network has embeddings for.
        max_words: How many words of a caption are read.
        max_tokens: How many tokens are read, the first one included.

    Raises:
        MissingHereError: There is no vocabulary.
        ModelError: It is not the network's.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    from evaluator.weights.files import file_digest

    beside = folder / VOCABULARY
    path = beside if beside.is_file() else _bert_vocabulary()
    words = _read_vocabulary(path)
    if len(words) > entries or (path != beside and len(words) != entries):
        raise ModelError(
            f"{path} has {len(words):,} entries, the network has embeddings for {entries:,}."
            f" Put the network's own {VOCABULARY} beside its weights, or that of bert-base-uncased there."
        )
    places = {word: place for place, word in enumerate(words)}
    missing = [mark for mark in (START, UNKNOWN, PADDING) if mark not in places]
    if missing or len(places) != len(words):
        wrong = f"lacks {', '.join(missing)}" if missing else "has entries twice"
        raise ModelError(f"{path} is no vocabulary of bert-base-uncased: it {wrong}. Obtain it again.")
    pieces = WordPiece(vocab=places, unk_token=UNKNOWN, max_input_chars_per_word=_LONGEST_WORD)
    tokenizer = Tokenizer(pieces)
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return CaptionReader(tokenizer, places[START], places[PADDING], max_words, max_tokens, file_digest(path))


def _bert_vocabulary() -> Path:
    own = weights_folder() / "bert-base-uncased" / VOCABULARY
    if own.is_file():
        return own
    try:
        return hub_file(REPOSITORY, VOCABULARY)
    except MissingHereError as error:
        raise MissingHereError(
            f"X-VLM reads captions with the vocabulary of bert-base-uncased, expected as {own}. {error}"
        ) from error


def _read_vocabulary(path: Path) -> list[str]:
    if path.stat().st_size > _LARGEST_FILE:
        raise ModelError(f"{path} has {path.stat().st_size:,} bytes, too many for a vocabulary. Obtain it again.")
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is no vocabulary in UTF-8, one entry per line: {error}. Obtain it again.") from error
    return [line.rstrip("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]
