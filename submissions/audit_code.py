"""Which code an audit is made with, as one digest that no change of anything else moves."""

import hashlib
from functools import cache
from pathlib import Path

import evaluator.audit


@cache
def audit_code() -> str:
    """Return the SHA-256 of the source files of `evaluator.audit`, in hexadecimal digits."""
    root = Path(evaluator.audit.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        digest.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
