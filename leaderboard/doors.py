"""The door through which the visitor who asks may hand in, as settings, address and request have it."""

import streamlit as st

from leaderboard.handing_over import ApiDoor, Door, OwnDoor
from leaderboard.settings import get_settings
from leaderboard.ways_in import Way, way_in
from submissions.settings import get_settings as get_record_settings


def way_of_visitor() -> Way:
    """Choose how the visitor who asks may hand in."""
    from worker.queue import is_embedded

    return way_in(
        api_url=get_settings().api_url,
        is_embedded=is_embedded(),
        database=get_record_settings().database,
        address=st.get_option("server.address"),
        headers=st.context.headers.to_dict(),
    )


def door_of(way: Way, token: str | None) -> Door | None:
    """Return the door of a way, None where there is none."""
    if way is Way.API:
        return ApiDoor(str(get_settings().api_url), token)
    if way is Way.NONE:
        return None
    from submissions.staged_check import check_staged
    from worker.following import start_scoring

    return OwnDoor(check_staged, lambda queued: start_scoring(queued, say=lambda words: None))
