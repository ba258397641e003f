"""Where on the page About something is explained, so that other pages can lead there."""

from leaderboard.components import text


def anchor(kind: str, name: str) -> str:
    """Name the place of an entry.

    >>> anchor("split", "coco/karpathy-test-25000")
    'split-coco-karpathy-test-25000'
    """
    return f"{kind}-{name.replace('/', '-').lower()}"


def about_link(kind: str, name: str, label: str | None = None, *, page: str = "about") -> str:
    """Link to what is said of a protocol, a split or a term.

    >>> about_link("protocol", "coco-5k")
    '<a href="about#protocol-coco-5k" target="_self">coco-5k</a>'

    Args:
        kind: protocol, split, or term.
        name: Its name.
        label: What to show instead of the name.
        page: The page; empty on the page itself.
    """
    return f'<a href="{page}#{text(anchor(kind, name))}" target="_self">{text(label or name)}</a>'
