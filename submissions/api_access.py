"""What every route of the API needs: who asks, how often, and what the process has at hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from submissions.account_tables import AccessToken, Account, Role
from submissions.accounts import known_by, note_use
from submissions.api_errors import ForbiddenError, UnauthorizedError
from submissions.api_settings import get_api_settings
from submissions.database import session
from submissions.rates import Rates, network_of
from submissions.uploaded_check import Check

Announce = Callable[[Sequence[UUID]], None]
"""Tells the queue of committed, queued evaluations; whatever goes wrong there must not undo a hand-in."""

_BEARER = HTTPBearer(auto_error=False, description="A token: `Authorization: Bearer rematch_...`")


@dataclass(slots=True)
class Services:
    """What one process of the API works with."""

    announce: Announce
    check_broker: Callable[[], None]
    """Raises a `RematchError` when the broker is away."""
    rates: Rates
    check: Check
    """Checks a manifest with its files, whatever they are."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks."""

    account: Account | None
    token: AccessToken | None = None


def services(request: Request) -> Services:
    """Return what this process works with."""
    found: Services = request.app.state.services
    return found


def viewer(
    request: Request,
    here: Annotated[Services, Depends(services)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> Viewer:
    """Find out who asks, and count the request.

    Raises:
        UnauthorizedError: There is a token, and it is not known, expired or revoked.
        TooManyRequestsError: There were too many requests.
    """
    address = network_of(request.client.host) if request.client else "unknown"
    settings = get_api_settings()
    if bearer is None:
        if request.headers.get("Authorization"):
            here.rates.count(f"address:{address}", settings.api_address_requests_per_minute)
            raise UnauthorizedError("Authorization: expected 'Bearer' and a token, found something else.")
        here.rates.count(f"address:{address}", settings.api_address_requests_per_minute)
        return Viewer(None)
    with session() as opened:
        known = known_by(opened, bearer.credentials)
        if known is not None:
            note_use(opened, known[1])
    if known is None:
        here.rates.count(f"address:{address}", settings.api_address_requests_per_minute)
        raise UnauthorizedError(
            "This token is not known here, has expired or was revoked. Log in with another: rematch login URL"
        )
    account, token = known
    here.rates.count(f"account:{account.id}", settings.api_requests_per_minute)
    return Viewer(account, token)


def account(who: Annotated[Viewer, Depends(viewer)]) -> Account:
    """Return the account that asks.

    Raises:
        UnauthorizedError: There is no token.
    """
    if who.account is None:
        raise UnauthorizedError(
            "This needs a token: Authorization: Bearer rematch_... The operator of this board gives you one; then:"
            " rematch login URL"
        )
    return who.account


def admin(own: Annotated[Account, Depends(account)]) -> Account:
    """Return the account that asks, which is an admin.

    Raises:
        ForbiddenError: It is none.
    """
    if own.role is not Role.ADMIN:
        raise ForbiddenError("Only an admin of this board may do this.")
    return own


Here = Annotated[Services, Depends(services)]
Asking = Annotated[Viewer, Depends(viewer)]
OwnAccount = Annotated[Account, Depends(account)]
Admin = Annotated[Account, Depends(admin)]
