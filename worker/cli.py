"""Its part of `rematch`: hand in a submission, run a worker, bring back what was lost."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from uuid import UUID

    from submissions.findings import Checked
    from submissions.status import SubmissionStatus

app = typer.Typer(no_args_is_help=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of a table.")]


def _print_schema(*, wanted: bool) -> None:
    if wanted:
        from submissions.manifest import manifest_schema

        print(json.dumps(manifest_schema(), indent=2))
        raise typer.Exit


@app.command()
def submit(
    manifest: Annotated[Path, typer.Argument(help="The manifest: a YAML file that names the score files.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and store nothing.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait for the results.")] = True,
    supersedes: Annotated[
        str | None, typer.Option(metavar="ID", help="An earlier submission of yours that this one replaces.")
    ] = None,
    schema: Annotated[
        bool,
        typer.Option(
            "--schema",
            help="Print the JSON schema of a manifest and end.",
            callback=lambda wanted: _print_schema(wanted=wanted),
            is_eager=True,
        ),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Check a manifest with its files, hand them in, and score them."""
    from submissions.check import check
    from worker.following import follow, read, start_scoring

    _say(f"Checking {manifest} ...")
    checked = check(manifest)
    if dry_run or not checked.is_acceptable:
        _print_findings(checked, dry_run=dry_run, as_json=as_json)
        raise typer.Exit(0 if checked.is_acceptable else 1)
    for finding in checked.findings:
        if finding.level != "OK":
            _say(f"{finding.level:<5}  {finding.where}: {finding.message}")
    submission_id = _hand_in(checked, supersedes)
    _say(f"Handed in as submission {submission_id}.")
    process = start_scoring(submission_id, say=_say)
    found = follow(submission_id, process, say=_say) if wait else read(submission_id)
    _print_outcome(found, as_json=as_json)
    if any(one.status == "failed" for one in found.evaluations):
        raise typer.Exit(1)


@app.command()
def worker(
    *,
    queue: Annotated[
        list[str] | None, typer.Option(help="A queue to work on: scores, models. Default: scores.")
    ] = None,
    drain: Annotated[bool, typer.Option("--drain", help="Without a broker: end when nothing is queued.")] = False,
) -> None:
    """Run a worker: on the broker where one is set, else on what is queued in the database."""
    from submissions.database import prepare
    from worker.queue import is_embedded

    prepare()
    if is_embedded():
        from worker.local import main

        main(["--drain"] if drain else [])
        return
    if drain:
        raise typer.BadParameter("only a worker without a broker can end by itself.", param_hint="--drain")
    from worker.app import MODELS, SCORES
    from worker.app import app as celery

    unknown = next((name for name in queue or [] if name not in (SCORES, MODELS)), None)
    if unknown is not None:
        raise typer.BadParameter(
            f"there is no queue {unknown!r}; there are {SCORES} and {MODELS}.", param_hint="--queue"
        )
    celery.worker_main(
        [
            "worker",
            "--loglevel",
            "INFO",
            "--queues",
            ",".join(queue or [SCORES]),
            "--hostname",
            f"rematch-{os.getpid()}@%h",
        ]
    )


@app.command()
def reap(*, as_json: JsonFlag = False) -> None:
    """Queue again what runs without a sign of life; every worker does so by itself now and then."""
    from submissions.database import prepare
    from worker.reaper import reap as reap_now

    prepare()
    swept = reap_now()
    if as_json:
        print(json.dumps({"requeued": list(map(str, swept.requeued)), "failed": list(map(str, swept.failed))}))
    else:
        print(f"{len(swept.requeued)} evaluations were queued again, {len(swept.failed)} failed for good.")


def _hand_in(checked: "Checked", supersedes: str | None) -> "UUID":
    from submissions.cli import parse_id
    from submissions.database import prepare, session
    from submissions.intake import record

    earlier = parse_id(supersedes) if supersedes else None
    prepare()
    with session() as opened:
        return record(opened, checked, supersedes=earlier).id


def _print_findings(checked: "Checked", *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        findings: list[dict[str, Any]] = [
            {"level": one.level.value, "where": one.where, "message": one.message} for one in checked.findings
        ]
        print(json.dumps({"acceptable": checked.is_acceptable, "findings": findings}, indent=2))
        return
    from submissions.findings import count_of

    for finding in checked.findings:
        print(f"{finding.level:<5}  {finding.where}: {finding.message}")
    n_warnings = sum(finding.level == "WARN" for finding in checked.findings)
    outcome = "It can be handed in." if checked.is_acceptable else "Mend the errors, then try again."
    counts = f"{count_of(len(checked.errors), 'error')}, {count_of(n_warnings, 'warning')}"
    print(f"{counts}. {'Nothing was stored. ' if dry_run else ''}{outcome}")


def _print_outcome(found: "SubmissionStatus", *, as_json: bool) -> None:
    from submissions.cli import print_status
    from submissions.status import status_document

    if as_json:
        print(json.dumps(status_document(found), indent=2))
    else:
        print_status(found)


def _say(text: str) -> None:
    print(text, file=sys.stderr)
