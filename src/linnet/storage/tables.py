"""The tables, for both engines; ``migrations/`` builds the same ones step by step."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def microseconds(moment: datetime) -> int:
    """``moment`` (aware) in whole microseconds since the epoch, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(stored: int) -> datetime:
    """The aware UTC time that ``microseconds`` wrote."""
    return _EPOCH + timedelta(microseconds=stored)


class Moment(TypeDecorator[datetime]):
    """A time as microseconds since the epoch: the same order, index and precision on both engines, and no text to parse."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else moment(value)


# SQLite numbers rows by itself only in a column of type INTEGER, which there holds 64 bits anyway.
Number = BigInteger().with_variant(Integer(), "sqlite")

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("service", Boolean, nullable=False, server_default=text("false")),
    # Whether the address is known to be the user's: somebody vouched for it, or got a letter there.
    Column("email_proved", Boolean, nullable=False, server_default=text("true")),
    sqlite_autoincrement=True,
)

# Forms that were sent, so that none is obeyed twice: ``location`` is null while the first one is at work, and then where it
# led to.
submissions = Table(
    "submissions",
    metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("token", Text, primary_key=True),
    Column("sent_at", Moment, nullable=False),
    Column("location", Text),
)

teams = Table(
    "teams",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("require_second_factor", Boolean, nullable=False, server_default=text("false")),
    sqlite_autoincrement=True,
)

# Ways into a team, each known by the SHA-256 digest of its token.
invitations = Table(
    "invitations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("own_links_only", Boolean, nullable=False),
    Column("email", Text),
    Column("invited_by", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("uses_left", Integer, nullable=False),
    sqlite_autoincrement=True,
)

memberships = Table(
    "memberships",
    metadata,
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("role", Text, nullable=False),
    Column("own_links_only", Boolean, nullable=False),
)

domains = Table(
    "domains",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hostname", Text, nullable=False, unique=True),
    Column("owner_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("link_type", Text, nullable=False),
    Column("increment_counter", BigInteger, nullable=False),
    Column("case_sensitive", Boolean, nullable=False),
    Column("hide_referrer", Boolean, nullable=False),
    Column("hide_visitor_ip", Boolean, nullable=False),
    Column("cloaking", Boolean, nullable=False),
    Column("https_level", Text, nullable=False),
    Column("https_links", Boolean, nullable=False),
    Column("robots", Text, nullable=False),
    Column("qr_scan_tracking", Boolean, nullable=False),
    Column("enable_conversion_tracking", Boolean, nullable=False),
    Column("redirect_404", Text),
    Column("segment_key", Text),
    Column("webhook_url", Text),
    Column("integration_adroll", Text),
    Column("integration_fb", Text),
    Column("integration_tt", Text),
    Column("integration_ga", Text),
    Column("integration_gtm", Text),
    Column("client_storage", Text, nullable=False),
    Column("team_id", ForeignKey("teams.id"), index=True),
    # Whether the TXT proof was given, or none was asked for: only then is the hostname served.
    Column("verified", Boolean, nullable=False, server_default=text("true")),
    Column("verification_token", Text, nullable=False, server_default=text("''")),
    Column("checked_at", Moment),
    Column("ip_exclusions", Text, nullable=False, server_default="[]"),
    Column("enable_ai", Boolean, nullable=False, server_default=text("false")),
    Column("purge_expired_links", Boolean, nullable=False, server_default=text("false")),
    Column("qr_style", Text, nullable=False, server_default="{}"),
    Column("root_redirect", Text),
    Column("favicon", Text),
    Column("page_texts", Text, nullable=False, server_default="{}"),
    Column("apple_association", Text),
    Column("asset_links", Text),
    Column("limit_counts_robots", Boolean, nullable=False, server_default=text("false")),
    Column("whole_addresses", Boolean, nullable=False, server_default=text("false")),
    Column("click_retention_days", Integer),
    # Which events any webhook of the domain is told (``model.webhook.bits_of``): known to whoever reads the domain anyway.
    Column("webhook_events", Integer, nullable=False, server_default=text("0")),
    sqlite_autoincrement=True,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("domain_id", ForeignKey("domains.id")),
    Column("expires_at", Moment),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
    Column("team_id", ForeignKey("teams.id")),
    sqlite_autoincrement=True,
)

# A number is never given twice (sqlite_autoincrement): clicks of a removed link must not become those of a new one.
links = Table(
    "links",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("domain_id", ForeignKey("domains.id"), nullable=False),
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("path", Text, nullable=False),
    Column("original_url", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("source", Text, nullable=False),
    Column("folder_id", Text),
    Column("title", Text),
    Column("archived", Boolean, nullable=False),
    Column("redirect_type", SmallInteger),
    Column("skip_query", Boolean, nullable=False),
    Column("cloaking", Boolean),
    Column("password_hash", Text),
    Column("password_contact", Boolean),
    Column("expires_at", Moment),
    Column("expired_url", Text),
    Column("delete_at", Moment),
    Column("clicks_limit", BigInteger),
    Column("android_url", Text),
    Column("iphone_url", Text),
    Column("split_url", Text),
    Column("split_percent", SmallInteger),
    Column("utm_source", Text),
    Column("utm_medium", Text),
    Column("utm_campaign", Text),
    Column("utm_term", Text),
    Column("utm_content", Text),
    Column("integration_adroll", Text),
    Column("integration_fb", Text),
    Column("integration_tt", Text),
    Column("integration_ga", Text),
    Column("integration_gtm", Text),
    # What the application derives from the fields above, for look-ups.
    Column("path_key", Text, nullable=False),
    Column("url_hash", BigInteger, nullable=False),
    Column("wildcard_depth", SmallInteger),
    Column("tag_count", SmallInteger, nullable=False),
    UniqueConstraint("domain_id", "path_key"),
    sqlite_autoincrement=True,
)
Index(None, links.c.domain_id, links.c.url_hash)
Index(None, links.c.domain_id, links.c.created_at, links.c.number)
Index(
    None,
    links.c.domain_id,
    links.c.wildcard_depth,
    sqlite_where=links.c.wildcard_depth.is_not(None),
    postgresql_where=links.c.wildcard_depth.is_not(None),
)
# What housekeeping removes: whatever is past its ``delete_at``, and in some domains what is past its ``expires_at``.
for _due, *_columns in ((links.c.delete_at,), (links.c.expires_at, links.c.domain_id)):
    Index(None, *_columns, _due, sqlite_where=_due.is_not(None), postgresql_where=_due.is_not(None))

link_tags = Table(
    "link_tags",
    metadata,
    Column("link_number", Number, ForeignKey("links.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    Column("tag", Text, nullable=False),
    # The link's domain once more, for the index: the tags of a domain, and the links that have one.
    Column("domain_id", Integer, nullable=False, server_default=text("0")),
)
Index(None, link_tags.c.domain_id, link_tags.c.tag, link_tags.c.link_number)

Index(
    None,
    links.c.domain_id,
    links.c.folder_id,
    links.c.created_at,
    links.c.number,
    sqlite_where=links.c.folder_id.is_not(None),
    postgresql_where=links.c.folder_id.is_not(None),
)

folders = Table(
    "folders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("domain_id", ForeignKey("domains.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("color", Text),
    Column("background_color", Text),
    Column("logo_url", Text),
    Column("logo_width", Integer),
    Column("logo_height", Integer),
    Column("ec_level", Text),
    Column("icon", Text),
    Column("prefix", Text),
    Column("redirect_type", SmallInteger),
    Column("expires_at_days", Integer),
    Column("utm_source", Text),
    Column("utm_medium", Text),
    Column("utm_campaign", Text),
    Column("utm_term", Text),
    Column("utm_content", Text),
    Column("integration_adroll", Text),
    Column("integration_fb", Text),
    Column("integration_tt", Text),
    Column("integration_ga", Text),
    Column("integration_gtm", Text),
    Column("qr_style", Text),
)


def _of_link(**options: Any) -> Column[Any]:
    """The column that ties a row to a link, and removes the row with it."""
    return Column("link_number", Number, ForeignKey("links.number", ondelete="CASCADE"), **options)


# Targeting: ``region`` is "" for a whole country, and the bare ISO 3166-2 code otherwise.
link_places = Table(
    "link_places",
    metadata,
    Column("id", Integer, primary_key=True),
    _of_link(nullable=False),
    Column("country", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("original_url", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("link_number", "country", "region"),
    sqlite_autoincrement=True,
)

link_opengraph = Table(
    "link_opengraph",
    metadata,
    _of_link(primary_key=True, autoincrement=False),
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    Column("property", Text, nullable=False),
    Column("content", Text, nullable=False),
)

link_permissions = Table(
    "link_permissions",
    metadata,
    Column("id", Integer, primary_key=True),
    _of_link(nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("link_number", "user_id"),
    sqlite_autoincrement=True,
)

# Linnet's own rules of a link, and the ways of its split, each a JSON array in the order in which they are looked at.
link_rules = Table(
    "link_rules",
    metadata,
    _of_link(primary_key=True, autoincrement=False),
    Column("rules", Text, nullable=False),
    Column("variants", Text, nullable=False),
)

# Campaign parameters to use again: of a domain, or of a team.
utm_templates = Table(
    "utm_templates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("domain_id", ForeignKey("domains.id", ondelete="CASCADE")),
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE")),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("utm_source", Text),
    Column("utm_medium", Text),
    Column("utm_campaign", Text),
    Column("utm_term", Text),
    Column("utm_content", Text),
    UniqueConstraint("domain_id", "name"),
    UniqueConstraint("team_id", "name"),
    sqlite_autoincrement=True,
)

# Links that were removed, with everything that belonged to them (JSON), until they are too old to be restored.
# Without foreign keys, because nothing that they name has to be there still.
removed_links = Table(
    "removed_links",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("domain_id", Integer, nullable=False),
    Column("owner_id", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("removed_at", Moment, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("record", Text, nullable=False),
)
Index(None, removed_links.c.domain_id, removed_links.c.removed_at)

# How the QR code of a link was last drawn (JSON), for its public image.
qr_codes = Table(
    "qr_codes",
    metadata,
    _of_link(primary_key=True, autoincrement=False),
    Column("style", Text, nullable=False),
    Column("drawn_at", Moment, nullable=False),
)

# Imports of links, with their files in parts, and the rows that were refused. Who has one in hand has it until a moment.
link_imports = Table(
    "link_imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("domain_id", ForeignKey("domains.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("file_name", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("wish", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    *(Column(name, Integer, nullable=False) for name in ("created", "updated", "skipped", "refused")),
    Column("sample", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("leased_until", Moment),
    sqlite_autoincrement=True,
)
link_import_parts = Table(
    "link_import_parts",
    metadata,
    Column("import_id", ForeignKey("link_imports.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)
link_import_problems = Table(
    "link_import_problems",
    metadata,
    Column("import_id", ForeignKey("link_imports.id", ondelete="CASCADE"), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("line", Integer, nullable=False),
    Column("column", Text, nullable=False),
    Column("message", Text, nullable=False),
)

# Who did what. Without foreign keys, because it outlives what it names.
audit = Table(
    "audit",
    metadata,
    Column("id", Number, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("key_id", Integer),
    Column("team_id", Integer),
    Column("domain_id", Integer),
    Column("event", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("details", Text, nullable=False),
    # The place in the hash chain, given once, after the entry was committed.
    Column("position", BigInteger),
    Column("hash", LargeBinary),
    sqlite_autoincrement=True,
)
_PLACED = audit.c.position.is_not(None)
_LOOSE = audit.c.position.is_(None)
Index(None, audit.c.position, unique=True, sqlite_where=_PLACED, postgresql_where=_PLACED)
Index("ix_audit_loose", audit.c.id, sqlite_where=_LOOSE, postgresql_where=_LOOSE)
Index(None, audit.c.user_id, audit.c.at, audit.c.id)
for _column in (audit.c.domain_id, audit.c.team_id):
    Index(None, _column, audit.c.at, audit.c.id, sqlite_where=_column.is_not(None), postgresql_where=_column.is_not(None))

# ``secret`` and ``former_secret`` are sealed; ``events`` is a set (``model.webhook.bits_of``).
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("domain_id", ForeignKey("domains.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Integer, nullable=False),
    Column("description", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("failing_since", Moment),
    Column("paused_until", Moment),
    Column("off_reason", Text, nullable=False, server_default=text("''")),
    Column("clicks_from", Moment),
    Column("secret", LargeBinary),
    Column("former_secret", LargeBinary),
    Column("former_until", Moment),
    sqlite_autoincrement=True,
)

# What webhooks are to be told, and were: outbox and log in one. ``snapshot`` is what it is about (JSON), ``payload`` the body
# once it was made. ``due_at`` is null when nothing is to be done any more; who sends one moves it on, as long as that may take.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Number, primary_key=True),
    Column("webhook_id", ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("finished_at", Moment),
    Column("snapshot", Text, nullable=False),
    Column("payload", Text, nullable=False, server_default=text("''")),
    sqlite_autoincrement=True,
)
_DUE = webhook_deliveries.c.due_at.is_not(None)
_FINISHED = webhook_deliveries.c.finished_at.is_not(None)
Index(None, webhook_deliveries.c.webhook_id, webhook_deliveries.c.id)
Index(
    None,
    webhook_deliveries.c.webhook_id,
    webhook_deliveries.c.due_at,
    webhook_deliveries.c.id,
    sqlite_where=_DUE,
    postgresql_where=_DUE,
)
Index(None, webhook_deliveries.c.finished_at, sqlite_where=_FINISHED, postgresql_where=_FINISHED)

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column(
        "delivery_id",
        Number,
        ForeignKey("webhook_deliveries.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("status", Integer),
    Column("duration_ms", Integer, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("error", Text, nullable=False),
)

# Up to which moment a webhook's outbox holds the clicks of a click store.
webhook_positions = Table(
    "webhook_positions",
    metadata,
    Column("webhook_id", ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("store", Text, primary_key=True),
    Column("position", Moment, nullable=False),
)

# Up to which moment a node has brought its clicks to a store that it shares with others.
click_horizons = Table(
    "click_horizons",
    metadata,
    Column("node", Text, primary_key=True),
    Column("horizon", Moment, nullable=False),
    Column("told_at", Moment, nullable=False),
)

# The change log that route indexes follow. A row names what changed, never how: readers look up the state of the moment.
# ``path_key`` is null for a change of the domain itself. Deliberately without foreign keys: it outlives what it names.
changes = Table(
    "changes",
    metadata,
    Column("sequence", Number, primary_key=True),
    Column("domain_id", Integer, nullable=False),
    Column("hostname", Text),
    Column("path_key", Text),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)
