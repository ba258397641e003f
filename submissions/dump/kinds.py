"""The kinds of columns, and how a value of each is written as JSON: exact, the same from every database."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, JSON, BigInteger, Boolean, DateTime, Float, Integer, LargeBinary, Text, Uuid
from sqlalchemy.types import String, TypeDecorator, TypeEngine

from submissions.tables import UtcDateTime

_LARGEST_INTEGER = 2**63 - 1
_DIGITS_OF_A_UUID = 32


@dataclass(frozen=True, slots=True)
class Kind:
    """What values of some columns are, in a dump and in a database."""

    name: str
    column_type: TypeEngine[Any]
    """As what a column is read and written, so that no type of a database shows through."""
    write: Callable[[Any], Any]
    """Turn a value of a database into one of JSON."""
    read: Callable[[Any], Any]
    """Turn it back; raises ValueError where it is none of this kind."""


def kind_of(column_type: TypeEngine[Any]) -> Kind:
    """Return the kind of a column of our tables, or of a table as a database describes it.

    Raises:
        TypeError: Columns of this type are not known here; a new type needs a kind.
    """
    plain = column_type.impl_instance if isinstance(column_type, TypeDecorator) else column_type
    # SQLite has no type for ids and keeps their digits.
    if isinstance(plain, CHAR) and plain.length == _DIGITS_OF_A_UUID:
        return KINDS["uuid"]
    for known, name in _NAMES.items():
        if isinstance(plain, known):
            return KINDS[name]
    raise TypeError(f"There is no kind for columns of the type {column_type!r}.")


def _of_type(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        # An exact comparison: True is an int as well.
        if type(value) is not kind:
            raise ValueError(f"expected a value of the type {kind.__name__}")
        return value

    return read


def _read_text(value: Any) -> str:
    text: str = _of_type(str)(value)
    # Half a surrogate pair cannot be stored; the error is a ValueError.
    text.encode("utf-8")
    return text


def _read_integer(value: Any) -> int:
    number: int = _of_type(int)(value)
    if not -_LARGEST_INTEGER - 1 <= number <= _LARGEST_INTEGER:
        raise ValueError("expected an integer of at most 64 bits")
    return number


def _read_uuid(value: Any) -> UUID:
    found = UUID(_read_text(value))
    if str(found) != value:
        raise ValueError("expected a UUID as 8-4-4-4-12 hexadecimal digits")
    return found


def _read_time(value: Any) -> datetime:
    found = datetime.fromisoformat(_read_text(value))
    if found.tzinfo is None:
        raise ValueError("expected a time with its zone")
    return found.astimezone(UTC)


def _read_bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(_read_text(value), validate=True)
    except binascii.Error:
        raise ValueError("expected bytes in base 64") from None


def _same(value: Any) -> Any:
    return value


KINDS = {
    kind.name: kind
    for kind in (
        Kind("uuid", Uuid(), str, _read_uuid),
        Kind("time", UtcDateTime(), datetime.isoformat, _read_time),
        Kind("json", JSON(), _same, _same),
        Kind("bytes", LargeBinary(), lambda value: base64.b64encode(value).decode("ascii"), _read_bytes),
        Kind("boolean", Boolean(), _same, _of_type(bool)),
        Kind("float", Float(), _same, _of_type(float)),
        Kind("integer", BigInteger(), _same, _read_integer),
        Kind("text", Text(), _same, _read_text),
    )
}
"""By name. A float is written with as many digits as give it back bit for bit."""

_NAMES: dict[type[TypeEngine[Any]], str] = {
    Uuid: "uuid",
    DateTime: "time",
    JSON: "json",
    LargeBinary: "bytes",
    Boolean: "boolean",
    Float: "float",
    Integer: "integer",
    # Enumerations too, which are kept as their words.
    String: "text",
}
