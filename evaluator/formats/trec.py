"""TREC run files, plain or gzipped: `query Q0 candidate rank score tag`, ordered by score as trec_eval does.

The direction of a line is what its ids say. An id may name an image and a caption, as some of COCO's do; then the rest
of the file decides, and a file that leaves it open is refused.
"""

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluator.alignment import refuse_other_digest
from evaluator.errors import ScoreFileError
from evaluator.ranked_lists import Sides, build_lists, check_complete, sides_of
from evaluator.run import ListRun, RankedLists, Run, ScoreFile
from evaluator.run_lines import Lines, Places, Places32, joined, refuse_repeats
from evaluator.score_format import Reading, ScoreFormat
from evaluator.text_lines import BROKEN_GZIP, finite_numbers, numbered_fields, open_text
from splits.split import Direction, Indices, Split

COLUMNS = 6
SPACED, ALWAYS = 4, 10_000
"""Lines for every pair of the split, as some files have blank ones between them, and for any split."""
FORM = "query Q0 candidate rank score tag"


def _read(path: Path, split: Split, reading: Reading) -> ScoreFile:
    refuse_other_digest(split, "You declare", reading.split_digest)
    both = [Places.of(sides_of(split, direction)) for direction in Direction]
    lines = _all_lines(path, both)
    masks = _directions(lines)
    lists = {
        places.sides.direction: _lists(lines, way, masks[way], places.sides)
        for way, places in enumerate(both)
        if masks[way].any()
    }
    return ScoreFile(ListRun(lists), TREC.name)


def _all_lines(path: Path, both: Sequence[Places]) -> Lines:
    pairs = sum(len(places.queries) * len(places.candidates) for places in both)
    parts: list[Lines] = []
    count = checked = 0
    for numbers, fields in numbered_fields(path, FORM, at_most=SPACED * pairs + ALWAYS):
        # Looked for after every doubling, so that a file which repeats itself is not read to its end.
        if count > min(2 * checked, pairs):
            refuse_repeats(joined(parts), both, "up to there")
            checked = count
        parts.append(_parse(numbers, fields, both))
        count += len(numbers)
    if not parts:
        raise ScoreFileError(f"The file holds no line. Write one line for each candidate: {FORM}.")
    whole = joined(parts)
    refuse_repeats(whole, both, "in all")
    return whole


def _parse(numbers: Indices, fields: list[list[bytes]], both: Sequence[Places]) -> Lines:
    for number, line in zip(numbers.tolist(), fields, strict=True):
        if len(line) != COLUMNS:
            raise ScoreFileError(
                f"Line {number:,} has {len(line)} column{'s' * (len(line) != 1)}; a TREC run has {COLUMNS}: {FORM}."
            )
    queries, _, candidates, _, scores, _ = zip(*fields, strict=True)
    query = [_look_up(queries, way.queries) for way in both]
    candidate = [_look_up(candidates, way.candidates) for way in both]
    lines = Lines(numbers, finite_numbers(scores, numbers, FORM), query, candidate)
    strange = np.flatnonzero(~(lines.fits(0) | lines.fits(1)))
    if len(strange):
        place = int(strange[0])
        raise _stranger(int(numbers[place]), queries[place], candidates[place], both)
    return lines


def _look_up(ids: Sequence[bytes], known: Mapping[bytes, int]) -> Places32:
    return np.fromiter((known.get(identifier, -1) for identifier in ids), dtype=np.int32, count=len(ids))


def _stranger(number: int, query: bytes, candidate: bytes, both: Sequence[Places]) -> ScoreFileError:
    sides = next((way.sides for way in both if query in way.queries), None)
    name = both[0].sides.split.name
    if sides is None:
        trap = both[0].sides.trap([_text(query)]) or both[1].sides.trap([_text(query)])
        return ScoreFileError(
            f"Line {number:,}: query {_shown(query)} is neither an image nor a caption of {name}."
            f" Use the ids of the split.{trap}"
        )
    return ScoreFileError(
        f"Line {number:,}: {_shown(candidate)} is no {sides.candidate} of {name}, though query {_shown(query)} is"
        f" {'an' if sides.query == 'image' else 'a'} {sides.query}."
        f" Rank the {sides.candidate}s of the split, each once."
    )


def _directions(lines: Lines) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    first, second = lines.fits(0), lines.fits(1)
    either = first & second
    if either.any():
        only_first, only_second = first & ~second, second & ~first
        if only_first.any() == only_second.any():
            raise ScoreFileError(
                f"Line {lines.numbers[np.argmax(either)]:,} fits both directions: each of its ids names an image and a"
                f" caption ({np.count_nonzero(either):,} such lines). Write one file per direction, or JSON, which"
                " names the direction."
            )
        first, second = (first, only_second) if only_first.any() else (only_first, second)
    return first, second


def _lists(lines: Lines, way: int, chosen: NDArray[np.bool_], sides: Sides) -> RankedLists:
    queries, candidates = (side[way][chosen].astype(np.int64) for side in (lines.query, lines.candidate))
    check_complete(sides, np.unique(queries))
    return build_lists(sides, queries, candidates, lines.scores[chosen])


def _text(identifier: bytes) -> str:
    return identifier.decode("utf-8", "replace")[:80]


def _shown(identifier: bytes) -> str:
    return repr(_text(identifier))


def _accepts(path: Path) -> bool:
    """Take text whose first line has about as many columns: what is wrong with them is for `read` to say."""
    try:
        with open_text(path) as stream:
            start = stream.read(4096)
    except BROKEN_GZIP:
        return True
    if not start or start.lstrip()[:1] in {b"{", b"[", b"<", b""} or any(byte < 9 for byte in start):
        return False
    return len(start.lstrip().split(b"\n")[0].split()) > COLUMNS - 3


def _write(path: Path, run: Run, split: Split) -> None:
    if not isinstance(run, ListRun):
        raise ScoreFileError(f"A TREC run file keeps ranked lists, not {type(run).__name__}.")
    with gzip.open(path, "wt", encoding="utf-8") if path.suffix == ".gz" else path.open("w", encoding="utf-8") as file:
        for direction, lists in run.lists.items():
            sides = sides_of(split, direction)
            for query, identifier in enumerate(sides.query_ids):
                row = slice(lists.offsets[query], lists.offsets[query + 1])
                found = zip(lists.candidates[row].tolist(), lists.scores[row].tolist(), strict=True)
                file.writelines(
                    f"{identifier} Q0 {sides.candidate_ids[candidate]} {rank} {score!r} rematch\n"
                    for rank, (candidate, score) in enumerate(found, start=1)
                )


TREC = ScoreFormat(
    name="trec",
    summary=f"A TREC run file, plain or gzipped, for one direction or both: `{FORM}`, ordered by score.",
    suffixes=(".trec", ".run", ".txt", ".gz"),
    accepts=_accepts,
    read=_read,
    write=_write,
)
