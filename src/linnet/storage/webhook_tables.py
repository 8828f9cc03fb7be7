"""The tables of webhooks, of what they were told, and of how far clicks were told."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from linnet.storage.columns import Moment, Number, metadata
from linnet.storage.tables import domains

# ``secret`` and ``former_secret`` are sealed; ``events`` is a set (``model.webhook.bits_of``).
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("domain_id", ForeignKey(domains.c.id, ondelete="CASCADE"), nullable=False, index=True),
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
    Column("webhook_id", ForeignKey(webhooks.c.id, ondelete="CASCADE"), nullable=False),
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
        ForeignKey(webhook_deliveries.c.id, ondelete="CASCADE"),
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
    Column("webhook_id", ForeignKey(webhooks.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
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
