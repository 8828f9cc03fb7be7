"""Teams, folders, targeting, OpenGraph tags, permissions, QR codes and the audit log; more settings of domains."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FALSE = sa.text("false")


def upgrade() -> None:
    op.add_column("users", sa.Column("service", sa.Boolean(), nullable=False, server_default=_FALSE))
    _teams()
    _more_of_domains_and_keys()
    op.add_column("link_tags", sa.Column("domain_id", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.execute("UPDATE link_tags SET domain_id = (SELECT domain_id FROM links WHERE number = link_tags.link_number)")
    op.create_index("ix_link_tags_domain_id_tag_link_number", "link_tags", ["domain_id", "tag", "link_number"])
    op.create_index(
        "ix_links_domain_id_folder_id_created_at_number",
        "links",
        ["domain_id", "folder_id", "created_at", "number"],
        sqlite_where=sa.text("folder_id IS NOT NULL"),
        postgresql_where=sa.text("folder_id IS NOT NULL"),
    )
    _folders()
    _of_links()
    _audit()


def _teams() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "memberships",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("own_links_only", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_memberships_team_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_memberships_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("team_id", "user_id", name="pk_memberships"),
    )
    op.create_index("ix_memberships_user_id", "memberships", ["user_id"])


def _more_of_domains_and_keys() -> None:
    for table in ("domains", "api_keys"):
        # Spelled out: Alembic has no way to add a column with a reference that SQLite takes.
        op.execute(f"ALTER TABLE {table} ADD COLUMN team_id INTEGER CONSTRAINT fk_{table}_team_id REFERENCES teams (id)")
    op.create_index("ix_domains_team_id", "domains", ["team_id"])
    for column in (
        sa.Column("verified", sa.Boolean(), nullable=False, server_default=sa.text("true")),
        sa.Column("verification_token", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("checked_at", sa.BigInteger()),
        sa.Column("ip_exclusions", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("enable_ai", sa.Boolean(), nullable=False, server_default=_FALSE),
        sa.Column("purge_expired_links", sa.Boolean(), nullable=False, server_default=_FALSE),
        sa.Column("qr_style", sa.Text(), nullable=False, server_default="{}"),
    ):
        op.add_column("domains", column)


def _folders() -> None:
    texts = "color background_color logo_url ec_level icon prefix utm_source utm_medium utm_campaign utm_term utm_content"
    texts += " integration_adroll integration_fb integration_tt integration_ga integration_gtm"
    op.create_table(
        "folders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("domain_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text()) for name in texts.split()),
        *(sa.Column(name, sa.Integer()) for name in ("logo_width", "logo_height", "expires_at_days")),
        sa.Column("redirect_type", sa.SmallInteger()),
        sa.ForeignKeyConstraint(["domain_id"], ["domains.id"], name="fk_folders_domain_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_folders_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_folders"),
    )
    op.create_index("ix_folders_domain_id", "folders", ["domain_id"])


def _of_links() -> None:
    op.create_table(
        "link_places",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_number", _NUMBER, nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("original_url", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _link_of("link_places"),
        sa.PrimaryKeyConstraint("id", name="pk_link_places"),
        sa.UniqueConstraint("link_number", "country", "region", name="uq_link_places_link_number_country_region"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "link_opengraph",
        sa.Column("link_number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("property", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        _link_of("link_opengraph"),
        sa.PrimaryKeyConstraint("link_number", "position", name="pk_link_opengraph"),
    )
    op.create_table(
        "link_permissions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_number", _NUMBER, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _link_of("link_permissions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_link_permissions_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_link_permissions"),
        sa.UniqueConstraint("link_number", "user_id", name="uq_link_permissions_link_number_user_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_link_permissions_user_id", "link_permissions", ["user_id"])
    op.create_table(
        "qr_codes",
        sa.Column("link_number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("style", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.BigInteger(), nullable=False),
        _link_of("qr_codes"),
        sa.PrimaryKeyConstraint("link_number", name="pk_qr_codes"),
    )


def _link_of(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["link_number"], ["links.number"], name=f"fk_{table}_link_number", ondelete="CASCADE")


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer()),
        sa.Column("team_id", sa.Integer()),
        sa.Column("domain_id", sa.Integer()),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_user_id_at_id", "audit", ["user_id", "at", "id"])
    for column in ("domain_id", "team_id"):
        condition = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_audit_{column}_at_id", "audit", [column, "at", "id"], sqlite_where=condition, postgresql_where=condition
        )
