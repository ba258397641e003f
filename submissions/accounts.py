"""Accounts and their tokens: who may hand in over the HTTP API, and how each is known.

Functions take a session first and never commit. A token is random and long, so one SHA-256 protects it.
"""

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import func, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from splits.catalog import near_names
from submissions.account_tables import AccessToken, Account, AdminAct, Role
from submissions.errors import AccountError
from submissions.manifest_texts import Line
from submissions.tables import now

PREFIX = "rematch_"
SHOWN = 14
"""So many characters of a token are shown: its kind, and enough to tell two apart."""
COMMAND_LINE = "command line"
"""The actor of what is done with access to the database itself."""
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at the only moment at which its secret is known."""

    record: AccessToken
    secret: str


def create_account(session: Session, name: str, *, role: Role, actor: str = COMMAND_LINE) -> Account:
    """Add an account.

    Raises:
        AccountError: There is one of that name, or it is no name.
    """
    _refuse_bad_name(name)
    taken = next((known for known in session.exec(select(Account.name)) if _alike(known) == _alike(name)), None)
    if taken is not None or name == COMMAND_LINE:
        raise AccountError(f"There is an account {taken or name!r} already. Choose another name.")
    account = Account(name=name, role=role)
    try:
        with session.begin_nested():
            session.add(account)
    except IntegrityError:
        raise AccountError(f"There is an account {name!r} since a moment ago. Choose another name.") from None
    note_act(session, actor, "create account", name, role=role.value)
    return account


def account_named(session: Session, name: str) -> Account:
    """Return an account by its name.

    Raises:
        AccountError: There is none.
    """
    found = session.exec(select(Account).where(col(Account.name) == name)).first()
    if found is None:
        known = sorted(session.exec(select(Account.name)))
        raise AccountError(
            f"There is no account named {name!r:.120}.{near_names(name, known)} Add one: rematch accounts add NAME"
        )
    return found


def accounts(session: Session) -> Sequence[Account]:
    """List the accounts by name."""
    return session.exec(select(Account).order_by(col(Account.name))).all()


def change_account(
    session: Session, account: Account, *, role: Role | None = None, disabled: bool | None = None, actor: str
) -> None:
    """Give an account another role, or take away or give back its access.

    Raises:
        AccountError: The last admin would be gone.
    """
    session.exec(select(Account.id).where(col(Account.role) == Role.ADMIN).with_for_update()).all()
    loses_admin = account.role is Role.ADMIN and (role is Role.SUBMITTER or disabled is True)
    if loses_admin and not _has_other_admin(session, account):
        raise AccountError(f"{account.name!r} is the only admin left. Make somebody else an admin first.")
    if role is not None and role is not account.role:
        account.role = role
        note_act(session, actor, "change role", account.name, role=role.value)
    if disabled is not None and disabled is not (account.disabled_at is not None):
        account.disabled_at = now() if disabled else None
        note_act(session, actor, "disable account" if disabled else "enable account", account.name)
    session.add(account)
    session.flush()


def create_token(
    session: Session, account: Account, *, label: str, days: int | None, actor: str = COMMAND_LINE
) -> NewToken:
    """Give an account a new token.

    Args:
        session: The database.
        account: Whose it is.
        label: What it is called.
        days: After how many days it expires, None for never.
        actor: Who does it; noted where that is not the account itself.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    record = AccessToken(
        account_id=account.id,
        label=label,
        prefix=secret[:SHOWN],
        secret_sha256=_hash(secret),
        expires_at=None if days is None else now() + timedelta(days=days),
    )
    session.add(record)
    session.flush()
    if actor != account.name:
        note_act(session, actor, "create token", account.name, token=record.prefix, label=label)
    return NewToken(record, secret)


def hold_still(session: Session, account: Account) -> None:
    """Let no other request of an account count what it used until this transaction ends."""
    own = update(Account).where(col(Account.id) == account.id).values(name=account.name)
    session.exec(own.execution_options(synchronize_session=False))


def n_useful_tokens(session: Session, account: Account) -> int:
    """Count the tokens of an account that open something."""
    return sum(one.revoked_at is None and not _is_over(one.expires_at) for one in tokens_of(session, account))


def tokens_of(session: Session, account: Account) -> Sequence[AccessToken]:
    """List the tokens of an account, oldest first, also those that are of no use any more."""
    own = select(AccessToken).where(col(AccessToken.account_id) == account.id)
    return session.exec(own.order_by(col(AccessToken.created_at))).all()


def revoke_token(session: Session, token: AccessToken, *, actor: str, owner: str) -> None:
    """Make a token useless from now on."""
    if token.revoked_at is None:
        token.revoked_at = now()
        session.add(token)
        session.flush()
        if actor != owner:
            note_act(session, actor, "revoke token", owner, token=token.prefix)


def known_by(session: Session, secret: str) -> tuple[Account, AccessToken] | None:
    """Return whose token this is, None where it is nobody's, expired, revoked or of a disabled account."""
    found = session.exec(
        select(Account, AccessToken)
        .join(AccessToken, col(AccessToken.account_id) == col(Account.id))
        .where(
            col(AccessToken.secret_sha256) == _hash(secret),
            col(AccessToken.revoked_at).is_(None),
            col(Account.disabled_at).is_(None),
        )
    ).first()
    if found is None or _is_over(found[1].expires_at):
        return None
    return found


def note_use(session: Session, token: AccessToken) -> None:
    """Note that a token was used, at most once a minute: most requests then only read."""
    if token.last_used_at is not None and token.last_used_at > now() - _SEEN_EVERY:
        return
    session.exec(
        update(AccessToken)
        .where(col(AccessToken.id) == token.id)
        .values(last_used_at=now())
        .execution_options(synchronize_session=False)
    )


def note_act(session: Session, actor: str, act: str, subject: str, **details: Any) -> None:
    """Keep what an admin did."""
    session.add(AdminAct(actor=actor, act=act, subject=subject, details=details))
    session.flush()


def _has_other_admin(session: Session, account: Account) -> bool:
    others = select(func.count()).where(
        col(Account.role) == Role.ADMIN, col(Account.disabled_at).is_(None), col(Account.id) != account.id
    )
    return session.exec(others).one() > 0


def _refuse_bad_name(name: str) -> None:
    try:
        TypeAdapter(Line).validate_python(name)
    except ValidationError as error:
        problem = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise AccountError(
            f"{name[:120]!r} cannot be the name of an account: expected {problem[:1].lower()}{problem[1:]}."
        ) from None
    if name != name.strip():
        raise AccountError(f"{name!r:.120} begins or ends with a space. Leave it out.")


def _alike(name: str) -> str:
    """Return what two names have in common that a person takes for one."""
    return unicodedata.normalize("NFKC", name).casefold()


def _is_over(moment: datetime | None) -> bool:
    return moment is not None and moment <= now()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
