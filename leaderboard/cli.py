"""Assembles `rematch` from the packages' own Typer apps.

Nothing heavy is imported here: the help of the whole tree must come in well under half a second.
"""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from evaluator.cli import app as evaluator_app
from evaluator.explain_cli import app as explain_app
from evaluator.models_cli import app as models_app
from leaderboard.demo.cli import app as demo_app
from leaderboard.results_cli import app as results_app
from leaderboard.serve_cli import app as serve_app
from splits.cli import app as splits_app
from splits.data_cli import app as data_app
from splits.errors import RematchError
from submissions.claims_cli import app as claims_app
from submissions.cli import app as submissions_app
from worker.cli import app as worker_app

app = typer.Typer(
    name="rematch",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A leaderboard and submission evaluator for image-text cross-modal retrieval.",
)
app.add_typer(splits_app, name="splits")
app.add_typer(data_app, name="data")
app.add_typer(models_app, name="models")
app.add_typer(claims_app, name="claims")
for part in (evaluator_app, explain_app, worker_app, submissions_app, results_app, serve_app, demo_app):
    app.add_typer(part)


def _version(*, wanted: bool) -> None:
    if wanted:
        from evaluator import __version__

        print(f"rematch {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version and exit.",
            callback=lambda wanted: _version(wanted=wanted),
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Score, hand in and compare image-text retrieval systems."""


def _read_env_file() -> None:
    """Take settings from `.env` into the environment, for this command and all it starts; what is set already wins."""
    if Path(".env").is_file():
        from dotenv import load_dotenv

        load_dotenv(".env")


def main() -> None:
    """Run the command: an error of the input is one message on stderr and exit code 1, with no traceback.

    A fault of ours is a neutral message and exit code 70, with the traceback in a file.
    """
    try:
        _read_env_file()
        app()
    except RematchError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception:
        print(f"error: Rematch failed by a fault of its own. {_keep_traceback()}", file=sys.stderr)
        sys.exit(70)


def _keep_traceback() -> str:
    """Write the traceback being handled to a file of its own, and say where."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="rematch-fault-", suffix=".log", delete=False) as file:
        file.write(f"{shlex.join(sys.argv)}\n\n{traceback.format_exc()}")
    return f"The details are in {file.name}: please send them to whoever maintains this installation."


if __name__ == "__main__":
    main()
