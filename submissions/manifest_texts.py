"""The kinds of text in a manifest, each with the check that keeps boards and workers safe from it."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

OWN_MACHINE = "own machine"
"""In the context of a validation: whoever writes the manifest also runs the model, and may name any folder."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LOOKS_EMPTY = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""What a font shows as nothing although Unicode counts it as a letter, a mark or a symbol."""
_SCRIPTED_LINK = re.compile(r"\s*(javascript|data|vbscript|file):", re.IGNORECASE)


def _printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        raise ValueError("text without control characters")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("text on one line")
    return _printable(text)


def _name(text: str) -> str:
    """Check that two names that look the same are the same as far as a board can tell."""
    unseen = next((one for one in text if _is_invisible(one)), None)
    if unseen is not None:
        name = f"U+{ord(unseen):04X} {unicodedata.name(unseen, '')}".rstrip()
        raise ValueError(f"a name without invisible characters, such as the {name} in it")
    return _one_line(text)


def _is_invisible(character: str) -> bool:
    if unicodedata.category(character) == "Cf" or character in _LOOKS_EMPTY:
        return True
    return "VARIATION SELECTOR" in unicodedata.name(character, "")


def _reference(text: str) -> str:
    if _SCRIPTED_LINK.match(text):
        raise ValueError("a web address or a citation")
    return _one_line(text)


def _inside(text: str) -> str:
    from evaluator.weights.hub import stays_inside

    if not stays_inside(text):
        raise ValueError("a path relative to the manifest that stays inside its folder")
    return _one_line(text)


def _model(text: str, info: ValidationInfo) -> str:
    """Check that a reference from elsewhere names no file of the machine that runs it."""
    from evaluator.weights.hub import stays_inside
    from evaluator.weights.on_disk import PREFIXES

    family, colon, name = text.partition(":")
    if not colon or not family.strip() or not name.strip():
        raise ValueError("a model as FAMILY:NAME, such as open_clip:ViT-B-32/laion2b_s34b_b79k")
    if (info.context or {}).get(OWN_MACHINE):
        return _one_line(text)
    prefix = next((start for start in PREFIXES if name.startswith(start)), None)
    if prefix and not stays_inside(name.removeprefix(prefix)):
        raise ValueError("a path below the folder of the worker's weights (REMATCH_WEIGHTS)")
    return _name(text)


def _prompt(text: str) -> str:
    if text.count("{}") != 1 or text.strip() == "{}":
        raise ValueError("words around one {}, such as 'a photo of {}'")
    return _one_line(text)


def _sha256(text: str) -> str:
    digits = text.lower().removeprefix("sha256:")
    if re.fullmatch(r"[0-9a-f]{64}", digits) is None:
        raise ValueError("a SHA-256 in 64 hexadecimal digits")
    return digits


Line = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_name)]
Reference = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_reference)]
RelativePath = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_inside)]
ModelReference = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_model)]
Words = Annotated[str, Field(max_length=5000), AfterValidator(_printable)]
Prompt = Annotated[str, Field(max_length=200), AfterValidator(_prompt)]
Sha256 = Annotated[str, Field(max_length=71), AfterValidator(_sha256)]
"""In hexadecimal digits, with or without `sha256:` before them; without it once it is read."""
