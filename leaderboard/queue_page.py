"""The queue as HTML: one table for each part, and one line of counts for other pages."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby

from leaderboard.components import MISSING, entry_link, page_link, text
from leaderboard.durations import ago, exact, lasted
from leaderboard.entry_page import progress_words
from submissions.findings import count_of
from submissions.queue_state import Done, Part, QueueState, Running, Waiting, Whose
from submissions.tables import Status

EMPTY = "Nothing waits, nothing runs, and nothing was done in the last 24 hours."
_WORDS = {"running": "running", "waiting": "waiting", "failed": "failed", "done": "done in 24 hours"}
_WORDS_CLASS = ' class="words"'
_PLACE = "Among all that wait for the same kind of worker, private ones included. 1 is next."


def is_idle(state: QueueState) -> bool:
    """Whether there is nothing at all to show."""
    return not any(part.n for part in state.parts.values())


def summary_html(state: QueueState) -> str:
    """Draw how much there is of everything, and since when the oldest waits."""
    cells = "".join(f"<li><b>{state.parts[name].n:,}</b>{words}</li>" for name, words in _WORDS.items())
    oldest = "" if state.oldest is None else f"<li><b>{_age(state)}</b>the oldest waits</li>"
    return f'<ul class="counts">{cells}{oldest}</ul>'


def line_html(parts: Mapping[str, Part]) -> str:
    """Draw the counts of what is not on a board yet as one line with a link; nothing where there is none."""
    words = [f"{parts[name].n:,} {name}" for name in ("running", "waiting", "failed") if parts[name].n]
    if not words:
        return ""
    return f'<p class="note">{page_link("queue", "Queue")}: {", ".join(words)}</p>'


def running_html(state: QueueState) -> str:
    """Draw what runs."""
    rows = [_row(one.whose, [f"seed {one.seed}", _progress(one), ago(one.since, state.at)]) for one in state.running]
    heads = ("System", "Protocol", "Run", "How far", "Begun")
    return _table("Running", heads, rows, _left_out(state.parts["running"], len(state.running)))


def waiting_html(state: QueueState) -> str:
    """Draw what waits, with its place and why it waits."""
    rows = [
        _row(
            one.whose,
            [count_of(one.n, "run"), _place(one), ago(one.since, state.at), _reason(_why(one))],
            right=1,
        )
        for one in state.waiting
    ]
    heads = ("System", "Protocol", "Runs", f'<span title="{_PLACE}">Place</span>', "Queued", "Why it waits")
    shown = sum(one.n for one in state.waiting)
    return _table("Waiting", heads, rows, _left_out(state.parts["waiting"], shown), right=3)


def failed_html(state: QueueState) -> str:
    """Draw what failed and was not replaced."""
    rows = [
        _row(one.whose, [count_of(one.n, "run"), ago(one.at, state.at), _reason(one.message or MISSING)])
        for one in state.failed
    ]
    shown = sum(one.n for one in state.failed)
    left_out = _left_out(state.parts["failed"], shown)
    return _table("Failed, and not replaced", ("System", "Protocol", "Runs", "When", "What to mend"), rows, left_out)


def done_html(state: QueueState) -> str:
    """Draw what was done lately, runs of one submission under one protocol together where they follow each other."""
    groups = [list(group) for _, group in groupby(state.done, key=lambda one: (one.whose, one.status))]
    rows = [
        _row(
            group[0].whose,
            [_outcome(group), _took(group), ago(group[0].finished_at, state.at)],
        )
        for group in groups
    ]
    heads = ("System", "Protocol", "Runs", "Took", "Done")
    return _table("Done in the last 24 hours", heads, rows, _left_out(state.parts["done"], len(state.done)))


def _age(state: QueueState) -> str:
    if state.oldest is None:
        return MISSING
    return lasted(max((state.at - state.oldest) / timedelta(seconds=1), 10) if state.at > state.oldest else 0)


def _progress(one: Running) -> str:
    if not one.progress:
        return "being scored"
    done, total = one.progress["done"], one.progress["total"]
    bar = f'<progress value="{int(done)}" max="{int(total)}" aria-hidden="true"></progress> ' if total else ""
    return bar + text(progress_words(one.progress))


def _place(one: Waiting) -> str:
    return MISSING if one.place is None else f"{one.place:,}"


def _why(one: Waiting) -> str:
    later = f" Not before {exact(one.not_before)}." if one.not_before else ""
    if one.message:
        return f"{one.message}{later}"
    return f"for its turn{later}" if one.place is not None else f"for a later moment.{later}"


def _reason(words: str) -> str:
    return f'<div class="reason">{text(words)}</div>'


def _outcome(group: Sequence[Done]) -> str:
    runs = f"seed {group[0].seed}" if len(group) == 1 else count_of(len(group), "run")
    return runs if group[0].status is Status.SUCCEEDED else f"{runs}, cancelled"


def _took(group: Sequence[Done]) -> str:
    seconds = sorted(
        (one.finished_at - one.started_at) / timedelta(seconds=1) for one in group if one.started_at is not None
    )
    if not seconds:
        return MISSING
    shortest, longest = lasted(seconds[0]), lasted(seconds[-1])
    return shortest if shortest == longest else f"{shortest} to {longest}"


def _left_out(part: Part, n_shown: int) -> str:
    """Say how many are counted and not shown."""
    private = [f"{part.n_private:,} private"] if part.n_private else []
    n_more = part.n - part.n_private - n_shown
    more = [f"{n_more:,} more"] if n_more > 0 else []
    return " · ".join([*private, *more])


def _row(whose: Whose, cells: Sequence[str], *, right: int | None = None) -> str:
    drawn = "".join(f"<td{'' if number == right else _WORDS_CLASS}>{cell}</td>" for number, cell in enumerate(cells))
    return (
        f'<tr><th scope="row">{entry_link(str(whose.submission_id), whose.system)}<small>{text(whose.submitter)}'
        f"</small></th><td{_WORDS_CLASS}>{text(whose.protocol)} <small>version {whose.version}</small></td>{drawn}</tr>"
    )


def _table(title: str, heads: Sequence[str], rows: Sequence[str], left_out: str, *, right: int | None = None) -> str:
    note = f'<p class="note">{left_out}</p>' if left_out else ""
    if not rows:
        return note and f"<h2>{title}</h2>{note}"
    drawn = "".join(
        f'<th scope="col"{"" if number == right else _WORDS_CLASS}>{head}</th>' for number, head in enumerate(heads)
    )
    return (
        f'<h2>{title}</h2><div class="scroll"><table class="plain queue"><thead><tr>{drawn}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{note}"
    )
