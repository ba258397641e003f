"""The objects of toy-object: one badge an image, described by six fine-grained attributes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from splits.toy.draws import Draws, chance, draws, pick, shuffled
from splits.toy.parts import Caption, Part, owned_caption
from splits.toy.vocabulary import COLOUR_WORDS, SHAPE_WORDS, SIZE_WORDS, enumerated, say, with_article

SHAPES = ("circle", "square", "triangle", "hexagon", "star", "cross", "dome")
COLOURS = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "white")
PATTERNS = ("plain", "across", "upright", "dots", "checks", "halves", "core")
BADGE_SIZES = ("small", "medium", "big")
OUTLINES = ("none", "thin", "thick")
NEAR_COPY_PERCENT = 15
PLAIN_ATTEMPTS = 10
"""After so many captions that fit too many images, every attribute is named."""

PATTERN_WORDS = {
    "across": ("{} horizontal stripes", "{} stripes running across", "{} bands from side to side"),
    "upright": ("{} vertical stripes", "{} stripes from top to bottom", "{} upright bars"),
    "dots": ("{} polka dots", "{} spots", "{} freckles"),
    "checks": ("{} checks", "{} checkerboard squares"),
    "halves": ("the right side in {}", "the right half in {}"),
    "core": ("the middle in {}", "the centre in {}"),
}
PLAIN_WORDS = ("in one colour", "without any pattern", "plain")
OUTLINE_WORDS = {
    "none": ("no outline", "no border"),
    "thin": ("a thin dark outline", "a fine dark edge", "a thin border"),
    "thick": ("a thick dark outline", "a heavy dark edge", "a bold border"),
}
NOUNS = ("badge", "button", "emblem", "sticker")


@dataclass(frozen=True, slots=True)
class Badge:
    """One object, or what a caption says of one: None where it says nothing."""

    shape: str | None = None
    colour: str | None = None
    pattern: str | None = None
    second: str | None = None
    """The colour of the pattern; a plain badge has none."""
    size: str | None = None
    outline: str | None = None

    def fits(self, badge: "Badge") -> bool:
        """Whether everything said is true of a badge."""
        return (
            self.shape in (None, badge.shape)
            and self.colour in (None, badge.colour)
            and self.pattern in (None, badge.pattern)
            and self.second in (None, badge.second)
            and self.size in (None, badge.size)
            and self.outline in (None, badge.outline)
        )


def badges_of(part: Part) -> list[Badge]:
    """Draw the badges of a split, no two alike; some differ from an earlier one in a single attribute."""
    badges: list[Badge] = []
    seen: set[Badge] = set()
    for index in range(part.n_images):
        stream = draws(f"{part.name}/badge/{index}")
        badge = _new_badge(stream)
        if badges and chance(stream, NEAR_COPY_PERCENT):
            badge = _near_copy(stream, pick(stream, badges))
        while badge in seen:
            badge = _new_badge(stream)
        seen.add(badge)
        badges.append(badge)
    return badges


@cache
def badge_captions(part: Part) -> tuple[Caption[Badge], ...]:
    """Write the captions of a split of toy-object, one an image, in canonical order."""
    badges = badges_of(part)

    def true_of(said: Badge) -> Iterator[int]:
        return (index for index, badge in enumerate(badges) if said.fits(badge))

    return tuple(
        owned_caption(owner, _attempts(draws(f"{part.name}/captions/{owner}"), badge), true_of)
        for owner, badge in enumerate(badges)
    )


def _new_badge(stream: Draws) -> Badge:
    colour, second = shuffled(stream, COLOURS)[:2]
    pattern = pick(stream, PATTERNS)
    return Badge(
        pick(stream, SHAPES),
        colour,
        pattern,
        None if pattern == "plain" else second,
        pick(stream, BADGE_SIZES),
        pick(stream, OUTLINES),
    )


def _near_copy(stream: Draws, badge: Badge) -> Badge:
    name, values = pick(stream, (("shape", SHAPES), ("size", BADGE_SIZES), ("outline", OUTLINES), ("colour", COLOURS)))
    return replace(badge, **{name: pick(stream, [v for v in values if v not in (getattr(badge, name), badge.second)])})


def _attempts(stream: Draws, badge: Badge) -> Callable[[int], tuple[str, Badge]]:
    def attempt(number: int) -> tuple[str, Badge]:
        said = badge if number >= PLAIN_ATTEMPTS else _some_attributes(stream, badge)
        return _spoken(stream, said), said

    return attempt


def _some_attributes(stream: Draws, badge: Badge) -> Badge:
    says_pattern = chance(stream, 75)
    return Badge(
        badge.shape if chance(stream, 85) else None,
        badge.colour if chance(stream, 90) else None,
        badge.pattern if says_pattern else None,
        badge.second if says_pattern and chance(stream, 75) else None,
        badge.size if chance(stream, 40) else None,
        badge.outline if chance(stream, 40) else None,
    )


def _spoken(stream: Draws, said: Badge) -> str:
    size, colour = say(stream, SIZE_WORDS, said.size), say(stream, COLOUR_WORDS, said.colour)
    noun = pick(stream, NOUNS)
    if said.shape is not None:
        shape = say(stream, SHAPE_WORDS, said.shape)
        noun = pick(stream, (shape, f"{noun} shaped like {with_article(shape)}"))
    details = shuffled(stream, [*_pattern_detail(stream, said), *_outline_detail(stream, said)])
    head = " ".join(filter(None, (size, colour, noun)))
    if colour and chance(stream, 50):
        head = f"{size} {noun} in {colour}".strip()
    opening = pick(stream, (with_article(head), head, f"this is {with_article(head)}"))
    if said.pattern == "plain":
        opening = f"{opening}, {pick(stream, PLAIN_WORDS)}{' and' if details else ''}"
    return f"{opening} with {enumerated(details)}" if details else opening


def _pattern_detail(stream: Draws, said: Badge) -> list[str]:
    if said.pattern is None or said.pattern == "plain":
        return []
    second = say(stream, COLOUR_WORDS, said.second) or "another colour"
    words = pick(stream, PATTERN_WORDS[said.pattern])
    if said.second is None and words.startswith("{}"):
        second = pick(stream, ("contrasting", "differently coloured"))
    return [words.format(second)]


def _outline_detail(stream: Draws, said: Badge) -> list[str]:
    return [] if said.outline is None else [pick(stream, OUTLINE_WORDS[said.outline])]
