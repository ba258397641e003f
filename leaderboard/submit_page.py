"""What a check found and what became of a submission, as HTML, in the words of the command."""

from collections.abc import Mapping, Sequence
from typing import Any

from leaderboard.components import MISSING, entry_link, shown, text
from leaderboard.entry_page import progress_words
from submissions.findings import Finding, Level, count_of

UNFINISHED = frozenset({"queued", "running"})
_VALUES = ("i2t R@1", "t2i R@1", "rsum")
_STATES = {"queued": "waiting", "running": "running", "succeeded": "done"}


def findings_html(findings: Sequence[Finding]) -> str:
    """Draw what a check found, a line each, as `rematch submit --dry-run` prints it."""
    lines = "".join(
        f'<li class="{one.level.value.lower()}"><b>{one.level.value}</b> <code>{text(one.where)}</code>'
        f" {text(one.message)}</li>"
        for one in findings
    )
    return f'<ul class="findings" role="status">{lines}</ul>'


def counts_of(findings: Sequence[Finding]) -> str:
    """Say how many errors and warnings there are, and what that means."""
    n_errors, n_warnings = (sum(one.level is level for one in findings) for level in (Level.ERROR, Level.WARN))
    outcome = "Mend the errors, then check again." if n_errors else "It can be handed in."
    return f"{count_of(n_errors, 'error')}, {count_of(n_warnings, 'warning')}. Nothing was stored. {outcome}"


def is_finished(document: Mapping[str, Any]) -> bool:
    """Whether nothing of a submission waits or runs any more."""
    return document["status"] not in UNFINISHED


def status_html(document: Mapping[str, Any]) -> str:
    """Draw what became of a submission so far, and lead to its entry."""
    evaluations = document["evaluations"]
    n_done = sum(one["status"] not in UNFINISHED for one in evaluations)
    rows = "".join(map(_row, evaluations))
    names = ("Protocol", "Seed", "State", *_VALUES, "Remarks")
    heads = "".join(f'<th scope="col"{"" if name in _VALUES else _WORDS}>{name}</th>' for name in names)
    link = "" if document["private"] else entry_link(document["submission"], "Open the entry")
    return (
        f'<h2>{text(document["system"])}</h2><p role="status">{n_done} of {count_of(len(evaluations), "evaluation")}'
        f' done. {link}</p><div class="scroll"><table class="plain queue"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


_WORDS = ' class="words"'


def _row(one: Mapping[str, Any]) -> str:
    values = "".join(f"<td>{shown(name, one['values'].get(name))}</td>" for name in _VALUES)
    state = _STATES.get(one["status"], one["status"])
    remark = one["message"] or progress_words(one["progress"]) or "; ".join(one["badges"]) or MISSING
    return (
        f'<tr><th scope="row">{text(one["protocol"])}</th><td{_WORDS}>{one["seed"]}</td><td{_WORDS}>{text(state)}</td>'
        f'{values}<td{_WORDS}><div class="reason">{text(remark)}</div></td></tr>'
    )
