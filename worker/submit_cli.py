"""`rematch submit`: check a manifest with its files, hand them in, start the scoring, and wait for what comes of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from uuid import UUID

import typer

from splits.terminal import JsonFlag, print_json
from submissions.remote_cli import Server

if TYPE_CHECKING:
    from submissions.findings import Checked
    from submissions.status import SubmissionStatus


def _print_schema(*, wanted: bool) -> None:
    if wanted:
        from submissions.manifest import manifest_schema

        print_json(manifest_schema())
        raise typer.Exit


def submit(
    manifest: Annotated[
        Path, typer.Argument(metavar="MANIFEST", help="The manifest: a YAML file that names the score files.")
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and store nothing.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait for the results.")] = True,
    supersedes: Annotated[
        str | None, typer.Option(metavar="ID", help="An earlier submission of yours that this one replaces.")
    ] = None,
    server: Server = None,
    private: Annotated[
        bool, typer.Option("--private", help="With --server: only you and its admins see it until it is published.")
    ] = False,
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
    if server is not None:
        _submit_elsewhere(
            server, manifest, dry_run=dry_run, wait=wait, supersedes=supersedes, private=private, as_json=as_json
        )
    if private:
        raise typer.BadParameter(
            "is for a board elsewhere (--server); on your own machine all is yours.", param_hint="--private"
        )
    from submissions.check import check
    from worker.following import follow, read, start_scoring
    from worker.settings import get_settings

    # What is wrong with the settings is told before anything is handed in.
    get_settings()
    _say(f"Checking {manifest} ...")
    checked = check(manifest)
    if dry_run or not checked.is_acceptable:
        _print_findings(checked, dry_run=dry_run, as_json=as_json)
        raise typer.Exit(0 if checked.is_acceptable else 1)
    for finding in checked.findings:
        if finding.level != "OK":
            _say(f"{finding.level:<5}  {finding.where}: {finding.message}")
    submission_id = _hand_in(checked, supersedes)
    process = start_scoring(read(submission_id).queued, say=_say)
    found = follow(submission_id, process, say=_say) if wait else read(submission_id)
    print_outcome(found, as_json=as_json)
    if any(one.status == "failed" for one in found.current) or (wait and found.n_unfinished):
        raise typer.Exit(1)


def _submit_elsewhere(
    server: str, manifest: Path, *, dry_run: bool, wait: bool, supersedes: str | None, private: bool, as_json: bool
) -> NoReturn:
    from submissions.client import UNFINISHED
    from submissions.remote_cli import board_at, follow, hand_in, print_document

    with board_at(server) as board:
        found = hand_in(board, manifest, private=private, supersedes=supersedes, dry_run=dry_run)
        if wait and not dry_run:
            found = follow(board, found["submission"])
    if as_json:
        print_json(found)
    elif dry_run:
        for finding in found["findings"]:
            typer.echo(f"{finding['level']:<5}  {finding['where']}: {finding['message']}")
    else:
        print_document(found)
    failed = (
        not found["acceptable"] if dry_run else found["status"] == "failed" or (wait and found["status"] in UNFINISHED)
    )
    raise typer.Exit(int(failed))


def _hand_in(checked: "Checked", supersedes: str | None) -> UUID:
    from submissions.cli import parse_id
    from submissions.database import prepare, session
    from submissions.errors import AlreadySubmittedError
    from submissions.intake import record

    earlier = parse_id(supersedes) if supersedes else None
    prepare()
    try:
        with session() as opened:
            submission_id = record(opened, checked, supersedes=earlier).id
    except AlreadySubmittedError as known:
        if not _renewed(checked, known.submission_id):
            raise
        return known.submission_id
    _say(f"Handed in as submission {submission_id}.")
    return submission_id


def _renewed(checked: "Checked", submission_id: UUID) -> bool:
    """Mend what went wrong with a submission that is handed in again, and say so; False if there is nothing to do."""
    from submissions.database import session
    from submissions.findings import count_of
    from submissions.renewal import renew
    from worker.following import read

    with session() as opened:
        renewed = renew(opened, checked, submission_id)
    done = [
        f"{count_of(number, noun)} {what}"
        for number, noun, what in (
            (renewed.mended_files, "stored file", "mended"),
            (len(renewed.requeued), "evaluation", "queued again after a fault of this board"),
            (len(renewed.added), "evaluation", "added under a newer version of its protocol"),
        )
        if number
    ]
    if done:
        _say(f"Handed in before, as submission {submission_id}: {', '.join(done)}.")
    elif read(submission_id).queued:
        _say(f"Handed in before, as submission {submission_id}, which is still queued.")
    else:
        return False
    return True


def _print_findings(checked: "Checked", *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        findings: list[dict[str, Any]] = [
            {"level": one.level.value, "where": one.where, "message": one.message} for one in checked.findings
        ]
        print_json({"acceptable": checked.is_acceptable, "findings": findings})
        return
    from submissions.findings import count_of

    # Only of a dry run are the findings the result that was asked for.
    for finding in checked.findings:
        typer.echo(f"{finding.level:<5}  {finding.where}: {finding.message}", err=not dry_run)
    n_warnings = sum(finding.level == "WARN" for finding in checked.findings)
    outcome = "It can be handed in." if checked.is_acceptable else "Mend the errors, then try again."
    counts = f"{count_of(len(checked.errors), 'error')}, {count_of(n_warnings, 'warning')}"
    typer.echo(f"{counts}. Nothing was stored. {outcome}", err=not dry_run)


def print_outcome(found: "SubmissionStatus", *, as_json: bool) -> None:
    """Print what came of a submission."""
    from submissions.cli import print_status
    from submissions.status_document import status_document

    if as_json:
        print_json(status_document(found))
    else:
        print_status(found)


def _say(text: str) -> None:
    typer.echo(text, err=True)
