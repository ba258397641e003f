"""The tables of claims: sources in the versions in which they were imported, and their numbers.

They are apart from `tables.py`, which is about submissions; nothing here points there.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field, Relationship, SQLModel

from submissions.tables import UtcDateTime, now


class ClaimSource(SQLModel, table=True):
    """One version of a source of claims; a file that says something else is the next version of it."""

    __tablename__ = "claim_source"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(max_length=80)
    version: int
    """From 1; the highest is the current one, and audits refer to the others too."""
    digest: str = Field(max_length=64)
    """SHA-256 over all that the source says: importing the same again is recognised."""
    title: str
    citation: str
    url: str
    licence: str
    note: str
    shipped: bool = False
    """Whether it comes with the project, and not from somebody's file."""
    created_at: datetime = Field(default_factory=now, sa_column=Column(UtcDateTime(), nullable=False))
    claims: list["StoredClaim"] = Relationship(
        back_populates="source", sa_relationship_kwargs={"order_by": "StoredClaim.position"}
    )


class StoredClaim(SQLModel, table=True):
    """A claim of one version of a source; never changed. The fields are those of `evaluator.audit.claim.Claim`."""

    __tablename__ = "stored_claim"
    __table_args__ = (UniqueConstraint("source_id", "position"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    source_id: UUID = Field(foreign_key="claim_source.id", index=True)
    position: int
    """The place in printed order, from 0."""
    printed_table: str
    printed_row: str
    printed_column: str
    system: str = Field(index=True)
    metric: str
    digits: str
    """The number as printed."""
    scale: str
    kind: str
    variant: str
    ablation: str
    dataset: str
    protocol: str | None = Field(default=None, index=True)
    printed_direction: str
    direction: str | None = None
    direction_reason: str
    n_images: int | None = None
    n_captions: int | None = None
    n_seeds: int | None = None
    seed: str | None = None
    reference: str
    note: str
    source: ClaimSource = Relationship(back_populates="claims")
