"""Words of a file, a name or an option as a message may show them: nothing in them steers a terminal."""


def shown(text: str, limit: int = 200) -> str:
    """Return the beginning of a text, with what is not printable written as an escape."""
    start = text[:limit]
    if start.isprintable():
        return start
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in start)
