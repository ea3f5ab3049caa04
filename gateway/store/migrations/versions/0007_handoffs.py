"""Handoffs as they are lived: who has a conversation, what staff wrote, drafts, and notes to the agent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("notes", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("turns", sa.Column("notes", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "notes",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("conversation_id", sa.Text(), sa.ForeignKey("conversations.id"), nullable=False),
        sa.Column("turn_id", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("notes_conversation", "notes", ["conversation_id", "turn_id"])
    op.create_index("notes_turn", "notes", ["turn_id"])
    _handoffs()
    _staff_messages()
    op.create_table(
        "drafts",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("handoff_id", sa.Text(), sa.ForeignKey("handoffs.id"), nullable=False),
        sa.Column("conversation_id", sa.Text(), sa.ForeignKey("conversations.id"), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("card_slack_channel_id", sa.Text(), server_default="", nullable=False),
        sa.Column("card_ts", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    # Conversations that were held before there were handoffs wait for a person as all others do.
    op.execute(
        """
        INSERT INTO handoffs (id, conversation_id, cause, reason, opened_at, touched_at, since, upto, answered, shown)
        SELECT 'hof_' || id, id, 'held', held_because, updated_at, updated_at, taken, taken, taken, taken
        FROM conversations WHERE holder = 'human'
        """
    )


def _handoffs() -> None:
    """The table was there, and nothing had written to it."""
    for name in ("cause", "assigned_to", "stopping", "thread_slack_channel_id", "thread_ts", "closed_by"):
        op.add_column("handoffs", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("handoffs", sa.Column("state", sa.Text(), server_default="waiting", nullable=False))
    for name in ("since", "upto", "answered", "shown", "touched_at", "checked_at"):
        op.add_column("handoffs", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("handoffs", sa.Column("warned_at", sa.BigInteger(), nullable=True))
    op.add_column("handoffs", sa.Column("told", sa.SmallInteger(), server_default="0", nullable=False))
    for name in ("threads", "revision"):
        op.add_column("handoffs", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.create_index("handoffs_thread", "handoffs", ["thread_slack_channel_id", "thread_ts"])
    op.create_index("handoffs_conversation", "handoffs", ["conversation_id", "id"])


def _staff_messages() -> None:
    op.create_table(
        "staff_messages",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("handoff_id", sa.Text(), sa.ForeignKey("handoffs.id"), nullable=False),
        sa.Column("conversation_id", sa.Text(), sa.ForeignKey("conversations.id"), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("member_name", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Text(), server_default="", nullable=False),
        sa.Column("is_settled", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("staff_messages_handoff", "staff_messages", ["handoff_id", "stored_at"])
    op.create_index(
        "staff_messages_unsettled",
        "staff_messages",
        ["stored_at"],
        sqlite_where=sa.text("state = 'relayed' AND is_settled = 0"),
        postgresql_where=sa.text("state = 'relayed' AND is_settled = 0"),
    )
    op.create_index(
        "deliveries_subject",
        "deliveries",
        ["subject_id"],
        sqlite_where=sa.text("kind = 'relay'"),
        postgresql_where=sa.text("kind = 'relay'"),
    )
    op.create_table(
        "staff_files",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("staff_message_id", sa.Text(), sa.ForeignKey("staff_messages.id"), nullable=False, index=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
