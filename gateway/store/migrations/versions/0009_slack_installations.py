"""The workspaces that installed the Slack app: slack-sdk's tables, without its limits on the length of a token."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_BOTH = (
    "enterprise_id", "enterprise_name", "team_id", "team_name", "bot_token", "bot_id", "bot_user_id", "bot_scopes",
    "bot_refresh_token",
)  # fmt: skip
_INSTALLER = (
    "enterprise_url", "user_token", "user_scopes", "user_refresh_token", "incoming_webhook_url",
    "incoming_webhook_channel", "incoming_webhook_channel_id", "incoming_webhook_configuration_url", "token_type",
)  # fmt: skip


def upgrade() -> None:
    _create("slack_bots", ["client_id", "app_id"], _BOTH, ["bot_token_expires_at"])
    _create(
        "slack_installations",
        ["client_id", "app_id", "user_id"],
        [*_BOTH, *_INSTALLER],
        ["bot_token_expires_at", "user_token_expires_at"],
    )
    op.create_index("slack_bots_idx", "slack_bots", ["client_id", "enterprise_id", "team_id", "installed_at"])
    op.create_index(
        "slack_installations_idx",
        "slack_installations",
        ["client_id", "enterprise_id", "team_id", "user_id", "installed_at"],
    )
    op.create_table(
        "slack_oauth_states",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expire_at", sa.DateTime(), nullable=False),
    )


def _create(name: str, required: Sequence[str], optional: Sequence[str], moments: Sequence[str]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        *(sa.Column(column, sa.Text(), nullable=False) for column in required),
        *(sa.Column(column, sa.Text(), nullable=True) for column in optional),
        *(sa.Column(column, sa.DateTime(), nullable=True) for column in moments),
        sa.Column("is_enterprise_install", sa.Boolean(), nullable=False),
        sa.Column("installed_at", sa.DateTime(), nullable=False),
    )
