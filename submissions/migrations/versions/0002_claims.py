"""Sources of claims, and their claims."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "claim_source",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("licence", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", "version"),
    )
    op.create_table(
        "stored_claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("printed_table", sa.String(), nullable=False),
        sa.Column("printed_row", sa.String(), nullable=False),
        sa.Column("printed_column", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("digits", sa.String(), nullable=False),
        sa.Column("scale", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("ablation", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=True),
        sa.Column("printed_direction", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=True),
        sa.Column("direction_reason", sa.String(), nullable=False),
        sa.Column("n_images", sa.Integer(), nullable=True),
        sa.Column("n_captions", sa.Integer(), nullable=True),
        sa.Column("n_seeds", sa.Integer(), nullable=True),
        sa.Column("seed", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["claim_source.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id", "position"),
    )
    for column in ("protocol", "source_id", "system"):
        op.create_index(op.f(f"ix_stored_claim_{column}"), "stored_claim", [column], unique=False)


def downgrade() -> None:
    for column in ("system", "source_id", "protocol"):
        op.drop_index(op.f(f"ix_stored_claim_{column}"), table_name="stored_claim")
    op.drop_table("stored_claim")
    op.drop_table("claim_source")
