"""Five captions for every scene of toy-scene, each built another way and true of two images at most."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from splits.toy.draws import Draws, between, draws, pick, shuffled
from splits.toy.parts import Caption, Part, owned_caption
from splits.toy.scene import Mention, Relation, Scene, Statement, Thing, holds, related, scenes_of
from splits.toy.vocabulary import COLOUR_WORDS, NUMBER_WORDS, SHAPE_WORDS, SIZE_WORDS, enumerated, say, with_article

Attempt = tuple[str, Statement]

RELATION_WORDS = {
    Relation.LEFT: ("left of", "to the left of", "on the left of"),
    Relation.RIGHT: ("right of", "to the right of", "on the right of"),
    Relation.ABOVE: ("above", "over", "higher up than"),
    Relation.BELOW: ("below", "under", "lower down than"),
}
ROW_WORDS = (("top", "upper"), ("middle",), ("bottom", "lower"))
COLUMN_WORDS = (("left",), ("centre",), ("right",))
PLAIN_ATTEMPTS = 12
"""After so many sentences that fit too many images, everything is said of every thing."""


@cache
def scene_captions(part: Part) -> tuple[Caption[Statement], ...]:
    """Write the captions of a split of toy-scene, five an image, in canonical order."""
    scenes = scenes_of(part)
    index = _scenes_by_mention(scenes)

    def true_of(statement: Statement) -> Iterator[int]:
        found = set.intersection(*(index.get(_place_free(m), set()) for m in statement.mentions))
        return (number for number in sorted(found) if holds(statement, scenes[number]))

    captions: list[Caption[Statement]] = []
    for owner, scene in enumerate(scenes):
        stream = draws(f"{part.name}/captions/{owner}")
        captions.extend(
            owned_caption(owner, _attempts(stream, scene, template), true_of)
            for template in shuffled(stream, TEMPLATES)
        )
    return tuple(captions)


def _attempts(stream: Draws, scene: Scene, template: Callable[[Draws, Scene], Attempt]) -> Callable[[int], Attempt]:
    return lambda number: (template if number < PLAIN_ATTEMPTS else _inventory)(stream, scene)


def _scenes_by_mention(scenes: Sequence[Scene]) -> dict[Mention, set[int]]:
    index: dict[Mention, set[int]] = {}
    for number, scene in enumerate(scenes):
        for thing in scene:
            for shape in (None, thing.shape):
                for colour in (None, thing.colour):
                    for size in (None, thing.size):
                        index.setdefault(Mention(shape, colour, size), set()).add(number)
    return index


def _place_free(mention: Mention) -> Mention:
    return Mention(mention.shape, mention.colour, mention.size)


def _mention(stream: Draws, thing: Thing) -> Mention:
    kind = between(stream, 0, 9)
    if kind < 5:
        return Mention(thing.shape, thing.colour, thing.size)
    if kind < 8:
        return Mention(thing.shape, thing.colour)
    if kind < 9:
        return Mention(thing.shape, None, thing.size)
    return Mention(None, thing.colour)


def _spoken(stream: Draws, mention: Mention) -> str:
    colour = say(stream, COLOUR_WORDS, mention.colour)
    if mention.shape is None:
        return f"{pick(stream, ('something', 'a shape that is'))} {colour}"
    size = say(stream, SIZE_WORDS, mention.size)
    return with_article(" ".join(filter(None, (size, colour, say(stream, SHAPE_WORDS, mention.shape)))))


def _relation(stream: Draws, scene: Scene) -> Attempt:
    """Say how two things stand to each other."""
    first, second = shuffled(stream, scene)[:2]
    relation = pick(stream, related(first, second))
    mentions = (_mention(stream, first), _mention(stream, second))
    a, b = (_spoken(stream, mention) for mention in mentions)
    where = pick(stream, RELATION_WORDS[relation])
    pattern = pick(stream, ("{a} {where} {b}", "{a} can be seen {where} {b}", "{a}, which is {where} {b}"))
    return pattern.format(a=a, b=b, where=where), Statement(mentions, ((0, relation, 1),))


def _listing(stream: Draws, scene: Scene) -> Attempt:
    """Name two or three things in any order."""
    chosen = shuffled(stream, scene)[: between(stream, 2, 3)]
    mentions = tuple(_mention(stream, thing) for thing in chosen)
    pattern = pick(stream, ("{}", "a picture of {}", "there is {}", "we see {}"))
    return pattern.format(enumerated([_spoken(stream, m) for m in mentions])), Statement(mentions)


def _counting(stream: Draws, scene: Scene) -> Attempt:
    """Say how many things there are, and name one or two."""
    chosen = shuffled(stream, scene)[: between(stream, 1, 2)]
    mentions = tuple(_mention(stream, thing) for thing in chosen)
    number = NUMBER_WORDS[len(scene)]
    noun = pick(stream, ("shapes", "things", "figures"))
    opening = pick(stream, (f"{number} {noun}, among them", f"an image with {number} {noun}, one of them being"))
    if len(chosen) == 2:
        opening = f"{number} {noun} including"
    spoken = enumerated([_spoken(stream, mention) for mention in mentions])
    return f"{opening} {spoken}", Statement(mentions, n_things=len(scene))


def _placing(stream: Draws, scene: Scene) -> Attempt:
    """Say where in the picture two things are."""
    chosen = shuffled(stream, scene)[:2]
    mentions, spoken = [], []
    for thing in chosen:
        said = _mention(stream, thing)
        mention = Mention(said.shape, said.colour, said.size, thing.row, thing.column)
        mentions.append(mention)
        spoken.append(f"{_spoken(stream, mention)} {_place(stream, thing)}")
    return pick(stream, ("{} and {}", "{}, {}", "{} as well as {}")).format(*spoken), Statement(tuple(mentions))


def _place(stream: Draws, thing: Thing) -> str:
    row, column = pick(stream, ROW_WORDS[thing.row]), pick(stream, COLUMN_WORDS[thing.column])
    if (row, column) == ("middle", "centre"):
        return "right in the middle"
    return f"{pick(stream, ('at the', 'in the'))} {row} {column}"


def _chain(stream: Draws, scene: Scene) -> Attempt:
    """Say how two further things stand to a first one; of two things alone, say it with every detail."""
    things = shuffled(stream, scene)[:3]
    relations = tuple((n, pick(stream, related(thing, things[0])), 0) for n, thing in enumerate(things) if n)
    mentions = tuple(Mention(thing.shape, thing.colour, thing.size) for thing in things)
    spoken = [_spoken(stream, mention) for mention in mentions]
    clauses = [f"{spoken[n]} {pick(stream, RELATION_WORDS[relation])} it" for n, relation, _ in relations]
    return f"{spoken[0]} with {enumerated(clauses)}", Statement(mentions, relations)


def _inventory(stream: Draws, scene: Scene) -> Attempt:
    """Say everything: how many things, each with every detail and its place."""
    things = shuffled(stream, scene)
    mentions = tuple(Mention(t.shape, t.colour, t.size, t.row, t.column) for t in things)
    spoken = [f"{_spoken(stream, m)} {_place(stream, t)}" for m, t in zip(mentions, things, strict=True)]
    return f"{NUMBER_WORDS[len(scene)]} shapes: {enumerated(spoken)}", Statement(mentions, n_things=len(scene))


TEMPLATES = (_relation, _listing, _counting, _placing, _chain)
