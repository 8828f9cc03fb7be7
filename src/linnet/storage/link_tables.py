"""The tables of links, of what belongs to them, and of what they are put in."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from linnet.storage.columns import Moment, Number, metadata
from linnet.storage.tables import domains, teams, users

# A number is never given twice (sqlite_autoincrement): clicks of a removed link must not become those of a new one.
links = Table(
    "links",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("domain_id", ForeignKey(domains.c.id), nullable=False),
    Column("owner_id", ForeignKey(users.c.id), nullable=False),
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
    Column("link_number", Number, ForeignKey(links.c.number, ondelete="CASCADE"), primary_key=True, autoincrement=False),
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
    Column("domain_id", ForeignKey(domains.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("owner_id", ForeignKey(users.c.id), nullable=False),
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
    return Column("link_number", Number, ForeignKey(links.c.number, ondelete="CASCADE"), **options)


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
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
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
    Column("domain_id", ForeignKey(domains.c.id, ondelete="CASCADE")),
    Column("team_id", ForeignKey(teams.c.id, ondelete="CASCADE")),
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
