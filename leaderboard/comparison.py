"""Two to five systems of one board against each other: values, paired tests, and how each query was answered."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from evaluator.audit.head_to_head import Contender, Pair, head_to_head
from evaluator.audit.holm import holm
from evaluator.audit.paired import ALPHA
from evaluator.protocol import PROTOCOLS, Protocol
from leaderboard.query_answers import Answers, answers_of
from leaderboard.standings import leading_columns, metric_columns
from leaderboard.stored_runs import UnpackedRun
from splits.split import CaptionPolicy, Direction
from submissions.board_query import BoardKey

if TYPE_CHECKING:
    from evaluator.report import RankCounts
    from leaderboard.query_answers import Indices

FEWEST, MOST = 2, 5


@dataclass(frozen=True, slots=True)
class Change:
    """How far a system is from the first in one value, and whether that is more than noise."""

    gap: float
    """The value of the system less that of the first, its runs that differ averaged."""
    ci95: tuple[float, float]
    pvalue: float
    adjusted: float
    """After Holm's correction over all differences of the table."""
    seeds_pvalue: float | None

    @property
    def is_beyond_noise(self) -> bool:
        """Whether both tests are significant."""
        return self.gap != 0 and self.adjusted < ALPHA and (self.seeds_pvalue is None or self.seeds_pvalue < ALPHA)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What a page of chosen systems shows."""

    labels: tuple[str, ...]
    """A name of its own for each system, in the order of choice."""
    table: pd.DataFrame
    """Their rows of the board, in the order of choice."""
    changes: Mapping[str, Mapping[str, Change]]
    """By column and label; none of the first system and of what cannot be tested."""
    pairs: Mapping[str, list[Pair]]
    """Every two systems against each other, by column."""
    answers: Mapping[Direction, Answers]
    """How single queries were answered, by the systems in `asked`."""
    asked: Mapping[Direction, tuple[str, ...]]
    """The labels of the systems of which the ranks of single queries are stored, by direction."""

    @property
    def columns(self) -> list[str]:
        """Name the measured columns in which at least one system has a value."""
        return [name for name in metric_columns(self.table) if self.table[name].notna().any()]

    @property
    def untested(self) -> list[str]:
        """Name the measured columns that no test was made of."""
        return [name for name in self.columns if name not in self.pairs]


def recipe_of(board: BoardKey) -> Protocol | None:
    """Return the protocol of a board, None where the catalogue has it no longer in that version."""
    if board.protocol not in PROTOCOLS:
        return None
    known = PROTOCOLS[board.protocol]
    return known if known.version == board.version else None


def draws_captions(board: BoardKey) -> bool:
    """Whether every run of a board draws its own caption for each image."""
    recipe = recipe_of(board)
    return recipe is not None and recipe.captions is CaptionPolicy.ONE


def labels_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Give every row a name of its own: the system's, with its submitter and its id where others have the same.

    >>> rows = pd.DataFrame({"system": ["A", "B", "B"], "submitter": ["x", "x", "y"], "submission": ["1", "2", "3"]})
    >>> labels_of(rows)
    ('A', 'B (x)', 'B (y)')
    """
    plain = table["system"].tolist()
    longer = [f"{name} ({submitter})" for name, submitter in zip(plain, table["submitter"], strict=True)]
    longest = [f"{name} {str(one)[:8]}" for name, one in zip(longer, table["submission"], strict=True)]
    once = [{name for name, count in Counter(names).items() if count == 1} for names in (plain, longer)]
    return tuple(
        name if name in once[0] else more if more in once[1] else most
        for name, more, most in zip(plain, longer, longest, strict=True)
    )


def compare(
    table: pd.DataFrame, labels: Sequence[str], runs: Sequence[Sequence[UnpackedRun]], protocol: Protocol | None
) -> Comparison:
    """Compare some rows of a board.

    Args:
        table: The rows, in the order of choice.
        labels: The name of each row.
        runs: The runs of each row that differ, with what is stored of them.
        protocol: Under which they were measured; None where the catalogue has it no longer.
    """
    by_column = {name: _contenders(name, labels, runs) for name in tested_columns(table)}
    enough = {name: own for name, own in by_column.items() if len(own) >= FEWEST}
    asked, answers = {}, {}
    for direction in Direction:
        known = _asked(labels, runs, direction, protocol)
        if len(known) >= FEWEST and len((found := answers_of(list(known.values()))).queries):
            asked[direction], answers[direction] = tuple(known), found
    return Comparison(
        labels=tuple(labels),
        table=table,
        changes=_changes(labels[0], {name: enough[name] for name in metric_columns(table) if name in enough}),
        pairs={name: head_to_head(own) for name, own in enough.items()},
        answers=answers,
        asked=asked,
    )


def tested_columns(table: pd.DataFrame) -> list[str]:
    """Name the values that tests are asked for: what the board is ranked on first, then every column."""
    leading = leading_columns(table)
    means = [leading[0].split(" ")[-1]] if leading else []
    return list(dict.fromkeys([*means, *metric_columns(table)]))


def _contenders(name: str, labels: Sequence[str], runs: Sequence[Sequence[UnpackedRun]]) -> list[Contender]:
    found = []
    for label, own in zip(labels, runs, strict=True):
        parts = [run.by_image(name) for run in own]
        known = [part for part in parts if part is not None]
        if known and len(known) == len(parts):
            found.append(Contender(label, tuple(known)))
    shapes = [{(len(part.effects), part.n_clusters) for part in one.runs} for one in found]
    # What was asked about other images cannot be paired with the rest.
    return [one for one, own in zip(found, shapes, strict=True) if own == shapes[0] and len(own) == 1]


def _changes(first: str, by_column: Mapping[str, Sequence[Contender]]) -> dict[str, dict[str, Change]]:
    """Test every other system against the first in every value, corrected over all of these tests."""
    tests = {
        (name, other.name): head_to_head([other, base])[0]
        for name, own in by_column.items()
        for base in own
        if base.name == first
        for other in own
        if other is not base
    }
    adjusted = holm([pair.test.pvalue for pair in tests.values()])
    found: dict[str, dict[str, Change]] = {}
    for ((name, label), pair), corrected in zip(tests.items(), adjusted, strict=True):
        test = pair.test
        change = Change(test.gap, test.ci95, test.pvalue, float(corrected), pair.seeds_pvalue)
        found.setdefault(name, {})[label] = change
    return found


def _asked(
    labels: Sequence[str], runs: Sequence[Sequence[UnpackedRun]], direction: Direction, protocol: Protocol | None
) -> "dict[str, list[tuple[Indices, RankCounts]]]":
    draws = protocol is not None and protocol.captions is CaptionPolicy.ONE
    found = {}
    for label, own in zip(labels, runs, strict=True):
        parts = [run.asked(direction, by_owner=draws and direction is Direction.T2I) for run in own]
        known = [part for part in parts if part is not None]
        if known and len(known) == len(parts):
            found[label] = known
    return found
