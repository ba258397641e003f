"""Words of a file, a name or an option as a message may show them: short, and nothing in them steers a terminal."""

from pathlib import Path

MOST_OF_A_PATH = 300
"""Characters; its beginning says where to look and its end what for, so a longer one loses its middle."""


def escaped(text: str) -> str:
    """Return text with everything that could steer a terminal, or cannot be seen, written as an escape."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def shown(text: str, limit: int = 200) -> str:
    """Return the beginning of a text, with what is not printable written as an escape."""
    return escaped(text[:limit])


def quoted(text: str, limit: int = 80) -> str:
    r"""Return the beginning of an id or a caption in quotes, and dots where there is more of it.

    >>> print(quoted("bird\n1"), quoted("x" * 100, 3))
    'bird\n1' 'xxx'...
    """
    return f"{text[:limit]!r}{'...' if len(text) > limit else ''}"


def shown_path(path: Path) -> str:
    """Return a path, without its middle where it is very long."""
    text = str(path)
    if len(text) > MOST_OF_A_PATH:
        half = MOST_OF_A_PATH // 2
        text = f"{text[:half]}...{text[-half:]}"
    return escaped(text)
