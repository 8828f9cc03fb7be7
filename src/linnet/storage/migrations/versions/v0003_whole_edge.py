"""What the edge obeys: pages and app associations of domains, rules and variants of links, links that were removed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("root_redirect", "favicon", "apple_association", "asset_links"):
        op.add_column("domains", sa.Column(name, sa.Text()))
    op.add_column("domains", sa.Column("page_texts", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("domains", sa.Column("limit_counts_robots", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    for columns in (["delete_at"], ["domain_id", "expires_at"]):
        condition = sa.text(f"{columns[-1]} IS NOT NULL")
        op.create_index(f"ix_links_{'_'.join(columns)}", "links", columns, sqlite_where=condition, postgresql_where=condition)
    op.create_table(
        "link_rules",
        sa.Column("link_number", _NUMBER, nullable=False, autoincrement=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("variants", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["link_number"], ["links.number"], name="fk_link_rules_link_number", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("link_number", name="pk_link_rules"),
    )
    op.create_table(
        "removed_links",
        sa.Column("number", _NUMBER, nullable=False, autoincrement=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("domain_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_removed_links"),
        sa.UniqueConstraint("id", name="uq_removed_links_id"),
    )
    op.create_index("ix_removed_links_removed_at", "removed_links", ["removed_at"])
    op.create_index("ix_removed_links_domain_id_removed_at", "removed_links", ["domain_id", "removed_at"])
