"""The words of the toy captions, and the colour that each colour word stands for."""

from collections.abc import Mapping, Sequence

from splits.toy.draws import Draws, pick

Words = Mapping[str, tuple[str, ...]]

PALETTE: Mapping[str, tuple[int, int, int]] = {
    "red": (206, 44, 49),
    "orange": (240, 138, 36),
    "yellow": (246, 214, 60),
    "green": (52, 148, 78),
    "teal": (38, 160, 165),
    "blue": (44, 92, 200),
    "purple": (130, 62, 168),
    "pink": (240, 128, 176),
    "black": (34, 36, 42),
    "white": (252, 252, 252),
}
BACKGROUNDS: Sequence[tuple[int, int, int]] = (
    (204, 206, 210),
    (214, 204, 186),
    (190, 204, 218),
    (196, 212, 196),
    (214, 198, 204),
)

COLOUR_WORDS: Words = {
    "red": ("red", "crimson", "scarlet"),
    "orange": ("orange", "amber"),
    "yellow": ("yellow", "golden", "lemon"),
    "green": ("green", "emerald"),
    "teal": ("teal", "turquoise"),
    "blue": ("blue", "cobalt", "navy"),
    "purple": ("purple", "violet"),
    "pink": ("pink", "rose"),
    "black": ("black", "jet-black"),
    "white": ("white", "snow-white"),
}
SHAPE_WORDS: Words = {
    "circle": ("circle", "disc", "dot"),
    "square": ("square", "box", "block"),
    "triangle": ("triangle", "wedge"),
    "diamond": ("diamond", "rhombus"),
    "hexagon": ("hexagon", "six-sided tile"),
    "star": ("star", "five-pointed star"),
    "cross": ("cross", "plus sign"),
    "ring": ("ring", "hoop"),
    "crescent": ("crescent", "half moon"),
    "dome": ("dome", "semicircle"),
}
SIZE_WORDS: Words = {
    "small": ("small", "little", "tiny"),
    "medium": ("medium-sized", "mid-sized"),
    "big": ("big", "large", "huge"),
}
NUMBER_WORDS: Mapping[int, str] = {2: "two", 3: "three", 4: "four", 5: "five"}


def say(stream: Draws, words: Words, *values: str | None) -> str:
    """Choose a word for each value that is given, and join them."""
    return " ".join(pick(stream, words[value]) for value in values if value is not None)


def with_article(phrase: str) -> str:
    """Put "a" or "an" in front of a phrase.

    >>> with_article("orange ring")
    'an orange ring'
    """
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def enumerated(phrases: Sequence[str]) -> str:
    """Join phrases as people list things.

    >>> enumerated(["a box", "a disc", "a star"])
    'a box, a disc and a star'
    """
    return " and ".join(filter(None, (", ".join(phrases[:-1]), phrases[-1])))
