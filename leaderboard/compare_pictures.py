"""The queries on which systems differ most, with picture, captions and ranks: drawn for the page, never stored.

Pictures come from the folder of whoever runs this board, or are rendered. Only splits of the catalogue are looked for:
a split file that somebody handed in names no picture of this machine.
"""

import base64
import io
from dataclasses import dataclass

import numpy as np

from leaderboard.comparison import Comparison
from leaderboard.components import text
from leaderboard.query_answers import furthest_apart
from splits.content import Content
from splits.errors import DataError, RematchError
from splits.split import Direction, Split

LONGEST_SIDE = 320
"""In pixels, of a picture as it is sent to the browser."""
MOST_CAPTIONS = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """One query as people look at it."""

    image: int
    """The image that is asked with, or that the caption belongs to."""
    title: str
    """The id of the query."""
    caption: int | None
    """The caption that is asked with; None where the image is, or where every run draws another caption."""
    ranks: tuple[float, ...]
    """Of every system."""


def split_at_hand(name: str, digest: str) -> Split | None:
    """Return a split of the catalogue if it can be read right now and is the one that was measured on."""
    from splits.loading import SPLITS, load_split

    if name not in SPLITS:
        return None
    try:
        split = load_split(name)
    except RematchError:
        return None
    return split if split.digest == digest else None


def content_at_hand(split: Split) -> Content | str:
    """Return the pictures and captions of a split, or a sentence on why they are not shown."""
    from splits.content import load_content

    try:
        return load_content(split)
    except RematchError:
        return (
            f"The pictures and captions of {split.dataset.name} are not on the machine of this board, so queries are"
            f" shown by their ids. What is missing is told there by: rematch data check {split.dataset.name}"
        )


def most_different(
    found: Comparison, direction: Direction, split: Split, *, count: int, by_owner: bool = False
) -> list[Shown]:
    """List the queries of a direction on which the ranks differ by the largest factor.

    Args:
        found: The compared systems.
        direction: Image or caption queries.
        split: Names the queries.
        count: How many at most.
        by_owner: Whether caption queries are named by their image, as where every run draws other captions.
    """
    answers = found.answers[direction]
    listed = []
    for place in furthest_apart(answers, count).tolist():
        query, ranks = int(answers.queries[place]), tuple(answers.ranks[:, place].tolist())
        if direction is Direction.I2T or by_owner:
            listed.append(Shown(query, split.image_ids[query], None, ranks))
        else:
            listed.append(Shown(int(split.image_of_caption[query]), split.caption_ids[query], query, ranks))
    return listed


def rank_words(rank: float) -> str:
    """Show a rank: whole where it is, with one decimal where it is a mean over runs or ties.

    >>> rank_words(3.0), rank_words(1203.5)
    ('3', '1,203.5')
    """
    return f"{rank:,.0f}" if rank == round(rank) else f"{rank:,.1f}"


def card_html(query: Shown, names: tuple[str, ...], split: Split, content: Content | None) -> str:
    """Draw one query: its picture and captions where they are at hand, and the rank that each system gave."""
    best = min(query.ranks)
    ranks = "".join(
        f"<dt>{text(name)}</dt><dd{' class=best' if rank == best else ''}>"
        f"<span class=unseen>rank </span>{rank_words(rank)}</dd>"
        for name, rank in zip(names, query.ranks, strict=True)
    )
    words = "" if content is None else _captions_html(query, split, content)
    return (
        f'<article class="query"><h4>{text(query.title)}</h4>{_picture_html(query, content)}'
        f'{words}<dl class="ranks">{ranks}</dl></article>'
    )


def _captions_html(query: Shown, split: Split, content: Content) -> str:
    captions = split.pairs[split.pairs[:, 1] == query.image, 0]
    if query.caption is not None:
        captions = np.concatenate([[query.caption], captions[captions != query.caption]])
    rows = "".join(
        f"<li>{f'<b>{text(content.captions[one])}</b>' if one == query.caption else text(content.captions[one])}</li>"
        for one in captions[:MOST_CAPTIONS].tolist()
    )
    return f"<ul>{rows}</ul>"


def _picture_html(query: Shown, content: Content | None) -> str:
    if content is None:
        return ""
    try:
        picture = content.pictures.open(query.image)
    except DataError as error:
        return f'<p class="note">{text(error)}</p>'
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    data = base64.b64encode(file.getvalue()).decode()
    return f'<img src="data:image/jpeg;base64,{data}" alt="Picture {text(content.split.image_ids[query.image])}">'


def cards_html(queries: list[Shown], names: tuple[str, ...], split: Split, content: Content | None) -> str:
    """Draw some queries beside each other."""
    return f'<div class="queries">{"".join(card_html(one, names, split, content) for one in queries)}</div>'
