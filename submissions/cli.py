"""Its part of `rematch`: what became of submissions, and the database they are in."""

from typing import TYPE_CHECKING, Annotated

import typer

from splits.terminal import JsonFlag, print_json, print_table
from submissions.accounts_cli import accounts_app, tokens_app
from submissions.dump_cli import dump, restore
from submissions.remote_cli import Server, board_at, print_document
from submissions.remote_cli import app as remote_app

if TYPE_CHECKING:
    from uuid import UUID

    from submissions.status import EvaluationStatus, SubmissionStatus

app = typer.Typer(no_args_is_help=True)
app.add_typer(accounts_app, name="accounts")
app.add_typer(tokens_app, name="tokens")
app.add_typer(remote_app)
app.command()(dump)
app.command()(restore)


@app.command()
def status(
    submission: Annotated[
        str | None, typer.Argument(metavar="ID", help="A submission; the newest ones if omitted.")
    ] = None,
    *,
    server: Server = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what became of a submission, or of the newest ones."""
    if server is not None:
        _remote_status(server, submission, as_json=as_json)
        return
    from submissions.database import prepare, session
    from submissions.status import read_status, recent
    from submissions.status_document import status_document

    prepare()
    with session() as opened:
        found = recent(opened) if submission is None else [read_status(opened, parse_id(submission))]
    documents = [status_document(one) for one in found]
    if as_json:
        print_json(documents if submission is None else documents[0])
    elif submission is None:
        print_recent(found)
    else:
        print_status(found[0])


@app.command()
def migrate() -> None:
    """Bring the database up to this version; safe to run twice."""
    from submissions.database import migrate as bring_up
    from submissions.database import safe_url

    bring_up()
    print(f"{safe_url()} is up to date.")


def parse_id(text: str) -> "UUID":
    """Read the id of a submission.

    Raises:
        SubmissionError: It is none.
    """
    from uuid import UUID

    from submissions.errors import SubmissionError

    try:
        return UUID(text)
    except ValueError:
        raise SubmissionError(
            f"{text!r:.80} is no submission id; expected 32 hexadecimal digits, as `rematch submit` printed them."
            " List what there is: rematch status"
        ) from None


def _remote_status(server: str, submission: str | None, *, as_json: bool) -> None:
    from itertools import islice

    with board_at(server) as board:
        found = board.status(str(parse_id(submission))) if submission else list(islice(board.submissions(limit=20), 20))
    if as_json:
        print_json(found)
    elif isinstance(found, dict):
        print_document(found)
    else:
        heads = ["submission", "handed in", "system", "submitter", "status"]
        names = ("submission", "created_at", "system", "submitter", "status")
        print_table(heads, [[one[name][:36] for name in names] for one in found])


def print_status(found: "SubmissionStatus") -> None:
    """Print one submission with its evaluations, and the logs of those that did not succeed."""
    from submissions.tables import Status

    print(f"{found.system} by {found.submitter}: {found.status.value}")
    print(f"submission {found.id}, handed in {found.created_at:%Y-%m-%d %H:%M} UTC")
    if found.superseded_by:
        print(f"replaced by {found.superseded_by}")
    rows = [
        [f"runs[{one.position}]", str(one.seed), one.protocol, one.status.value, *_shown_values(one)]
        for one in found.evaluations
    ]
    print_table(["run", "seed", "protocol", "status", "i2t R@1", "t2i R@1", "rsum", "badges"], rows)
    for one in found.evaluations:
        for remark in ([one.message] if one.message else []) + list(one.warnings):
            print(f"runs[{one.position}] {one.protocol}: {remark}")
        if one.progress:
            done, total = one.progress["done"], one.progress["total"]
            print(f"runs[{one.position}] {one.protocol}: {one.progress['stage']}, {done:,} of {total:,}")
        if one.not_before:
            print(f"runs[{one.position}] {one.protocol}: not tried before {one.not_before:%Y-%m-%d %H:%M:%S} UTC")
        if one.status is not Status.SUCCEEDED:
            for line in one.log:
                print(f"runs[{one.position}] {one.protocol}: {line}")


def print_recent(found: "list[SubmissionStatus]") -> None:
    """Print the newest submissions, one line each."""
    if not found:
        print("Nothing was handed in yet. Begin with: rematch submit MANIFEST")
        return
    rows = [
        [str(one.id), f"{one.created_at:%Y-%m-%d %H:%M}", one.system, one.submitter, one.status.value] for one in found
    ]
    print_table(["submission", "handed in", "system", "submitter", "status"], rows)


def _shown_values(one: "EvaluationStatus") -> list[str]:
    shown = [one.values.get(name) for name in ("i2t R@1", "t2i R@1", "rsum")]
    return [*("-" if value is None else f"{100 * value:.1f}" for value in shown), ", ".join(one.badges)]
