"""What the page of an audit says to whoever sees it for the first time, and what to do next."""

import shlex

from leaderboard.audit_marks import MEANINGS, OUTCOME_MEANINGS, outcome_html, severity_html
from leaderboard.components import text
from submissions.audit_reading import ReadAudit

INTRODUCTION = (
    "<p>A <b>source</b> is a paper, a log or a post that prints numbers; each number is a <b>claim</b>. An audit asks"
    " three things of it:</p><ol><li><b>Can the numbers be right as printed?</b> Arithmetic alone answers that, with no"
    " run: R@5 cannot be below R@1. What does not fit is a <b>finding</b>.</li><li><b>Do they come back?</b> A claim is"
    " held against what was measured here, or against what the source itself reproduced, and gets a <b>verdict</b>."
    "</li><li><b>If not, why not?</b> The same scores are evaluated in the other ways that papers use.</li></ol>"
)
COMMANDS = """rematch audit                        # look at every source, and keep what is found
rematch audit --source rao2022       # one of them whole, in the terminal
rematch claims import table.csv      # numbers of a paper of your own"""


def legend_html() -> str:
    """Explain every sign of the page."""
    severities = "".join(f"<dt>{severity_html(name)}</dt><dd>{text(words)}</dd>" for name, words in MEANINGS.items())
    outcomes = "".join(
        f"<dt>{outcome_html(name)}</dt><dd>{text(words)}</dd>" for name, words in OUTCOME_MEANINGS.items()
    )
    dagger = "<dt>†</dt><dd>Claimed: the digits as printed, which nobody measured here.</dd>"
    sigma = "<dt>σ</dt><dd>Standard deviation over seeds: how much runs of one system differ.</dd>"
    return f'<dl class="facts">{severities}{outcomes}{dagger}{sigma}</dl>'


def about_html(one: ReadAudit) -> str:
    """Say what a source is, where it stands, and when and by what it was looked at."""
    source = one.sourced.source
    title = f"<b>{text(source.title)}</b> " if source.title else ""
    url = source.url if source.url.startswith(("https://", "http://")) else ""
    link = f' <a href="{text(url)}" target="_blank" rel="noopener noreferrer">{text(url)}</a>' if url else ""
    note = f'<p class="note">{text(source.note)}</p>' if source.note else ""
    last = f'<p class="note">{text(looked_at(one))}</p>'
    return f'<div class="about"><p>{title}{text(source.citation)}{link}</p>{note}{last}</div>'


def looked_at(one: ReadAudit) -> str:
    """Say when an audit was made, by which version, and whether it is still the last word."""
    n_claims = f"{len(one.sourced.claims):,} claims"
    if one.document is None:
        return f"{n_claims} · not looked at yet"
    if one.created_at is None:
        return f"{n_claims} · looked at just now with evaluator {one.rematch} · not kept"
    when = f"audit of {one.created_at:%Y-%m-%d %H:%M} UTC with evaluator {one.rematch}"
    return f"{n_claims} · {when} · kept as {one.kept_id}" + (
        " · claims, results or checks have changed since" if one.is_outdated else ""
    )


def keep_command(one: ReadAudit) -> str:
    """Write the command that looks again and keeps what is found."""
    return f"rematch audit --source {one.sourced.source.name}"


def run_command(one: ReadAudit) -> str:
    """Write the command that measures a system of the source: by its model where one is named, else by scores."""
    for claim in one.sourced.claims:
        if claim.reference and claim.protocol:
            return f"rematch run {shlex.quote(claim.reference)} --protocol {claim.protocol}"
    system = next((claim.name for claim in one.sourced.claims), "")
    stated = f"{one.sourced.source.name}: {system}"
    return f'# in submission.yaml\nreproduces: ["{stated}"]\n\nrematch submit submission.yaml'
