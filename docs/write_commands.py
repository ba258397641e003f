"""Write `reference/commands.md` from the command itself, so that the page and `--help` cannot differ."""

from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "reference" / "commands.md"
INTRODUCTION = """# Commands

Written by `make docs-commands` from the command's own help. Tables for people by default, `--json` for machines;
results go to standard output, everything else to standard error. Exit code 0 is success, 1 an error of the input
(one clear message), 2 wrong usage.
"""


def commands_page() -> str:
    """Return the page for the command as it is now."""
    from typer.main import get_command

    from leaderboard.cli import app

    return "\n".join([INTRODUCTION, *_sections(get_command(app), "rematch")])


def _sections(command: Any, path: str) -> list[str]:
    if getattr(command, "hidden", False):
        return []
    below = getattr(command, "commands", {})
    lines = (
        []
        if below and path == "rematch"
        else [f"## `{path}`\n", f"{(command.help or '').strip()}\n", *_options(command)]
    )
    for name in below:
        lines += _sections(below[name], f"{path} {name}")
    return lines


def _options(command: Any) -> list[str]:
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    if not shown:
        return []
    rows = [f"| {_written(parameter)} | {_meaning(parameter)} |" for parameter in shown]
    return ["| Argument or option | Meaning |", "|---|---|", *rows, ""]


def _written(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.name.upper()}`"
    return ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])


def _meaning(parameter: Any) -> str:
    return " ".join((parameter.help or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(commands_page())
