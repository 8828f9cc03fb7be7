"""The first tables: users, domains, API keys, links with their tags, and the change log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("sequence", _NUMBER, nullable=False),
        sa.Column("domain_id", sa.Integer(), nullable=False),
        sa.Column("hostname", sa.Text()),
        sa.Column("path_key", sa.Text()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_changes"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "domains",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hostname", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("link_type", sa.Text(), nullable=False),
        sa.Column("increment_counter", sa.BigInteger(), nullable=False),
        sa.Column("case_sensitive", sa.Boolean(), nullable=False),
        sa.Column("hide_referrer", sa.Boolean(), nullable=False),
        sa.Column("hide_visitor_ip", sa.Boolean(), nullable=False),
        sa.Column("cloaking", sa.Boolean(), nullable=False),
        sa.Column("https_level", sa.Text(), nullable=False),
        sa.Column("https_links", sa.Boolean(), nullable=False),
        sa.Column("robots", sa.Text(), nullable=False),
        sa.Column("qr_scan_tracking", sa.Boolean(), nullable=False),
        sa.Column("enable_conversion_tracking", sa.Boolean(), nullable=False),
        sa.Column("redirect_404", sa.Text()),
        sa.Column("segment_key", sa.Text()),
        sa.Column("webhook_url", sa.Text()),
        sa.Column("integration_adroll", sa.Text()),
        sa.Column("integration_fb", sa.Text()),
        sa.Column("integration_tt", sa.Text()),
        sa.Column("integration_ga", sa.Text()),
        sa.Column("integration_gtm", sa.Text()),
        sa.Column("client_storage", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_domains_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_domains"),
        sa.UniqueConstraint("hostname", name="uq_domains_hostname"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_domains_owner_id", "domains", ["owner_id"])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("domain_id", sa.Integer()),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["domain_id"], ["domains.id"], name="fk_api_keys_domain_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_api_keys_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("digest", name="uq_api_keys_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_keys_owner_id", "api_keys", ["owner_id"])
    op.create_table(
        "links",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("domain_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("original_url", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("folder_id", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("redirect_type", sa.SmallInteger(), nullable=True),
        sa.Column("skip_query", sa.Boolean(), nullable=False),
        sa.Column("cloaking", sa.Boolean()),
        sa.Column("password_hash", sa.Text()),
        sa.Column("password_contact", sa.Boolean()),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("expired_url", sa.Text()),
        sa.Column("delete_at", sa.BigInteger()),
        sa.Column("clicks_limit", sa.BigInteger()),
        sa.Column("android_url", sa.Text()),
        sa.Column("iphone_url", sa.Text()),
        sa.Column("split_url", sa.Text()),
        sa.Column("split_percent", sa.SmallInteger()),
        sa.Column("utm_source", sa.Text()),
        sa.Column("utm_medium", sa.Text()),
        sa.Column("utm_campaign", sa.Text()),
        sa.Column("utm_term", sa.Text()),
        sa.Column("utm_content", sa.Text()),
        sa.Column("integration_adroll", sa.Text()),
        sa.Column("integration_fb", sa.Text()),
        sa.Column("integration_tt", sa.Text()),
        sa.Column("integration_ga", sa.Text()),
        sa.Column("integration_gtm", sa.Text()),
        sa.Column("path_key", sa.Text(), nullable=False),
        sa.Column("url_hash", sa.BigInteger(), nullable=False),
        sa.Column("wildcard_depth", sa.SmallInteger()),
        sa.Column("tag_count", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["domain_id"], ["domains.id"], name="fk_links_domain_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_links_owner_id"),
        sa.PrimaryKeyConstraint("number", name="pk_links"),
        sa.UniqueConstraint("domain_id", "path_key", name="uq_links_domain_id_path_key"),
        sa.UniqueConstraint("id", name="uq_links_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_links_domain_id_created_at_number", "links", ["domain_id", "created_at", "number"])
    op.create_index("ix_links_domain_id_url_hash", "links", ["domain_id", "url_hash"])
    op.create_index(
        "ix_links_domain_id_wildcard_depth",
        "links",
        ["domain_id", "wildcard_depth"],
        sqlite_where=sa.text("wildcard_depth IS NOT NULL"),
        postgresql_where=sa.text("wildcard_depth IS NOT NULL"),
    )
    op.create_table(
        "link_tags",
        sa.Column("link_number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["link_number"], ["links.number"], name="fk_link_tags_link_number", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("link_number", "position", name="pk_link_tags"),
    )
