"""How sure the poster of a turn is of who wrote, for tools that ask a person about senders who are less sure."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("engine_turns", sa.Column("assurance", sa.Text(), server_default="", nullable=False))
