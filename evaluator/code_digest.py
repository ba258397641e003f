"""Which code makes embeddings and scores of pairs, as one digest that no change of anything else moves."""

import hashlib
from functools import cache
from pathlib import Path

PACKAGES = ("evaluator/encoding", "evaluator/models", "evaluator/networks", "evaluator/reranking", "evaluator/weights")
MODULES = (
    "evaluator/caption_ids.py",
    "evaluator/cross_encoder.py",
    "evaluator/cross_encoder_family.py",
    "evaluator/devices.py",
    "evaluator/dual_encoder.py",
    "splits/pictures.py",
)


@cache
def code_digest() -> str:
    """Return the SHA-256 of the source files that embeddings and scores of pairs depend on, in hexadecimal digits.

    Narrower than the commit, which a changed page of documentation moves as well.
    """
    root = Path(__file__).resolve().parent.parent
    files = [path for package in PACKAGES for path in (root / package).rglob("*") if path.suffix in (".py", ".json")]
    digest = hashlib.sha256()
    for path in sorted([*files, *(root / module for module in MODULES)]):
        name = path.relative_to(root).as_posix()
        digest.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
