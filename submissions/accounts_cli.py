"""`rematch accounts` and `rematch tokens`: who may hand in over the HTTP API, for whoever has the database."""

from typing import TYPE_CHECKING, Annotated

import typer

from splits.terminal import JsonFlag, print_json, print_table

if TYPE_CHECKING:
    from datetime import datetime

    from submissions.account_tables import AccessToken, Account

accounts_app = typer.Typer(no_args_is_help=True, help="Who may hand in over the HTTP API.")
tokens_app = typer.Typer(no_args_is_help=True, help="The tokens by which accounts are known.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The account: the submitter that manifests name.")]


@accounts_app.command("add")
def add(
    name: Name,
    *,
    admin: Annotated[bool, typer.Option("--admin", help="May see everything and manage accounts.")] = False,
) -> None:
    """Add an account; it gets no token yet."""
    from submissions.account_tables import Role
    from submissions.accounts import create_account
    from submissions.database import prepare, session

    prepare()
    with session() as opened:
        create_account(opened, name, role=Role.ADMIN if admin else Role.SUBMITTER)
    print(f"Added. Give it a token: rematch tokens create {name!r} --label LABEL")


@accounts_app.command("list")
def show(*, as_json: JsonFlag = False) -> None:
    """List the accounts."""
    from submissions.accounts import accounts
    from submissions.database import prepare, session

    prepare()
    with session() as opened:
        found = [_account(one) for one in accounts(opened)]
    if as_json:
        print_json(found)
    else:
        print_table(
            ["account", "role", "since", "disabled"], [[str(cell or "") for cell in one.values()] for one in found]
        )


@accounts_app.command("change")
def change(
    name: Name,
    *,
    admin: Annotated[bool | None, typer.Option("--admin/--submitter", help="Its role.")] = None,
    disabled: Annotated[
        bool | None, typer.Option("--disable/--enable", help="Take away or give back its access.")
    ] = None,
) -> None:
    """Give an account another role, or take away or give back its access."""
    from submissions.account_tables import Role
    from submissions.accounts import COMMAND_LINE, account_named, change_account
    from submissions.database import prepare, session

    role = None if admin is None else Role.ADMIN if admin else Role.SUBMITTER
    prepare()
    with session() as opened:
        change_account(opened, account_named(opened, name), role=role, disabled=disabled, actor=COMMAND_LINE)
    print("Changed.")


@tokens_app.command("create")
def create(
    name: Name,
    *,
    label: Annotated[str, typer.Option(help="What it is called, such as the machine it is used on.")] = "command line",
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="It expires after so many days.")] = 365,
    as_json: JsonFlag = False,
) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    from submissions.accounts import account_named, create_token
    from submissions.database import prepare, session

    prepare()
    with session() as opened:
        made = create_token(opened, account_named(opened, name), label=label, days=days)
        document = {"token": made.secret, **_token(made.record)}
    if as_json:
        print_json(document)
    else:
        typer.echo("Keep it: it is not shown again.", err=True)
        print(made.secret)


@tokens_app.command("list")
def tokens(name: Name, *, as_json: JsonFlag = False) -> None:
    """List the tokens of an account by their first characters."""
    from submissions.accounts import account_named, tokens_of
    from submissions.database import prepare, session

    prepare()
    with session() as opened:
        found = [_token(one) for one in tokens_of(opened, account_named(opened, name))]
    if as_json:
        print_json(found)
    else:
        heads = ["id", "prefix", "label", "made", "expires", "revoked", "last used"]
        print_table(heads, [[str(cell or "") for cell in one.values()] for one in found])


@tokens_app.command("revoke")
def revoke(
    token: Annotated[str, typer.Argument(metavar="ID", help="The id of the token, as `rematch tokens list` shows it.")],
) -> None:
    """Make a token useless from now on."""
    from submissions.account_tables import AccessToken, Account
    from submissions.accounts import COMMAND_LINE, revoke_token
    from submissions.cli import parse_id
    from submissions.database import prepare, session
    from submissions.errors import AccountError

    prepare()
    with session() as opened:
        found = opened.get(AccessToken, parse_id(token))
        if found is None:
            raise AccountError(f"There is no token {token}. List those of an account: rematch tokens list NAME")
        owner = opened.get_one(Account, found.account_id)
        revoke_token(opened, found, actor=COMMAND_LINE, owner=owner.name)
    print("Revoked.")


def _account(one: "Account") -> dict[str, str | None]:
    return {
        "account": one.name,
        "role": one.role.value,
        "since": _moment(one.created_at),
        "disabled": _moment(one.disabled_at),
    }


def _token(one: "AccessToken") -> dict[str, str | None]:
    return {
        "id": str(one.id),
        "prefix": one.prefix,
        "label": one.label,
        "created_at": _moment(one.created_at),
        "expires_at": _moment(one.expires_at),
        "revoked_at": _moment(one.revoked_at),
        "last_used_at": _moment(one.last_used_at),
    }


def _moment(moment: "datetime | None") -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M}"
