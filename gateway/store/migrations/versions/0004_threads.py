"""Who takes part in a conversation, the ids by which later messages name it, and why a person holds it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "participants",
        sa.Column("conversation_id", sa.Text(), sa.ForeignKey("conversations.id"), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "address"),
    )
    op.create_table(
        "thread_ids",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("thread_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), sa.ForeignKey("conversations.id"), nullable=False),
        sa.PrimaryKeyConstraint("channel", "thread_id", "conversation_id"),
    )
    op.add_column("conversations", sa.Column("related_id", sa.Text(), nullable=True))
    op.add_column("conversations", sa.Column("held_because", sa.Text(), server_default="", nullable=False))
    op.add_column("conversations", sa.Column("burst_since", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("conversations", sa.Column("burst_turns", sa.Integer(), server_default="0", nullable=False))
