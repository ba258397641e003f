"""The first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "artifact",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("submitter", sa.String(), nullable=False),
        sa.Column("setting", sa.String(), nullable=False),
        sa.Column("deterministic", sa.Boolean(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_by", sa.Uuid(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["superseded_by"],
            ["submission.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("submitter", "digest"),
    )
    op.create_index(op.f("ix_submission_system"), "submission", ["system"], unique=False)

    op.create_table(
        "submitted_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("artifact_sha256", sa.String(), nullable=True),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("model", sa.JSON(), nullable=True),
        sa.Column("orientation", sa.String(), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("seed_governs", sa.JSON(), nullable=False),
        sa.Column("split_file_sha256", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["artifact_sha256"],
            ["artifact.sha256"],
        ),
        sa.ForeignKeyConstraint(
            ["split_file_sha256"],
            ["artifact.sha256"],
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("submission_id", "position"),
    )
    op.create_index(op.f("ix_submitted_run_artifact_sha256"), "submitted_run", ["artifact_sha256"], unique=False)
    op.create_index(op.f("ix_submitted_run_submission_id"), "submitted_run", ["submission_id"], unique=False)

    op.create_table(
        "evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("protocol", sa.String(), nullable=False),
        sa.Column("protocol_version", sa.Integer(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("split_digest", sa.String(), nullable=False),
        sa.Column("judgments", sa.String(), nullable=False),
        sa.Column("judgments_digest", sa.String(), nullable=True),
        sa.Column("centricity", sa.String(), nullable=False),
        sa.Column("evaluator_version", sa.String(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Enum("scores", "models", name="queue", native_enum=False, length=16), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "queued", "running", "succeeded", "failed", "cancelled", name="status", native_enum=False, length=16
            ),
            nullable=False,
        ),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("our_fault", sa.Boolean(), nullable=False),
        sa.Column("badges", sa.JSON(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("n_images", sa.Integer(), nullable=True),
        sa.Column("n_captions", sa.Integer(), nullable=True),
        sa.Column("ranks_sha256", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("progress", sa.JSON(), nullable=True),
        sa.Column("run_record", sa.JSON(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reserved_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["submitted_run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "protocol", "protocol_version", "evaluator_version"),
    )
    op.create_index(op.f("ix_evaluation_centricity"), "evaluation", ["centricity"], unique=False)
    op.create_index(op.f("ix_evaluation_protocol"), "evaluation", ["protocol"], unique=False)
    op.create_index(op.f("ix_evaluation_ranks_sha256"), "evaluation", ["ranks_sha256"], unique=False)
    op.create_index(op.f("ix_evaluation_run_id"), "evaluation", ["run_id"], unique=False)
    op.create_index(op.f("ix_evaluation_status"), "evaluation", ["status"], unique=False)

    op.create_table(
        "query_ranks",
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluation.id"],
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "direction"),
    )
    op.create_table(
        "result",
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("pessimistic", sa.Float(), nullable=False),
        sa.Column("optimistic", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("spread", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluation.id"],
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "metric", "direction"),
    )


def downgrade() -> None:
    op.drop_table("result")
    op.drop_table("query_ranks")
    op.drop_index(op.f("ix_evaluation_status"), table_name="evaluation")
    op.drop_index(op.f("ix_evaluation_run_id"), table_name="evaluation")
    op.drop_index(op.f("ix_evaluation_ranks_sha256"), table_name="evaluation")
    op.drop_index(op.f("ix_evaluation_protocol"), table_name="evaluation")
    op.drop_index(op.f("ix_evaluation_centricity"), table_name="evaluation")

    op.drop_table("evaluation")
    op.drop_index(op.f("ix_submitted_run_submission_id"), table_name="submitted_run")
    op.drop_index(op.f("ix_submitted_run_artifact_sha256"), table_name="submitted_run")

    op.drop_table("submitted_run")
    op.drop_index(op.f("ix_submission_system"), table_name="submission")

    op.drop_table("submission")
    op.drop_table("artifact")
