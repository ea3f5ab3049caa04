"""What the console looks up: conversations by activity, dead letters, mails in quarantine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index("conversations_activity", "conversations", ["updated_at", "id"])
    for name, table, columns, only in (
        ("conversations_with_people", "conversations", ["updated_at", "id"], "holder = 'human'"),
        ("deliveries_dead", "deliveries", ["seq"], "state IN ('failed', 'cancelled')"),
        ("mail_intakes_quarantined", "mail_intakes", ["updated_at"], "state = 'quarantined'"),
    ):
        op.create_index(name, table, columns, sqlite_where=sa.text(only), postgresql_where=sa.text(only))
