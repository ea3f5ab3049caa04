"""What customers see of a running turn, and what a request's card says besides its arguments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("turns", sa.Column("begun", sa.Text(), nullable=True))
    op.add_column("approvals", sa.Column("asked_because", sa.Text(), server_default="", nullable=False))
    op.add_column("approvals", sa.Column("card_link", sa.Text(), server_default="", nullable=False))
