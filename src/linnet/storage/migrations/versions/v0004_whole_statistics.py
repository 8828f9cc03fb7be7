"""What domains say of their clicks: how much of addresses is stored, and for how long clicks are kept one by one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("domains", sa.Column("whole_addresses", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("domains", sa.Column("click_retention_days", sa.Integer()))
