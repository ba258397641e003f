"""Audits."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["claim_source.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subject", "digest"),
    )
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_audit_subject"), table_name="audit")
    op.drop_table("audit")
