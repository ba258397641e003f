"""What lies where in a dump, in which order, and how large it may be: writer and reader share it."""

import re
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

FORMAT_VERSION = 1
"""Raised when a reader of an earlier version would take something for what it is not."""
HEADER, README, MISSING, SUMS = "header.json", "README.txt", "missing-artifacts.json", "SHA256SUMS"
PART_BYTES = 8 * 2**20
"""About so much of a table is one part, which lies in memory while it is written."""
LONGEST_ROW = 256 * 2**20
"""The longest line that is read or written: the documents of audits are the longest, with a few megabytes."""
LONGEST_HEADER = 2**20
LONGEST_DOCUMENT = 64 * 2**20
"""The longest list of what is missing."""
_ROWS = re.compile(r"rows/([a-z][a-z0-9_]{0,62})/(\d{6})\.jsonl")
_ARTIFACT = re.compile(r"artifacts/([0-9a-f]{2})/(\1[0-9a-f]{62})")

READ_ME = """\
This is a dump of a board of Rematch: everything that its database and its store of files held at one moment.

header.json                   what this is: version of the format, when and by what it was written, revision of the
                              database, and for every table the number of rows and the kinds of its columns
rows/TABLE/000001.jsonl ...   the rows, one JSON object a line, ordered by primary key; a column that is left out is
                              NULL. uuid, time (ISO 8601 with its zone), text, integer, float, boolean and json stand
                              as in JSON; bytes are in base 64
artifacts/AB/ABCD...          the files that were handed in, named by their SHA-256
missing-artifacts.json        the SHA-256 of files that could not be read when this was written, if there were any
SHA256SUMS                    the SHA-256 of every file above: sha256sum -c SHA256SUMS

To look inside: tar xf FILE. To put it back into an empty database: rematch restore FILE.
"""


class Table(BaseModel):
    """What a dump holds of one table."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rows: int = Field(ge=0)
    columns: dict[str, str]
    """Their kinds by their names."""


class Artifacts(BaseModel):
    """The files that the rows refer to."""

    model_config = ConfigDict(extra="forbid", strict=True)

    files: int = Field(ge=0)
    size: int = Field(ge=0)
    """Of all together, in bytes."""


class Header(BaseModel):
    """What a dump says of itself before anything else."""

    model_config = ConfigDict(extra="forbid", strict=True)

    format: Literal["rematch-dump"] = "rematch-dump"
    format_version: int = FORMAT_VERSION
    written_at: AwareDatetime
    evaluator_version: str = Field(max_length=64)
    revision: str = Field(pattern=r"^[0-9a-z_]{1,32}$")
    """The last migration of the database it was written from."""
    database: Literal["postgresql", "sqlite"]
    is_public: bool
    """Whether it leaves out what only operators and owners may see."""
    artifacts: Artifacts | None
    """None where it was written without them."""
    tables: dict[str, Table]
    """In an order in which what is referred to comes first."""

    @property
    def n_rows(self) -> int:
        """Of all tables."""
        return sum(table.rows for table in self.tables.values())


def rows_name(table: str, number: int) -> str:
    """Return the name of a part of a table, counted from 1."""
    return f"rows/{table}/{number:06d}.jsonl"


def artifact_name(sha256: str) -> str:
    """Return the name of a file in a dump."""
    return f"artifacts/{sha256[:2]}/{sha256}"


def table_of(name: str) -> str | None:
    """Return the table that a part is of; None where it is no such part."""
    found = _ROWS.fullmatch(name)
    return found[1] if found else None


def artifact_of(name: str) -> str | None:
    """Return the SHA-256 of a file in a dump; None where the name is none of a file."""
    found = _ARTIFACT.fullmatch(name)
    return found[2] if found else None


def place_of(name: str, tables: list[str]) -> tuple[int, int, str] | None:
    """Return where a member comes in the order of a dump, None where it belongs to none.

    Every member comes after the one before, so that none can be there twice.
    """
    fixed = {HEADER: 0, README: 1, MISSING: 4, SUMS: 5}
    if name in fixed:
        return fixed[name], 0, ""
    if (table := table_of(name)) in tables:
        return 2, tables.index(table), name
    return (3, 0, name) if artifact_of(name) else None
