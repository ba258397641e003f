"""Who one is, one's own tokens, and for admins the accounts of everybody."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel import Session, col, select

from submissions import accounts
from submissions.account_tables import AccessToken, Account, AdminAct
from submissions.api_access import Admin, OwnAccount
from submissions.api_documents import (
    AccountDocument,
    AdminActDocument,
    ChangedAccount,
    MadeTokenDocument,
    MeDocument,
    NewAccount,
    NewToken,
    QuotaDocument,
    TokenDocument,
)
from submissions.api_errors import ConflictError, NotFoundError
from submissions.database import session
from submissions.errors import AccountError
from submissions.quotas import quota_of

router = APIRouter()

MOST_TOKENS = 50
"""Tokens of one account that are of use at the same time."""


@router.get("/me", tags=["accounts"])
def me(own: OwnAccount) -> MeDocument:
    """Say whose token this is, and what the account used of its quota."""
    with session() as opened:
        quota = quota_of(opened, own)
    return MeDocument(
        account=AccountDocument.model_validate(own, from_attributes=True),
        quota=QuotaDocument.model_validate(quota, from_attributes=True),
    )


@router.get("/me/tokens", tags=["accounts"])
def own_tokens(own: OwnAccount) -> list[TokenDocument]:
    """List one's own tokens by their first characters."""
    with session() as opened:
        return _tokens(opened, own)


@router.post("/me/tokens", status_code=201, tags=["accounts"])
def make_own_token(asked: NewToken, own: OwnAccount) -> MadeTokenDocument:
    """Make a token for oneself; it is shown this once."""
    with session() as opened:
        return _made(opened, own, asked, actor=own.name)


@router.delete("/me/tokens/{token_id}", status_code=204, tags=["accounts"])
def revoke_own_token(token_id: UUID, own: OwnAccount) -> None:
    """Make one of one's own tokens useless from now on."""
    with session() as opened:
        found = opened.get(AccessToken, token_id)
        if found is None or found.account_id != own.id:
            raise NotFoundError(f"There is no token {token_id} of yours. List them: GET /api/v1/me/tokens")
        accounts.revoke_token(opened, found, actor=own.name, owner=own.name)


@router.get("/admin/accounts", tags=["admin"])
def all_accounts(_: Admin) -> list[AccountDocument]:
    """List the accounts."""
    with session() as opened:
        return [AccountDocument.model_validate(one, from_attributes=True) for one in accounts.accounts(opened)]


@router.post("/admin/accounts", status_code=201, tags=["admin"])
def add_account(asked: NewAccount, own: Admin) -> AccountDocument:
    """Add an account."""
    with session() as opened:
        try:
            made = accounts.create_account(opened, asked.name, role=asked.role, actor=own.name)
        except AccountError as error:
            raise ConflictError(str(error)) from None
        return AccountDocument.model_validate(made, from_attributes=True)


@router.patch("/admin/accounts/{name}", tags=["admin"])
def change_account(name: str, asked: ChangedAccount, own: Admin) -> AccountDocument:
    """Give an account another role, or take away or give back its access."""
    with session() as opened:
        found = _named(opened, name)
        try:
            accounts.change_account(opened, found, role=asked.role, disabled=asked.disabled, actor=own.name)
        except AccountError as error:
            raise ConflictError(str(error)) from None
        return AccountDocument.model_validate(found, from_attributes=True)


@router.get("/admin/accounts/{name}/tokens", tags=["admin"])
def tokens(name: str, _: Admin) -> list[TokenDocument]:
    """List the tokens of an account by their first characters."""
    with session() as opened:
        return _tokens(opened, _named(opened, name))


@router.post("/admin/accounts/{name}/tokens", status_code=201, tags=["admin"])
def make_token(name: str, asked: NewToken, own: Admin) -> MadeTokenDocument:
    """Make a token for an account; it is shown this once."""
    with session() as opened:
        return _made(opened, _named(opened, name), asked, actor=own.name)


@router.delete("/admin/tokens/{token_id}", status_code=204, tags=["admin"])
def revoke_token(token_id: UUID, own: Admin) -> None:
    """Make anybody's token useless from now on."""
    with session() as opened:
        found = opened.get(AccessToken, token_id)
        if found is None:
            raise NotFoundError(f"There is no token {token_id}.")
        owner = opened.get_one(Account, found.account_id)
        accounts.revoke_token(opened, found, actor=own.name, owner=owner.name)


@router.get("/admin/acts", tags=["admin"])
def acts(_: Admin, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[AdminActDocument]:
    """List what admins did, newest first."""
    with session() as opened:
        found = opened.exec(select(AdminAct).order_by(col(AdminAct.at).desc()).limit(limit)).all()
        return [AdminActDocument.model_validate(one, from_attributes=True) for one in found]


def _named(opened: Session, name: str) -> Account:
    try:
        return accounts.account_named(opened, name)
    except AccountError as error:
        raise NotFoundError(str(error)) from None


def _tokens(opened: Session, owner: Account) -> list[TokenDocument]:
    return [TokenDocument.model_validate(one, from_attributes=True) for one in accounts.tokens_of(opened, owner)]


def _made(opened: Session, owner: Account, asked: NewToken, *, actor: str) -> MadeTokenDocument:
    accounts.hold_still(opened, owner)
    if accounts.n_useful_tokens(opened, owner) >= MOST_TOKENS:
        raise ConflictError(f"{owner.name!r} has {MOST_TOKENS} tokens, the most there may be. Revoke some first.")
    made = accounts.create_token(opened, owner, label=asked.label, days=asked.days, actor=actor)
    return MadeTokenDocument(
        **TokenDocument.model_validate(made.record, from_attributes=True).model_dump(), token=made.secret
    )
