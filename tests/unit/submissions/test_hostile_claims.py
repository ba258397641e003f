"""Claims files that are broken, or made to break the reader, the terminal or a spreadsheet."""

import csv
import io
import os

import pytest

from evaluator.errors import ClaimError
from submissions import claim_document
from submissions.claims_csv import written_csv
from submissions.claims_file import MAX_BYTES, read_claims

TOP = "# source: mine\n# scale: percent\n"
HEADER = "system,direction,metric,value,note\n"
ROW = "A,i2t,R@1,72.5,\n"
GOOD = TOP + HEADER + ROW
JSON = (
    '{"source": "mine", "scale": "percent", "claims":'
    ' [{"system": "A", "direction": "i2t", "metric": "R@1", "value": 72.5}]}'
)
BROKEN = {
    "an empty file": (b"", "The file has no header"),
    "declarations alone": (TOP.encode(), "The file has no header"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is no text: byte 8 is NUL"),
    "NUL in a cell": (GOOD.replace("A,", "A\0,").encode(), "is no text: byte .* is NUL. Save the table"),
    "UTF-16": (GOOD.encode("utf-16"), "is no text"),
    "Latin-1": (GOOD.replace("A,", "é,").encode("latin-1"), "is no text in UTF-8: byte"),
    "a compressed file": (b"\x1f\x8b\x08\x02" + b"\xff" * 40, "is no text in UTF-8"),
    "a row too short": ((GOOD + "B,i2t,R@1\n").encode(), "line 5: expected 5 cells, as the header has; found 3"),
    "a row too long": ((GOOD + "B,i2t,R@1,70,x,y\n").encode(), "line 5: expected 5 cells, as the header has; found 6"),
    "a column twice": ((TOP + "system,system,direction\n").encode(), "line 3: the column 'system' is there twice"),
    "a quote that is not closed": (GOOD.encode() + b'A,i2t,R@1,72.5,"x\n', "line 5: this is not comma-separated"),
    "a quote in the middle": ((TOP + HEADER + 'A,i2t,R@1,72.5,"x"y\n').encode(), "line 4: this is not comma-separated"),
    "a cell without end": ((TOP + HEADER + "x" * 200_000 + ",i2t,R@1,1,\n").encode(), "line 4: .*field larger than"),
    "a long cell": ((TOP + HEADER + "x" * 2001 + ",i2t,R@1,1,\n").encode(), "line 4, system: expected at most 2,000"),
    "a cell that steers the terminal": (
        GOOD.replace("A,", "\x1b[31mA,").encode(),
        r"line 4, system: expected text that can be printed, found the character U\+001B in '\\x1b\[31mA'",
    ),
    "a cell that turns the text around": (GOOD.replace("A,", "\u202eA,").encode(), r"U\+202E"),
    "an invisible character": (GOOD.replace("A,", "A\u200b,").encode(), r"U\+200B"),
    "a header that steers the terminal": (GOOD.replace("note", "\x1b[2J").encode(), r"there is no column '\\x1b\[2J'"),
    "a key that steers the terminal": (b"# \x1b[2J: x\n", r"line 1: there is no key '\\x1b\[2J'"),
    "a value that steers the terminal": (GOOD.replace("72.5", "\x1b[2J").encode(), r"line 4, value: .*U\+001B"),
    "a value without end": (GOOD.replace("72.5", "9" * 1999).encode(), "line 4, value: .* found 1,999 characters"),
    "a value in other digits": (GOOD.replace("72.5", "٧٢").encode(), "is no number as a table prints it"),
    "infinity": (GOOD.replace("72.5", "inf").encode(), "'inf' is no number as a table prints it"),
    "JSON cut short": (b'{"source": "mine", "claims": [', "line 1: this is not JSON"),
    "JSON nested without end": (b'{"source":' * 100_000, "nested too deeply"),
    "JSON with no number": (JSON.replace("72.5", "NaN").encode(), "'NaN' is no number"),
    "JSON with a huge number": (JSON.replace("72.5", "1e999999999").encode(), "'1e999999999' is no number"),
    "JSON with a number beyond all": (JSON.replace("72.5", "1e" + "9" * 30).encode(), "is no number as a table"),
    "JSON with a key that is half a letter": (
        JSON.replace("scale", r"s\ud800").encode(),
        r"the document: there is no key 's\\ud800'",
    ),
    "JSON with a value that is half a letter": (JSON.replace("A", r"\ud800").encode(), r"U\+D800 in '\\ud800'"),
    "JSON with a truth value": (JSON.replace('"A"', "true").encode(), "system: expected text .* found a truth value"),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_one_clear_message(tmp_path, content, message):
    path = tmp_path / "claims.csv"
    path.write_bytes(content)
    with pytest.raises(ClaimError, match=message) as caught:
        read_claims(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1200


YAML = {
    "an alias": ("- &a {system: A}\n  - *a", "an alias"),
    "a tag": ("- !!python/object:os.system {}", "the tag .* stands before a value"),
    "a date": ("- {system: 2024-01-01, metric: R@1, value: 1}", "found a text or number. Put it in quotes"),
    "no list": ("{}", "This is no document of claims"),
    "a key twice": ("- {system: A, system: B}", "the key 'system' is given again"),
}


@pytest.mark.parametrize(("claims", "message"), YAML.values(), ids=YAML)
def test_a_hostile_yaml_document_is_one_clear_message(tmp_path, claims, message):
    path = tmp_path / "claims.yaml"
    path.write_text(f"source: mine\nscale: percent\nclaims:\n  {claims}\n")
    with pytest.raises(ClaimError, match=message) as caught:
        read_claims(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["no BOM", "BOM"])
def test_line_endings_and_byte_order_marks_change_nothing(tmp_path, ending, start):
    plain, other = tmp_path / "plain.csv", tmp_path / "other.csv"
    plain.write_text(GOOD)
    other.write_bytes(start + GOOD.replace("\n", ending).encode())
    assert read_claims(other).digest == read_claims(plain).digest


def test_messages_count_the_lines_of_the_file(tmp_path):
    path = tmp_path / "claims.csv"
    path.write_text(TOP + "\n" + HEADER + 'A,i2t,R@1,72.5,"two\nlines"\n\nB,i2t,R@2x,1,\n')
    with pytest.raises(ClaimError, match="line 8, metric"):
        read_claims(path)


FORMULAS = ["=cmd()", "+ hard negatives", "- hard negatives", "@SUM(A1)", "'=1", "''@x", "＝1", "'quoted'"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_spreadsheet_runs_a_cell_and_it_comes_back_as_it_was(tmp_path, text):
    path = tmp_path / "claims.csv"
    document = io.StringIO()
    csv.writer(document, lineterminator="\n").writerow([text, "i2t", "R@1", "72.5", ""])
    path.write_text(TOP + HEADER + document.getvalue())
    found = read_claims(path)
    written = written_csv(found)
    cells = next(csv.DictReader(line for line in written.splitlines() if not line.startswith("#")))
    assert not cells["system"].startswith(("=", "+", "-", "@", "＝"))
    path.write_text(written)
    assert read_claims(path).claims.claims == found.claims.claims


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "claims.csv"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 10)
    with pytest.raises(ClaimError, match="has more than 32 MB; no table of claims is that large"):
        read_claims(path)


def test_a_table_of_more_rows_than_any_source_prints_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(claim_document, "MAX_CLAIMS", 3)
    path = tmp_path / "claims.csv"
    path.write_text(TOP + HEADER + "".join(f"A{row},i2t,R@1,72.5,\n" for row in range(4)))
    with pytest.raises(ClaimError, match="The file has more than 3 rows"):
        read_claims(path)


def test_a_million_rows_are_refused_by_the_limit_as_it_is(tmp_path):
    path = tmp_path / "claims.csv"
    path.write_text(TOP + HEADER + "A,i2t,R@1,1,\n" * 1_000_001)
    with pytest.raises(ClaimError, match="The file has more than 100,000 rows"):
        read_claims(path)


def test_yaml_of_a_size_that_takes_minutes_is_refused(tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text("source: mine\nclaims:\n" + "  - {system: A}\n" * 150_000)
    with pytest.raises(ClaimError, match=r"has more than 2 MB of YAML\. Write CSV or JSON instead"):
        read_claims(path)


def test_what_is_no_file_is_named(tmp_path):
    with pytest.raises(ClaimError, match=r"There is no file"):
        read_claims(tmp_path / "none.csv")
    with pytest.raises(ClaimError, match="is a folder, a file of claims was expected"):
        read_claims(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ClaimError, match="is no regular file"):
        read_claims(tmp_path / "pipe")


def test_two_columns_of_one_number_are_told_apart_by_what_they_are_of(tmp_path):
    path = tmp_path / "claims.csv"
    head = "# source: mine\n# scale: percent\nsystem,column,direction,metric,value,variant\n"
    path.write_text(f"{head}A,TR@1 single,i2t,R@1,50.0,\nA,TR@1 ensemble,i2t,R@1,55.0,\n")
    with pytest.raises(ClaimError, match=r"line 5 repeats the cell of line 4.*say in variant, seed or table"):
        read_claims(path)
    path.write_text(f"{head}A,TR@1 single,i2t,R@1,50.0,\nA,TR@1 ensemble,i2t,R@1,55.0,ensemble\n")
    assert len(read_claims(path).claims) == 2
