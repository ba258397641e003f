"""Its part of `rematch`: hand in a submission, run a worker, bring back what was lost."""

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from splits.terminal import JsonFlag, print_json
from worker.api_cli import api
from worker.doctor_cli import doctor
from worker.reproduce_cli import reproduce
from worker.run_cli import run
from worker.study_cli import app as study_app
from worker.submit_cli import submit

if TYPE_CHECKING:
    from uuid import UUID

app = typer.Typer(no_args_is_help=True)
app.command()(submit)
app.command()(api)
app.command()(run)
app.command()(reproduce)
app.command()(doctor)
app.add_typer(study_app, name="study")

QUEUES = ("scores", "models")
CRASH_SECONDS = 2.0
"""How long a worker that crashed waits before it starts anew."""


@app.command()
def worker(
    *,
    queue: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="On a broker: a queue to work on, scores or models. Default: scores."),
    ] = None,
    drain: Annotated[bool, typer.Option("--drain", help="Without a broker: end when nothing is queued.")] = False,
) -> None:
    """Run a worker: on the broker where one is set, else on what is queued in the database."""
    from submissions.database import prepare
    from worker.queue import is_embedded

    _refuse_unknown(queue or [])
    embedded = is_embedded()
    if drain and not embedded:
        raise typer.BadParameter("only a worker without a broker can end by itself.", param_hint="--drain")
    prepare()
    if embedded:
        _run_locally(drain=drain, queue=queue)
    else:
        _run_on_broker(queue or [QUEUES[0]])


@app.command()
def reap(
    *,
    every: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=1, help="Do so again and again, whatever is away meanwhile."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Bring back evaluations whose worker died, and clear away what failed hand-ins left.

    Every worker does so by itself about once a minute: this is for when none runs, or for when you cannot wait.
    """
    from submissions.database import prepare
    from submissions.logs import set_up_logs
    from worker.reaper import reap as reap_now
    from worker.reaping import reap_every

    set_up_logs()
    if every is not None:
        reap_every(every)
        return
    prepare()
    swept = reap_now()
    if as_json:
        print_json({"requeued": list(map(str, swept.requeued)), "failed": list(map(str, swept.failed))})
    else:
        print(f"{len(swept.requeued)} evaluations were queued again, {len(swept.failed)} failed for good.")


@app.command()
def requeue(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Submissions, or single evaluations, that failed for whatever reason."),
    ] = None,
    *,
    failed: Annotated[
        bool, typer.Option("--failed", help="All that failed through a fault of this board, not of the file.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Have evaluations that failed scored again, once what was wrong with this board is mended."""
    from submissions import store
    from submissions.database import prepare, session
    from worker.following import start_scoring

    if bool(ids) == failed:
        raise typer.BadParameter("name submissions or evaluations, or give --failed.", param_hint="ID")
    prepare()
    chosen = _chosen(ids or [])
    with session() as opened:
        requeued = [one for one in chosen if store.requeue(opened, one)]
    if requeued:
        start_scoring(requeued, say=lambda text: print(text, file=sys.stderr))
    if as_json:
        print_json({"requeued": list(map(str, requeued))})
    else:
        print(f"{len(requeued)} evaluations were queued again." + (" See: rematch status" if requeued else ""))


def _chosen(ids: list[str]) -> "list[UUID]":
    """Return the evaluations that are named or, where nothing is named, all that failed through us."""
    from submissions.cli import parse_id
    from submissions.database import session
    from submissions.waiting import failed_of, failed_through_us

    with session() as opened:
        if not ids:
            return failed_through_us(opened)
        return list(dict.fromkeys(found for text in ids for found in failed_of(opened, parse_id(text))))


def _refuse_unknown(queues: list[str]) -> None:
    unknown = next((name for name in queues if name not in QUEUES), None)
    if unknown is not None:
        raise typer.BadParameter(
            f"there is no queue {unknown!r}; there are {' and '.join(QUEUES)}.", param_hint="--queue"
        )


def _run_locally(*, drain: bool, queue: list[str] | None) -> None:
    from worker.local import main

    if queue:
        print("Without a broker there is one queue, that of the database: this worker does all.", file=sys.stderr)
    main(["--drain"] if drain else [])


def _run_on_broker(queues: list[str]) -> None:
    from submissions.logs import set_up_logs
    from worker.app import app as celery
    from worker.app import has_crashed
    from worker.stall import start_anew

    # The library does so too, but not before its first warning.
    set_up_logs()
    name = f"rematch-{os.getpid()}@%h"
    # Quietly: a banner is no line of a log. The neighbours that gossip and mingle look for are of no use here.
    alone = ("--without-gossip", "--without-mingle")
    try:
        celery.worker_main(["--quiet", "worker", "--queues", ",".join(queues), "--hostname", name, *alone])
    finally:
        if has_crashed():
            # As the library does when a connection is lost at a bad moment.
            time.sleep(CRASH_SECONDS)
            start_anew("The worker has ended with an error.")
