"""Ranked lists as JSON: for each direction, the candidates' ids of every query, best first."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from evaluator.alignment import refuse_other_digest
from evaluator.errors import ScoreFileError
from evaluator.ranked_lists import Sides, build_lists, check_complete, sides_of
from evaluator.run import ListRun, RankedLists, Run, ScoreFile
from evaluator.score_format import Reading, ScoreFormat
from splits.split import Direction, Split

MAX_BYTES = 128 * 2**20
"""Parsed, it takes up to ten times as much memory."""
SHAPE = '{"i2t": {image id: [caption ids]}, "t2i": {caption id: [image ids]}}'


def _read(path: Path, split: Split, reading: Reading) -> ScoreFile:
    document = _load(path)
    carried = document.pop("split_digest", None)
    if not isinstance(carried, str | None):
        raise ScoreFileError(f"`split_digest` in the JSON is of type {type(carried).__name__}. Write one string.")
    refuse_other_digest(split, "The file carries", carried)
    refuse_other_digest(split, "You declare", reading.split_digest)
    known = [str(direction) for direction in Direction]
    others = [key for key in document if key not in known]
    if others or not document:
        found = f"keys {', '.join(f'{key!r:.80}' for key in others[:3])}" if others else "no key"
        raise ScoreFileError(f"The JSON has {found} at the top; it needs i2t, t2i or both: {SHAPE}.")
    lists = {
        direction: _direction(document[direction], direction, split) for direction in Direction if direction in document
    }
    return ScoreFile(ListRun(lists), RANKED_JSON.name)


def _load(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MAX_BYTES:
        raise ScoreFileError(
            f"The JSON has {path.stat().st_size:,} bytes; the limit is {MAX_BYTES:,}."
            " Keep the first 100 candidates of each query, or hand in the matrix."
        )
    try:
        document = json.loads(path.read_bytes(), object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ScoreFileError(
            f"The file begins like JSON but is not: {error.msg} at line {error.lineno:,}, column {error.colno:,}."
            " Write it with json.dump."
        ) from None
    except (ValueError, RecursionError, MemoryError):
        raise ScoreFileError("The file begins like JSON but cannot be read. Write it with json.dump.") from None
    if not isinstance(document, dict):
        raise ScoreFileError(f"The JSON is a list; it needs to be {SHAPE}.")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        seen: set[str] = set()
        first = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ScoreFileError(f"The JSON gives the key {first!r:.80} twice in one object. Give every query once.")
    return entries


def _direction(entries: object, direction: Direction, split: Split) -> RankedLists:
    sides = sides_of(split, direction)
    if not isinstance(entries, Mapping):
        raise ScoreFileError(f"{direction} is not an object of lists. It needs to be {SHAPE}.")
    queries: list[int] = []
    candidates: list[int] = []
    depths: list[int] = []
    for query, listed in entries.items():
        if query not in sides.queries:
            raise ScoreFileError(
                f"{direction}: query {query!r:.80} is no {sides.query} of {split.name}. Use its ids."
                f"{sides.trap([query])}"
            )
        found = _candidates(listed, query, sides)
        queries += [sides.queries[query]] * len(found)
        candidates += found
        depths += range(len(found))
    check_complete(sides, np.array([sides.queries[query] for query in entries], np.int64))
    scores = -np.array(depths, dtype=np.float64)
    return build_lists(sides, np.array(queries, np.int64), np.array(candidates, np.int64), scores)


def _candidates(listed: object, query: str, sides: Sides) -> list[int]:
    where = f"{sides.direction}, query {query!r:.80}"
    if not isinstance(listed, list) or not listed:
        kind = "an empty list" if listed == [] else f"{type(listed).__name__}, no list"
        raise ScoreFileError(f"{where}: found {kind}. List at least one {sides.candidate} id, best first.")
    found: list[int] = []
    for candidate in listed:
        if (
            isinstance(candidate, bool)
            or not isinstance(candidate, str | int)
            or str(candidate) not in sides.candidates
        ):
            # What is nested may be nested too deeply to be shown.
            what = "an array or object" if isinstance(candidate, list | dict) else f"{candidate!r:.80}"
            raise ScoreFileError(
                f"{where}: {what} is no {sides.candidate} of {sides.split.name}. Use its ids."
                f"{sides.trap([str(candidate)] if isinstance(candidate, str | int) else [])}"
            )
        found.append(sides.candidates[str(candidate)])
    if len(set(found)) < len(found):
        seen: set[int] = set()
        first = next(i for i in found if i in seen or seen.add(i))  # type: ignore[func-returns-value]
        raise ScoreFileError(
            f"{where}: {sides.candidate} {sides.candidate_ids[first]!r} is listed {found.count(first)} times."
            " List every candidate once."
        )
    return found


def _accepts(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(4096)
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


def _write(path: Path, run: Run, split: Split) -> None:
    if not isinstance(run, ListRun):
        raise ScoreFileError(f"A JSON file keeps ranked lists, not {type(run).__name__}.")
    document: dict[str, Any] = {"split_digest": split.digest}
    for direction, lists in run.lists.items():
        sides = sides_of(split, direction)
        rows = np.split(lists.candidates, lists.offsets[1:-1])
        document[direction] = {
            query: [sides.candidate_ids[candidate] for candidate in row]
            for query, row in zip(sides.query_ids, rows, strict=True)
        }
    path.write_text(json.dumps(document), encoding="utf-8")


RANKED_JSON = ScoreFormat(
    name="ranked-json",
    summary="Ranked lists of ids as eccv-caption takes them, best first, for one direction or both.",
    suffixes=(".json",),
    accepts=_accepts,
    read=_read,
    write=_write,
)
