"""What the dashboard keeps: sessions, second factors, invitations, webhooks, the audit log's chain, reports, templates."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FALSE = sa.text("false")
_NEVER_CHANGED = "Entries of the audit log are never changed or removed."


def upgrade() -> None:
    _submissions()
    _accounts()
    _teams()
    _webhooks()
    _audit_chain()
    _links()
    _domains()
    _reports()


def _submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("location", sa.Text()),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_submissions_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "token", name="pk_submissions"),
    )


def _accounts() -> None:
    """Sessions, second factors, recovery codes, password resets, profiles, identities elsewhere."""
    op.create_table(
        "sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        *_moments("created_at", "last_seen_at", "expires_at"),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("address", "agent", "method")),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        *_of_user("sessions"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("digest", name="uq_sessions_digest"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "password_resets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        *_moments("created_at", "expires_at"),
        *_of_user("password_resets"),
        sa.PrimaryKeyConstraint("id", name="pk_password_resets"),
        sa.UniqueConstraint("digest", name="uq_password_resets_digest"),
        sqlite_autoincrement=True,
    )
    for table in ("sessions", "password_resets"):
        op.create_index(f"ix_{table}_user_id", table, ["user_id"])
        op.create_index(f"ix_{table}_expires_at", table, ["expires_at"])
    _second_factors()
    op.create_table(
        "identities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("issuer", "subject", "email")),
        *_moments("created_at", "last_used_at"),
        *_of_user("identities"),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sa.UniqueConstraint("issuer", "subject", name="uq_identities_issuer_subject"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])


def _second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        *_moments("created_at"),
        sa.Column("confirmed_at", sa.BigInteger()),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        *_of_user("second_factors"),
        sa.PrimaryKeyConstraint("user_id", name="pk_second_factors"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        *_of_user("recovery_codes"),
        sa.PrimaryKeyConstraint("user_id", "digest", name="pk_recovery_codes"),
    )


def _moments(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _of_user(table: str) -> list[sa.ForeignKeyConstraint]:
    """What removes the rows of a user with it."""
    return [sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE")]


def _teams() -> None:
    """Invitations, and what teams demand of their members."""
    op.add_column("users", sa.Column("email_proved", sa.Boolean(), nullable=False, server_default=sa.text("true")))
    op.add_column("teams", sa.Column("require_second_factor", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("own_links_only", sa.Boolean(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("invited_by", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_invitations_team_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["invited_by"], ["users.id"], name="fk_invitations_invited_by", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("digest", name="uq_invitations_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_invitations_team_id", "invitations", ["team_id"])


def _webhooks() -> None:
    """Endpoints, the outbox, and the log of deliveries. The address of a domain's ``webhookURL`` is one from now on."""
    op.add_column("domains", sa.Column("webhook_events", sa.Integer(), nullable=False, server_default=sa.text("0")))
    nothing = sa.text("''")
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("failing_since", sa.BigInteger()),
        sa.Column("paused_until", sa.BigInteger()),
        sa.Column("off_reason", sa.Text(), nullable=False, server_default=nothing),
        sa.Column("clicks_from", sa.BigInteger()),
        sa.Column("secret", sa.LargeBinary()),
        sa.Column("former_secret", sa.LargeBinary()),
        sa.Column("former_until", sa.BigInteger()),
        sa.ForeignKeyConstraint(["domain_id"], ["domains.id"], name="fk_webhooks_domain_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhooks_domain_id", "webhooks", ["domain_id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False, server_default=nothing),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name="fk_webhook_deliveries_webhook_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sqlite_autoincrement=True,
    )
    for columns, condition in (
        (["webhook_id", "id"], None),
        (["webhook_id", "due_at", "id"], sa.text("due_at IS NOT NULL")),
        (["finished_at"], sa.text("finished_at IS NOT NULL")),
    ):
        name = f"ix_webhook_deliveries_{'_'.join(columns)}"
        op.create_index(name, "webhook_deliveries", columns, sqlite_where=condition, postgresql_where=condition)
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["webhook_deliveries.id"], name="fk_webhook_attempts_delivery_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_webhook_attempts"),
    )
    op.create_table(
        "webhook_positions",
        sa.Column("webhook_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name="fk_webhook_positions_webhook_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("webhook_id", "store", name="pk_webhook_positions"),
    )
    op.create_table(
        "click_horizons",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", name="pk_click_horizons"),
    )
    now = time.time_ns() // 1000
    op.execute(
        sa.text(
            "INSERT INTO webhooks (domain_id, kind, url, events, description, enabled, created_at, updated_at, clicks_from) "
            "SELECT id, 'webhook_url', webhook_url, 1, '', true, :now, :now, :now FROM domains "
            "WHERE webhook_url IS NOT NULL AND webhook_url <> ''"
        ).bindparams(sa.bindparam("now", now, sa.BigInteger()))
    )
    op.execute("UPDATE domains SET webhook_events = 1 WHERE webhook_url IS NOT NULL AND webhook_url <> ''")


def _audit_chain() -> None:
    """The hash chain of the audit log, whose entries housekeeping chains; none is changed or removed from here on."""
    op.add_column("audit", sa.Column("position", sa.BigInteger()))
    op.add_column("audit", sa.Column("hash", sa.LargeBinary()))
    for name, column, condition in (
        ("ix_audit_position", "position", sa.text("position IS NOT NULL")),
        ("ix_audit_loose", "id", sa.text("position IS NULL")),
    ):
        unique = column == "position"
        op.create_index(name, "audit", [column], unique=unique, sqlite_where=condition, postgresql_where=condition)
    columns = ("id", "at", "user_id", "key_id", "team_id", "domain_id", "event", "subject", "address", "details")
    if op.get_bind().dialect.name == "sqlite":
        changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in columns)
        refuse = f"BEGIN SELECT RAISE(ABORT, '{_NEVER_CHANGED}'); END"
        op.execute(f"CREATE TRIGGER audit_stays BEFORE UPDATE ON audit WHEN OLD.position IS NOT NULL OR {changed} {refuse}")
        op.execute(f"CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit {refuse}")
        return
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns)
    op.execute(
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_NEVER_CHANGED}'; END $$"
    )
    refuse = "EXECUTE FUNCTION audit_refuse()"
    op.execute(
        f"CREATE TRIGGER audit_stays BEFORE UPDATE ON audit FOR EACH ROW WHEN (OLD.position IS NOT NULL OR {changed}) {refuse}"
    )
    op.execute(f"CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit FOR EACH ROW {refuse}")
    op.execute(f"CREATE TRIGGER audit_is_whole BEFORE TRUNCATE ON audit FOR EACH STATEMENT {refuse}")


