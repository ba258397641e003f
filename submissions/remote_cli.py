"""`rematch login` and `rematch logout`, and what `submit` and `status` do with a board elsewhere."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splits.terminal import print_table

if TYPE_CHECKING:
    from submissions.client import Client

app = typer.Typer(no_args_is_help=True)

Server = Annotated[
    str | None,
    typer.Option("--server", metavar="URL", envvar="REMATCH_SERVER", help="A board elsewhere, over its HTTP API."),
]
Url = Annotated[str, typer.Argument(metavar="URL", help="The address of the board.", envvar="REMATCH_SERVER")]
Say = Callable[[str], None]


@app.command()
def login(
    url: Url,
    *,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the token from the standard input.")] = False,
) -> None:
    """Keep a token for a board, once the board knows it; it is asked for, and never an argument."""
    from submissions.client import Client
    from submissions.credentials import checked_server, keep_token
    from submissions.errors import AccountError

    server = checked_server(url)
    _warn_of_readers(server)
    token = (sys.stdin.readline() if stdin else typer.prompt("Token", hide_input=True, err=True)).strip()
    if not token:
        raise AccountError("Expected a token, found nothing. The operator of the board gives you one.")
    with Client(server, token) as board:
        known = board.me()
    path = keep_token(server, token)
    print(f"{known['account']['name']} ({known['account']['role']}) on {server}; kept in {path}")


@app.command()
def logout(url: Url) -> None:
    """Forget the token for a board; it stays valid there until it is revoked."""
    from submissions.credentials import checked_server, forget_token

    known = forget_token(checked_server(url))
    print("Forgotten." if known else "There was none.")


@app.command()
def publish(
    submission: Annotated[str, typer.Argument(metavar="ID", help="A private submission of yours.")],
    *,
    server: Annotated[
        str, typer.Option("--server", metavar="URL", envvar="REMATCH_SERVER", help="The board that has it.")
    ],
) -> None:
    """Show a private submission on a board to everybody; this cannot be undone."""
    with board_at(server) as board:
        found = board.publish(submission)
    print(f"{found['system']} by {found['submitter']} is public.")


def board_at(url: str) -> "Client":
    """Return the client for a board, with this person's token for it."""
    from submissions.client import Client
    from submissions.credentials import checked_server, token_for

    server = checked_server(url)
    token = token_for(server)
    if token is not None:
        _warn_of_readers(server)
    return Client(server, token)


def _warn_of_readers(server: str) -> None:
    from submissions.credentials import is_in_the_clear

    if is_in_the_clear(server):
        _say(f"warning: {server} is not encrypted; whoever is on the way can read the token. Prefer https.")


def hand_in(board: "Client", manifest: Path, *, private: bool, supersedes: str | None, dry_run: bool) -> dict[str, Any]:
    """Hand in to a board elsewhere, or only have it checked there, and return what it says."""
    tell = _Sending()
    _say(f"Sending what {manifest} names to {board.url} ...")
    if dry_run:
        return board.check(manifest, tell=tell)
    found = board.submit(manifest, private=private, supersedes=supersedes, tell=tell)
    known = f"This was handed in before, as submission {found['submission']}; nothing was recorded."
    _say(known if found["known"] else f"Handed in as submission {found['submission']}.")
    return found


def follow(board: "Client", submission: str) -> dict[str, Any]:
    """Wait for what comes of a submission, and say how far it is; Ctrl-C leaves it to the board."""
    said: set[str] = set()
    try:
        while True:
            found = board.status(submission)
            for news in _news(found):
                if news not in said:
                    said.add(news)
                    _say(news)
            if found["status"] not in ("queued", "running"):
                return found
            board.wait(submission, seconds=0.7, every=0.7)
    except KeyboardInterrupt:
        _say(f"\nScoring goes on. See what comes of it: rematch status {submission} --server {board.url}")
        return board.status(submission)


def print_document(found: dict[str, Any]) -> None:
    """Print a submission with its evaluations."""
    print(f"{found['system']} by {found['submitter']}: {found['status']}{' (private)' if found['private'] else ''}")
    print(f"submission {found['submission']}, handed in {found['created_at'][:16].replace('T', ' ')} UTC")
    if found["superseded_by"]:
        print(f"replaced by {found['superseded_by']}")
    heads = ["run", "seed", "protocol", "status", "i2t R@1", "t2i R@1", "rsum", "badges"]
    print_table(heads, [_row(one) for one in found["evaluations"]])
    for one in found["evaluations"]:
        for remark in ([one["message"]] if one["message"] else []) + one["warnings"]:
            print(f"runs[{one['run']}] {one['protocol']}: {remark}")


def _row(one: dict[str, Any]) -> list[str]:
    shown = [one["values"].get(name) for name in ("i2t R@1", "t2i R@1", "rsum")]
    numbers = ["-" if value is None else f"{100 * value:.1f}" for value in shown]
    return [f"runs[{one['run']}]", str(one["seed"]), one["protocol"], one["status"], *numbers, ", ".join(one["badges"])]


def _news(found: dict[str, Any]) -> list[str]:
    evaluations = found["evaluations"]
    n_done = sum(one["status"] not in ("queued", "running") for one in evaluations)
    waiting = [
        f"runs[{one['run']}] {one['protocol']}: {one['message']}"
        for one in evaluations
        if one["not_before"] and one["message"]
    ]
    return [f"{n_done} of {len(evaluations)} evaluations done.", *waiting]


class _Sending:
    """Says how far files are: every tenth of a large one."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def __call__(self, name: str, sent: int, size: int) -> None:
        tenth = 10 * sent // size if size > 64 * 2**20 else 10 * (sent == size)
        if tenth and tenth > self._last.get(name, 0):
            self._last[name] = tenth
            _say(f"{name}: {10 * tenth} % of {size:,} bytes" if tenth < 10 else f"{name}: {size:,} bytes are there.")


def _say(text: str) -> None:
    typer.echo(text, err=True)
