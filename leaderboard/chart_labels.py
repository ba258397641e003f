"""Which points of a picture get their name beside them, so that no name lies on another."""

from collections.abc import Sequence

WIDTH, HEIGHT = 640.0, 330.0
"""The size in pixels that labels are laid out for; on a wider screen there is more room between them."""
LETTER, LINE = 7.0, 15.0
"""The width and height of a letter, in pixels, a little on the large side."""
LONGEST = 26
MOST = 60
"""More names are not read in one picture."""


def shortened(name: str, longest: int = LONGEST) -> str:
    """Cut a long name, with an ellipsis.

    >>> shortened("a name of many letters", 10)
    'a name of…'
    """
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"


def uncrowded(points: Sequence[tuple[float, float, str]]) -> list[str]:
    """Return the label of each point, empty where it would lie on one that came earlier.

    Args:
        points: Horizontal and vertical place as shares of the picture, 0 to 1, and the name; the more important first.
    """
    boxes: list[tuple[float, float, float, float]] = []
    labels = []
    marks = [_box(x, y, 12.0, 12.0) for x, y, _ in points]
    for x, y, name in points[:MOST]:
        label = shortened(name)
        left = x * WIDTH + 8.0
        box = (left, y * HEIGHT - LINE / 2, left + LETTER * len(label), y * HEIGHT + LINE / 2)
        free = box[2] <= WIDTH + 60 and not any(_overlap(box, other) for other in (*boxes, *marks))
        labels.append(label if free else "")
        if free:
            boxes.append(box)
    return labels + [""] * (len(points) - len(labels))


def _box(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    across, down = x * WIDTH, y * HEIGHT
    return (across - width / 2, down - height / 2, across + width / 2, down + height / 2)


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