def _links() -> None:
    """What lists and forms of links keep."""
    op.add_column("folders", sa.Column("qr_style", sa.Text()))
    _link_imports()
    _utm_templates()


def _link_imports() -> None:
    op.create_table(
        "link_imports",
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("id", "domain_id", "user_id")),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        *_moments("created_at", "changed_at"),
        sa.Column("wish", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("rows", "done", "created", "updated", "skipped", "refused")
        ),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("sample", "message")),
        sa.Column("leased_until", sa.BigInteger()),
        sa.ForeignKeyConstraint(["domain_id"], ["domains.id"], name="fk_link_imports_domain_id", ondelete="CASCADE"),
        *_of_user("link_imports"),
        sa.PrimaryKeyConstraint("id", name="pk_link_imports"),
        sqlite_autoincrement=True,
    )
    for column in ("domain_id", "user_id", "state"):
        op.create_index(f"ix_link_imports_{column}", "link_imports", [column])
    for table, number, columns in (
        ("link_import_parts", "number", [sa.Column("content", sa.LargeBinary(), nullable=False)]),
        (
            "link_import_problems",
            "row",
            [
                sa.Column("line", sa.Integer(), nullable=False),
                *(sa.Column(name, sa.Text(), nullable=False) for name in ("column", "message")),
            ],
        ),
    ):
        of_import = sa.ForeignKeyConstraint(
            ["import_id"], ["link_imports.id"], name=f"fk_{table}_import_id", ondelete="CASCADE"
        )
        op.create_table(
            table,
            *(sa.Column(name, sa.Integer(), autoincrement=False, nullable=False) for name in ("import_id", number)),
            *columns,
            of_import,
            sa.PrimaryKeyConstraint("import_id", number, name=f"pk_{table}"),
        )


def _utm_templates() -> None:
    owners = ("domain", "team")
    op.create_table(
        "utm_templates",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(f"{owner}_id", sa.Integer()) for owner in owners),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        *(sa.Column(f"utm_{name}", sa.Text()) for name in ("source", "medium", "campaign", "term", "content")),
        *(
            sa.ForeignKeyConstraint([f"{owner}_id"], [f"{owner}s.id"], name=f"fk_utm_templates_{owner}_id", ondelete="CASCADE")
            for owner in owners
        ),
        sa.PrimaryKeyConstraint("id", name="pk_utm_templates"),
        *(sa.UniqueConstraint(f"{owner}_id", "name", name=f"uq_utm_templates_{owner}_id_name") for owner in owners),
        sqlite_autoincrement=True,
    )


def _domains() -> None:
    """What people set about the dashboard, and what they are told."""
    op.create_table(
        "profiles",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("language", "time_zone", "mail")),
        sa.Column("summary_at", sa.BigInteger()),
        *_of_user("profiles"),
        sa.PrimaryKeyConstraint("user_id", name="pk_profiles"),
    )
    op.create_table(
        "email_changes",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        *_moments("expires_at"),
        *_of_user("email_changes"),
        sa.PrimaryKeyConstraint("user_id", name="pk_email_changes"),
        sa.UniqueConstraint("digest", name="uq_email_changes_digest"),
    )
    op.create_table(
        "devices",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        *_moments("seen_at"),
        *_of_user("devices"),
        sa.PrimaryKeyConstraint("user_id", "digest", name="pk_devices"),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *_moments("at"),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("read_at", sa.BigInteger()),
        sa.Column("mail_due", sa.Boolean(), nullable=False),
        *_of_user("notes"),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notes_at", "notes", ["at"])
    op.create_index("ix_notes_user_id_id", "notes", ["user_id", "id"])
    due = sa.text("mail_due = true")
    op.create_index("ix_notes_due", "notes", ["id"], sqlite_where=due, postgresql_where=due)


def _reports() -> None:
    """Links to statistics for who has no account."""
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("domain_id", sa.Integer(), nullable=False),
        sa.Column("link_number", sa.BigInteger()),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "view")),
        sa.Column("password_hash", sa.Text()),
        *_moments("created_at"),
        sa.Column("expires_at", sa.BigInteger()),
        *_of_user("reports"),
        sa.ForeignKeyConstraint(["domain_id"], ["domains.id"], name="fk_reports_domain_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("digest", name="uq_reports_digest"),
        sqlite_autoincrement=True,
    )
    for column in ("user_id", "domain_id"):
        op.create_index(f"ix_reports_{column}", "reports", [column])
