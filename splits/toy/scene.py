"""The scenes of toy-scene: two to five things on a grid of three by three, and what is true of them."""

from dataclasses import dataclass
from enum import Enum

from splits.toy.draws import Draws, between, chance, draws, pick, shuffled
from splits.toy.parts import Part

SHAPES = ("circle", "square", "triangle", "diamond", "star", "cross", "ring", "crescent")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "black", "white")
THING_SIZES = ("small", "big")
GRID = 3
ECHO_PERCENT = 7


class Relation(Enum):
    """Where one thing is, seen from another."""

    LEFT = "left of"
    RIGHT = "right of"
    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Thing:
    """A coloured shape in one cell of the grid."""

    shape: str
    colour: str
    size: str
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Mention:
    """What a sentence says of one thing; None where it says nothing."""

    shape: str | None = None
    colour: str | None = None
    size: str | None = None
    row: int | None = None
    column: int | None = None

    def fits(self, thing: Thing) -> bool:
        """Whether everything said is true of a thing."""
        return (
            self.shape in (None, thing.shape)
            and self.colour in (None, thing.colour)
            and self.size in (None, thing.size)
            and self.row in (None, thing.row)
            and self.column in (None, thing.column)
        )


@dataclass(frozen=True, slots=True)
class Statement:
    """What a sentence says of a scene: different things, how they stand to each other, how many there are in all."""

    mentions: tuple[Mention, ...]
    relations: tuple[tuple[int, Relation, int], ...] = ()
    n_things: int | None = None


Scene = tuple[Thing, ...]


def related(first: Thing, second: Thing) -> tuple[Relation, ...]:
    """Return every relation in which the first thing stands to the second: two of them on a diagonal."""
    down, right = first.row - second.row, first.column - second.column
    found: list[Relation] = []
    if abs(right) >= abs(down):
        found.append(Relation.RIGHT if right > 0 else Relation.LEFT)
    if abs(down) >= abs(right):
        found.append(Relation.BELOW if down > 0 else Relation.ABOVE)
    return tuple(found)


def holds(statement: Statement, scene: Scene, chosen: tuple[Thing, ...] = ()) -> bool:
    """Whether a statement is true of a scene, each mention being of another thing.

    Args:
        statement: What is said.
        scene: The things there are.
        chosen: The things already found for the first mentions.
    """
    if statement.n_things not in (None, len(scene)):
        return False
    for first, relation, second in statement.relations:
        if max(first, second) == len(chosen) - 1 and relation not in related(chosen[first], chosen[second]):
            return False
    if len(chosen) == len(statement.mentions):
        return True
    mention = statement.mentions[len(chosen)]
    return any(
        holds(statement, scene, (*chosen, thing)) for thing in scene if mention.fits(thing) and thing not in chosen
    )


def scenes_of(part: Part) -> list[Scene]:
    """Draw the scenes of a split; a few repeat an earlier one and add a thing, so that captions of it fit both."""
    scenes: list[Scene] = []
    echoed: set[int] = set()
    for index in range(part.n_images):
        stream = draws(f"{part.name}/scene/{index}")
        source = between(stream, 0, index - 1) if index and chance(stream, ECHO_PERCENT) else None
        if source is None or source in echoed or len(scenes[source]) == 5:
            scenes.append(_new_scene(stream))
        else:
            echoed.update((source, index))
            scenes.append(_with_another_thing(stream, scenes[source]))
    return scenes


def _new_scene(stream: Draws) -> Scene:
    cells = shuffled(stream, range(GRID * GRID))[: between(stream, 2, 5)]
    return tuple(_thing(stream, cell) for cell in cells)


def _with_another_thing(stream: Draws, scene: Scene) -> Scene:
    taken = {thing.row * GRID + thing.column for thing in scene}
    free = [cell for cell in range(GRID * GRID) if cell not in taken]
    return (*scene, _thing(stream, pick(stream, free)))


def _thing(stream: Draws, cell: int) -> Thing:
    return Thing(pick(stream, SHAPES), pick(stream, COLOURS), pick(stream, THING_SIZES), *divmod(cell, GRID))
