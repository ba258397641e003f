"""`rematch doctor`: what is wrong with an installation, and what to do."""

from typing import TYPE_CHECKING, Any

import typer

from splits.terminal import JsonFlag, print_json

if TYPE_CHECKING:
    from worker.doctor import Finding

COLOURS = {"OK": typer.colors.GREEN, "WARN": typer.colors.YELLOW, "FAIL": typer.colors.RED}


def doctor(*, as_json: JsonFlag = False) -> None:
    """Look at everything that an installation needs, and say what is wrong and what to do.

    Database, broker, store of files, disks, workers, jobs, clocks, libraries and GPU, as this machine and its settings
    see them. Changes nothing. The exit code is 1 if anything FAILs.
    """
    from worker.doctor import examine
    from worker.probe import Grade

    found = []
    for one in examine():
        found.append(one)
        if not as_json and one.answer.grade is not Grade.SKIP:
            _print(one)
    is_sound = all(one.answer.grade is not Grade.FAIL for one in found)
    if as_json:
        print_json({"ok": is_sound, "probes": [_document(one) for one in found]})
    else:
        _print_sum(found)
    if not is_sound:
        raise typer.Exit(1)


def _print_sum(found: "list[Finding]") -> None:
    from worker.probe import Grade

    by_grade = {grade: [one.probe.name for one in found if one.answer.grade is grade] for grade in Grade}
    if by_grade[Grade.SKIP]:
        typer.echo(f"\nNot asked, as what they need is not there: {', '.join(by_grade[Grade.SKIP])}.")
    typer.echo(f"\n{', '.join(f'{len(names)} {grade.value}' for grade, names in by_grade.items())}")


def _print(one: "Finding") -> None:
    grade = one.answer.grade.value
    typer.secho(f"{grade:<5}", fg=COLOURS.get(grade), nl=False)
    typer.echo(f"{one.probe.name:<19} {one.answer.found}")
    if one.answer.advice:
        typer.echo(f"{'':24} expected: {one.probe.expects}\n{'':24} do: {one.answer.advice}")


def _document(one: "Finding") -> dict[str, Any]:
    return {
        "name": one.probe.name,
        "part": one.probe.part.value,
        "grade": one.answer.grade.value,
        "expected": one.probe.expects,
        "found": one.answer.found,
        "advice": one.answer.advice,
    }
