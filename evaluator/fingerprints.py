"""What identifies a model beside its weights: its configuration, its tokenizer, and what was built of them."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from evaluator.weights.files import file_digest

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "*.model",
)
"""Those that a library reads a tokenizer from, as names or patterns."""
NO_SETTINGS = frozenset({"image_processor_type", "processor_class", "_processor_class", "feature_extractor_type"})
_ACTIVATION = re.compile(r"gelu|relu|silu|swish|mish|tanh|sigmoid", re.IGNORECASE)


def configuration_digest(document: Any) -> str:
    """Return the SHA-256 of a configuration, written as JSON with sorted keys, in hexadecimal digits.

    >>> configuration_digest({"b": 1, "a": 2}) == configuration_digest({"a": 2, "b": 1})
    True
    """
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def configuration_file_digest(path: Path) -> str:
    """Return the digest of the configuration in a file of JSON, however it is laid out; see above."""
    return configuration_digest(json.loads(path.read_text(encoding="utf-8")))


def tokenizer_digest(folder: Path) -> str:
    """Return one SHA-256 over the names and contents of a tokenizer's files, in hexadecimal digits.

    Raises:
        ModelError: A file cannot be read.
    """
    files = {path.name: path for pattern in TOKENIZER_FILES for path in folder.glob(pattern) if path.is_file()}
    lines = "".join(f"{name} {file_digest(files[name])}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def described_network(network: Any) -> str:
    """Say what a network of torch is called, and which activations are in it."""
    parts = (part for part in network.modules() if not any(True for _ in part.children()))
    found = sorted({str(part).removesuffix("()") for part in parts if _ACTIVATION.search(type(part).__name__)})
    return f"{type(network).__name__}; activations {', '.join(found) or 'no modules of their own'}"


def described_processor(processor: Any) -> str:
    """Say what an image processor of transformers does, in the words of the library."""
    settings = {name: value for name, value in processor.to_dict().items() if name not in NO_SETTINGS}
    stated = {name: value for name, value in settings.items() if value is not None}
    return f"{type(processor).__name__} {json.dumps(stated, sort_keys=True, default=str)}"
