"""The tables of who may hand in: accounts, their tokens, what they upload and ask for, and what admins did."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, Column, Enum, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from submissions.tables import UtcDateTime, now


class Role(StrEnum):
    """What an account may do."""

    SUBMITTER = "submitter"
    """Hand in, and see and publish what is its own."""
    ADMIN = "admin"
    """The same, and see everything, manage accounts and tokens, queue again and cancel."""


def _time(*, nullable: bool = True) -> Any:
    return Column(UtcDateTime(), nullable=nullable)


class Account(SQLModel, table=True):
    """Who hands in over the HTTP API: the submitter that manifests name."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(unique=True, max_length=120)
    role: Role = Field(
        default=Role.SUBMITTER,
        sa_column=Column(
            Enum(Role, native_enum=False, length=16, values_callable=lambda e: [m.value for m in e]), nullable=False
        ),
    )
    created_at: datetime = Field(default_factory=now, sa_column=_time(nullable=False))
    disabled_at: datetime | None = Field(default=None, sa_column=_time())


class AccessToken(SQLModel, table=True):
    """A secret by which an account is known; the secret itself is never stored."""

    __tablename__ = "access_token"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    label: str = Field(max_length=120)
    """What its owner calls it, such as the machine it is used on."""
    prefix: str = Field(max_length=16)
    """The first characters, which are shown so that it can be recognised."""
    secret_sha256: str = Field(unique=True, max_length=64)
    """SHA-256 of the token, which is random and long: a slow hash would protect it no better."""
    created_at: datetime = Field(default_factory=now, sa_column=_time(nullable=False))
    expires_at: datetime | None = Field(default=None, sa_column=_time())
    revoked_at: datetime | None = Field(default=None, sa_column=_time())
    last_used_at: datetime | None = Field(default=None, sa_column=_time())
    """To the minute, so that reading does not become writing."""


class Upload(SQLModel, table=True):
    """A file on its way, or that arrived: proof that its account has the content and not only the digest."""

    __table_args__ = (
        # One row for the same content, also where two requests begin it at once.
        UniqueConstraint("account_id", "sha256"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    sha256: str = Field(max_length=64)
    """What its sender says it will have."""
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    filename: str = Field(max_length=255)
    """What its sender calls it; never used as a path."""
    created_at: datetime = Field(default_factory=now, sa_column=_time(nullable=False))
    completed_at: datetime | None = Field(default=None, sa_column=_time())


class IdempotentRequest(SQLModel, table=True):
    """A request that was answered, so that its repetition after a lost answer gets the same one."""

    __tablename__ = "idempotent_request"

    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    key: str = Field(primary_key=True, max_length=255)
    """What the client chose."""
    request_sha256: str = Field(max_length=64)
    """Of method, path and body: the same key for another request is an error."""
    status_code: int
    response: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(default_factory=now, sa_column=_time(nullable=False))


class AdminAct(SQLModel, table=True):
    """One act of an admin, kept for good."""

    __tablename__ = "admin_act"
    __table_args__ = (Index("ix_admin_act_at", "at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    at: datetime = Field(default_factory=now, sa_column=_time(nullable=False))
    actor: str
    """The account, or `command line` for somebody with access to the database."""
    act: str
    """What was done, such as `create token`."""
    subject: str
    """To what or whom."""
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
