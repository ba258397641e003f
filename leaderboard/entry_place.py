"""Where a submission stands on the boards: its rank, and whom it is worth being compared with."""

from collections.abc import Sequence

import pandas as pd

from leaderboard.components import page_link, text
from submissions.board_query import BoardKey
from submissions.entry_query import EntryRun


def key_of(run: EntryRun) -> BoardKey:
    """Return what makes the numbers of an evaluation comparable."""
    return BoardKey(
        run.protocol, run.protocol_version, run.split, run.split_digest, "", 0, run.n_images, run.n_captions
    )


def board_with(boards: Sequence[BoardKey], run: EntryRun) -> BoardKey | None:
    """Return the board that an evaluation is on; None of an older version of a protocol."""
    wanted = (run.protocol, run.protocol_version, run.split_digest)
    return next((one for one in boards if (one.protocol, one.version, one.split_digest) == wanted), None)


def neighbours(table: pd.DataFrame, submission: str) -> pd.DataFrame:
    """Return the rows right above and below a submission that is on a board; one of them at its ends."""
    place = table["submission"].tolist().index(submission)
    return table.iloc[[other for other in (place - 1, place + 1) if 0 <= other < len(table)]]


def place_html(table: pd.DataFrame, submission: str, label: str) -> str:
    """Say which rank a submission has on a board, with a link to compare it with its neighbours.

    Args:
        table: The rows of the board.
        submission: Its id.
        label: How the page that compares systems names the board.
    """
    own = table[table["submission"] == submission]
    if own.empty:
        return ""
    rank, ranked = own["rank"].iloc[0], int(table["rank"].notna().sum())
    words = f"Unranked on {label}." if pd.isna(rank) else f"Rank {rank:,} of {ranked:,} on {label}."
    near = neighbours(table, submission)
    if near.empty:
        return f'<p class="note">{text(words)}</p>'
    names = " and ".join(near["system"])
    link = page_link("compare", f"Compare with {names}", ids=",".join([submission, *near["submission"]]), board=label)
    return f'<p class="note">{text(words)} {link}, next to it in rank.</p>'
