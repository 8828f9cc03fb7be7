"""The tables of people, teams, domains and keys, and of what changed; others have modules of their own."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, Table, Text, text

from linnet.storage.columns import Moment, Number, metadata

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
