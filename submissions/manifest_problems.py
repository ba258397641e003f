"""Turn what pydantic finds in a manifest into sentences: which key, what was expected, what was found, what to do."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from splits.catalog import near_names
from splits.shown import escaped

Item = Mapping[str, Any]

EXPECTED: dict[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list, such as [{found}]",
    "model_type": "keys with values",
    "string_too_short": "text that is not empty",
    "string_pattern_mismatch": "'sha256:' and 64 hexadecimal digits",
}
LIMITS: dict[str, str] = {
    "string_too_long": "at most {max_length} characters",
    "too_short": "at least {min_length}",
    "too_long": "at most {max_length}",
    "greater_than_equal": "a number from {ge}",
    "less_than_equal": "a number up to {le}",
}


_SHOWN = 80
"""The most characters of a key that are shown."""
_MOST_DIGITS = 40


def explain(error: ValidationError) -> list[str]:
    """Return one message for every problem, in the order of the document."""
    return [_sentence(item) for item in error.errors(include_url=False)]


def _sentence(item: Item) -> str:
    kind, where = str(item["type"]), _where(item["loc"])
    special: dict[str, Callable[[Item, str], str]] = {
        "missing": _missing,
        "extra_forbidden": _unknown_key,
        "literal_error": _not_one_of,
    }
    if kind in special:
        return special[kind](item, where)
    context: Mapping[str, Any] = item.get("ctx", {})
    if kind in LIMITS:
        return f"{where}: expected {LIMITS[kind].format(**context)}, found {_found(item['input'])}."
    if kind == "value_error":
        return f"{where}: expected {context['error']}, found {_found(item['input'])}."
    expected = EXPECTED[kind].format(found=_sketch(item["input"])) if kind in EXPECTED else escaped(str(item["msg"]))
    quotes = " Put it in quotes." if kind == "string_type" and not isinstance(item["input"], list | dict) else ""
    return f"{where}: expected {expected}, found {_found(item['input'])}.{quotes if item['input'] is not None else ''}"


def _where(location: tuple[int | str, ...]) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{_key(part)}" for part in location).lstrip(".")
    return path or "The manifest"


def _key(name: str) -> str:
    return escaped(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}...")


def _missing(item: Item, where: str) -> str:
    known = _fields_at(item["loc"])
    field = known.get(str(item["loc"][-1]))
    meaning = f" {field.description}" if field is not None and field.description else ""
    near = [key for key in item["input"] if key not in known] if isinstance(item["input"], dict) else []
    hint = next(
        (f" Is the key {key!r:.80} meant for it?" for key in near if near_names(str(item["loc"][-1]), [str(key)])), ""
    )
    return f"{where}: this key is required and missing.{meaning}{hint}"


def _unknown_key(item: Item, where: str) -> str:
    known = list(_fields_at(item["loc"]))
    return f"{where}: there is no such key.{near_names(str(item['loc'][-1]), known)} Known keys: {', '.join(known)}."


def _not_one_of(item: Item, where: str) -> str:
    expected = item["ctx"]["expected"]
    known = [part.strip("' ") for part in expected.replace(" or ", ", ").split(", ")]
    value = item["input"]
    near = near_names(value, known) if isinstance(value, str) else ""
    return f"{where}: expected {expected}, found {_found(value)}.{near}"


def _fields_at(location: tuple[int | str, ...]) -> Mapping[str, Any]:
    """Return the fields of the part of a manifest that holds the last key of a location."""
    from submissions.manifest import Manifest

    model: type[BaseModel] = Manifest
    for part in location[:-1]:
        if isinstance(part, str):
            model = _model_in(model.model_fields[part].annotation) or model
    return model.model_fields


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, BaseModel) else None
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _found(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()} (yes, no, on and off are truth values in YAML)"
    if isinstance(value, str):
        return f"the text {value!r:.80}" if len(value) <= 80 else f"a text of {len(value):,} characters"
    if isinstance(value, int | float):
        return f"the number {_digits(value)}"
    if isinstance(value, list):
        return f"a list of {len(value):,}"
    if isinstance(value, dict):
        return "keys with values"
    return f"the {type(value).__name__} {value!s:.40}"


def _sketch(value: object) -> str:
    """Return a value as it could stand in a list, or dots where it is too long for that."""
    return escaped(value) if isinstance(value, str) and len(value) <= _SHOWN else "..."


def _digits(value: int | float) -> str:
    # Python refuses to write out an integer of more than 4,300 digits.
    if isinstance(value, int) and abs(value) >= 10**_MOST_DIGITS:
        return f"of about {value.bit_length() * 0.30103:,.0f} digits"
    return repr(value)
