"""Every kind of value is written as JSON and read again exactly; every column of every table has a kind."""

import json
import math
import struct
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ARRAY, Integer, null

from submissions.database import METADATA, head
from submissions.dump.kinds import KINDS, kind_of
from submissions.dump.layout import LONGEST_ROW
from submissions.dump.revisions import tables_at
from submissions.dump.rows import Column, read_row, write_row
from submissions.dump.snapshot import kinds_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
VALUES = {
    "uuid": st.uuids(),
    "time": st.datetimes(timezones=st.just(UTC)),
    "bytes": st.binary(),
    "boolean": st.booleans(),
    "float": st.floats(),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "text": TEXTS,
}
"""Of all kinds but JSON, which comes from a database as text."""


def bits(value):
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return struct.pack("<d", value) if isinstance(value, float) and not math.isnan(value) else repr(value)


@given(st.fixed_dictionaries({}, optional=VALUES))
def test_a_row_comes_back_bit_for_bit(row):
    line = write_row(row, KINDS)
    assert line.isascii()
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    found = read_row(line, {name: Column(KINDS[name]) for name in VALUES})
    assert {name: bits(value) for name, value in found.items()} == {name: bits(row.get(name)) for name in VALUES}


@given(JSON_VALUES)
def test_a_document_comes_back_with_its_order_and_its_digits(document):
    line = write_row({"d": json.dumps(document)}, {"d": KINDS["json"]})
    found = read_row(line, {"d": Column(KINDS["json"])})["d"]
    assert json.dumps(found) == json.dumps(document)


def test_a_null_is_left_out_and_is_not_the_json_value_null():
    columns = {"d": Column(KINDS["json"]), "t": Column(KINDS["text"])}
    kinds = {name: column.kind for name, column in columns.items()}
    assert write_row({"d": None, "t": None}, kinds) == b"{}\n"
    assert write_row({"d": "null", "t": None}, kinds) == b'{"d":null}\n'
    absent, present = read_row(b"{}\n", columns), read_row(b'{"d":null}\n', columns)
    assert (absent["d"].compare(null()), absent["t"], present["d"]) == (True, None, None)


@given(st.binary(max_size=200))
def test_no_line_whatsoever_raises_anything_but_an_error_in_words(line):
    with suppress(ValueError):
        read_row(line, {name: Column(kind) for name, kind in KINDS.items()})


@given(st.sampled_from(sorted(KINDS)), JSON_VALUES)
def test_a_value_of_another_kind_is_refused_or_is_of_this_kind(name, value):
    try:
        found = read_row(json.dumps({name: value}).encode(), {name: Column(KINDS[name])})[name]
    except ValueError:
        return
    if name != "json":
        assert json.loads(write_row({name: found}, KINDS))[name] == value or name in ("time", "bytes")


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_a_table_has_the_kinds_that_its_migrations_give_it(table):
    made = tables_at(head() or "")
    assert {name: kind.name for name, kind in kinds_of(table).items()} == {
        name: column.kind.name for name, column in made[table.name].items()
    }
    assert {name for name, column in made[table.name].items() if column.is_required} == {
        column.name for column in table.columns if not column.nullable
    }


def test_a_type_that_has_no_kind_yet_is_an_error():
    with pytest.raises(TypeError, match="There is no kind for columns of the type ARRAY"):
        kind_of(ARRAY(Integer))


def test_the_longest_row_has_room_for_the_largest_column():
    # PostgreSQL and SQLite take values of up to 1 GB; ours are a hundredth of that.
    assert LONGEST_ROW >= 200 * 2**20
