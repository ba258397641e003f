"""`rematch reproduce`: how a recorded number is computed again, what differs here, and whether it comes back."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from splits.terminal import JsonFlag, print_json, print_table

if TYPE_CHECKING:
    from pathlib import Path

    from submissions.entry_query import EntryRun
    from worker.work import Work


def reproduce(
    run: Annotated[
        str, typer.Argument(metavar="RUN_ID", help="An evaluation, as its page or rematch status --json names it.")
    ],
    *,
    again: Annotated[
        bool, typer.Option("--run", help="Compute it again here, with nothing that was kept, and compare every value.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Print the command that computes a recorded number again, and what differs here from where it was computed."""
    from submissions.again import again_command, differences_of, read_run
    from submissions.cli import parse_id
    from submissions.database import prepare, session

    prepare()
    with session() as opened:
        found = read_run(opened, parse_id(run))
    file, split_file = _stored(found.artifact_sha256), _stored(found.split_file_sha256)
    command = again_command(found, file=file, split_file=split_file)
    differing = [asdict(one) for one in differences_of(found)]
    values = _compared(found) if again else None
    if as_json:
        print_json({"command": command, "changes": differing, "values": values, "record": found.run_record})
    else:
        typer.echo(command)
        _print_differences(differing)
        if values is not None:
            _print_values(values)
    if values is not None and not all(one["is_same"] for one in values):
        raise typer.Exit(1)


def _stored(sha256: str | None) -> "Path | None":
    """Find a file that was handed in; where it cannot be had, the command names it as its submitter did."""
    from submissions.again import stored_file
    from submissions.errors import ArtifactError

    try:
        return stored_file(sha256)
    except ArtifactError as error:
        typer.echo(str(error), err=True)
        return None


def _compared(found: "EntryRun") -> list[dict[str, Any]]:
    """Compute an evaluation again and hold every value against the recorded one."""
    from worker.bar import ProgressBar
    from worker.desk import Desk
    from worker.measuring import measured

    work = _work_of(found.evaluation_id)
    device = (found.run_record or {}).get("environment", {}).get("device")
    with ProgressBar() as bar:
        report = measured(work, Desk(device=device, is_fresh=True, tell=bar.tell)).report
    here = {(one.metric, one.direction.value if one.direction else "both"): one.expected for one in report.measurements}
    rows = []
    for one in found.measured:
        value = here.get((one.metric, one.direction))
        rows.append(
            {
                "metric": one.metric,
                "direction": one.direction,
                "recorded": one.expected,
                "here": value,
                "is_same": value == one.expected,
            }
        )
    return rows


def _work_of(evaluation_id: UUID) -> "Work":
    from submissions.database import session
    from submissions.tables import Evaluation
    from worker.work import read_work

    with session() as opened:
        return read_work(opened, opened.get_one(Evaluation, evaluation_id))


def _print_differences(differing: list[dict[str, Any]]) -> None:
    if differing:
        rows = [[str(one[key]) for key in ("key", "recorded", "present")] for one in differing]
        print_table(["differs", "recorded", "here"], rows)
    else:
        typer.echo("Code, libraries, device and data are here what they were there.")


def _print_values(values: list[dict[str, Any]]) -> None:
    other = [one for one in values if not one["is_same"]]
    if not values:
        typer.echo("Nothing is recorded that could be compared: it did not succeed.")
    elif not other:
        typer.echo(f"All {len(values)} values are the same, to the last bit.")
    else:
        rows = [[one["direction"], one["metric"], f"{one['recorded']:.6g}", f"{one['here']:.6g}"] for one in other]
        print_table(["direction", "metric", "recorded", "here"], rows)
        typer.echo(f"{len(other)} of {len(values)} values differ.")
