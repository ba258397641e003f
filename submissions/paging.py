"""Pages of a list that stay whole while rows are added: each begins after the last item of the one before."""

import base64
import binascii
import json
from typing import Annotated, Any

from fastapi import Query

from submissions.api_errors import ApiError

Limit = Annotated[int, Query(ge=1, le=1000, description="The most items of one page.")]
After = Annotated[
    str | None, Query(max_length=400, description="`next` of the page before; leave it out for the first page.")
]


class CursorError(ApiError):
    """A place in a list that was not given by it."""

    code = "bad_cursor"


def written(place: list[str]) -> str:
    """Write down a place in a list."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read(cursor: str, n_parts: int) -> list[str]:
    """Read a place in a list.

    Raises:
        CursorError: It is none.
    """
    try:
        place: Any = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        place = None
    if not isinstance(place, list) or len(place) != n_parts or not all(map(_is_plain, place)):
        raise CursorError(
            "after: expected `next` of the page before, found something else. Leave it out to begin anew."
        )
    return place


def _is_plain(part: object) -> bool:
    """Whether a part can be in any database: no lone surrogates, no character of code 0."""
    return isinstance(part, str) and part.isascii() and part.isprintable()
