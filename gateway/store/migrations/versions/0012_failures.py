"""Failures by time, for the console's plots."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    only = sa.text("state = 'failed'")
    op.create_index("deliveries_failed", "deliveries", ["updated_at"], sqlite_where=only, postgresql_where=only)
