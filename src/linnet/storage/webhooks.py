"""Webhooks in the database, with their sealed secrets."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from linnet.model.webhook import Webhook, WebhookEvent, WebhookKind, bits_of, events_of
from linnet.storage.dialects import is_id
from linnet.storage.tables import domains
from linnet.storage.webhook_tables import click_horizons, webhook_positions, webhooks

_SECRETS: Final = ("secret", "former_secret")
_WEBHOOK: Final = select(*(column for column in webhooks.c if column.name not in _SECRETS))


class WebhookRepository:
    """Webhooks of one unit of work. What is changed here is known to the domain as well: which events anybody is told."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def search(self, domain_id: int) -> list[Webhook]:
        """All webhooks of a domain, oldest first."""
        rows = self._connection.execute(_WEBHOOK.where(webhooks.c.domain_id == domain_id).order_by(webhooks.c.id))
        return [_webhook(row) for row in rows]

    def find(self, webhook_id: int, *, hold: bool = False) -> Webhook | None:
        """The webhook; ``hold``: nobody else changes it before this unit of work ends. Who adds to its outbox need not wait."""
        if not is_id(webhook_id):
            return None
        statement = _WEBHOOK.where(webhooks.c.id == webhook_id)
        row = self._connection.execute(statement.with_for_update(key_share=True) if hold else statement).one_or_none()
        return None if row is None else _webhook(row)

    def add(self, webhook: Webhook) -> Webhook:
        """A new webhook, without a secret; its id is assigned here, whatever it says."""
        statement = insert(webhooks).values(_values(webhook)).returning(webhooks.c.id)
        number = int(self._connection.execute(statement).scalar_one())
        self._tell_domain(webhook.domain_id)
        found = self.find(number)
        assert found is not None, "it was added a moment ago"
        return found

    def save(self, webhook: Webhook) -> None:
        """Store everything but secrets."""
        self._connection.execute(update(webhooks).where(webhooks.c.id == webhook.id).values(_values(webhook)))
        self._tell_domain(webhook.domain_id)

    def remove(self, webhook: Webhook) -> None:
        """Remove a webhook, with all that it was told or waits to be told."""
        self._connection.execute(delete(webhooks).where(webhooks.c.id == webhook.id))
        self._tell_domain(webhook.domain_id)

    def secrets(self, webhook_id: int) -> tuple[bytes | None, bytes | None]:
        """The sealed secret, and the sealed one before it; None for what there is not."""
        statement = select(*(webhooks.c[name] for name in _SECRETS)).where(webhooks.c.id == webhook_id)
        row = self._connection.execute(statement).one()
        return row.secret, row.former_secret

    def save_secrets(self, webhook_id: int, secret: bytes | None, former: bytes | None, until: datetime | None) -> None:
        """Store both secrets, sealed, and until when the former one signs."""
        values = {"secret": secret, "former_secret": former, "former_until": until}
        self._connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(values))

    def save_health(self, webhook: Webhook) -> None:
        """Store how attempts have gone of late, and nothing else: somebody may be changing the rest."""
        names = ("failures", "failing_since", "paused_until")
        values = {name: getattr(webhook, name) for name in names}
        self._connection.execute(update(webhooks).where(webhooks.c.id == webhook.id).values(values))

    def told(self, domain_id: int) -> list[tuple[int, int]]:
        """The webhooks of a domain that are on, by number, and which events they are told, as a stored set."""
        own = webhooks.c.domain_id == domain_id
        statement = select(webhooks.c.id, webhooks.c.events).where(own, webhooks.c.enabled.is_(True))
        return [(row.id, row.events) for row in self._connection.execute(statement)]

    def click_positions(self, store: str) -> list[tuple[Webhook, datetime]]:
        """The webhooks that are told clicks and are on, each with the moment from which on it was not told of ``store``'s."""
        position = webhook_positions.c.position
        joined = webhooks.outerjoin(
            webhook_positions, (webhook_positions.c.webhook_id == webhooks.c.id) & (webhook_positions.c.store == store)
        )
        statement = (
            _WEBHOOK.add_columns(position)
            .select_from(joined)
            .where(
                webhooks.c.enabled.is_(True),
                webhooks.c.events.bitwise_and(WebhookEvent.CLICK.bit) != 0,
                webhooks.c.clicks_from.is_not(None),
            )
            .order_by(webhooks.c.domain_id, webhooks.c.id)
        )
        found = []
        for row in self._connection.execute(statement):
            webhook = _webhook(row)
            assert webhook.clicks_from is not None, "asked for"
            found.append((webhook, max(webhook.clicks_from, row.position or webhook.clicks_from)))
        return found

    def move_position(self, webhook_id: int, store: str, before: datetime, position: datetime) -> bool:
        """Note up to where a webhook's outbox holds clicks; False when somebody else moved it behind ``before`` meanwhile."""
        own = (webhook_positions.c.webhook_id == webhook_id) & (webhook_positions.c.store == store)
        # Held, so that of two who add the same clicks the second sees what the first noted.
        self._connection.execute(select(webhooks.c.id).where(webhooks.c.id == webhook_id).with_for_update(key_share=True))
        stored = self._connection.scalar(select(webhook_positions.c.position).where(own))
        if stored is None:
            values = {"webhook_id": webhook_id, "store": store, "position": position}
            self._connection.execute(insert(webhook_positions).values(values))
            return True
        if stored > before:
            return False
        self._connection.execute(update(webhook_positions).where(own).values(position=position))
        return True

    def _tell_domain(self, domain_id: int) -> None:
        bits = 0
        for _, events in self.told(domain_id):
            bits |= events
        self._connection.execute(update(domains).where(domains.c.id == domain_id).values(webhook_events=bits))


class HorizonRepository:
    """Up to where nodes have brought their clicks to a store that they share."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tell(self, node: str, horizon: datetime, now: datetime) -> None:
        """Note how far a node is."""
        own = click_horizons.c.node == node
        done = self._connection.execute(update(click_horizons).where(own).values(horizon=horizon, told_at=now))
        if not done.rowcount:
            self._connection.execute(insert(click_horizons).values(node=node, horizon=horizon, told_at=now))

    def least(self, now: datetime, *, within: timedelta) -> datetime | None:
        """How far all nodes are that said so within a span of time."""
        found: datetime | None = self._connection.scalar(
            select(func.min(click_horizons.c.horizon)).where(click_horizons.c.told_at >= now - within)
        )
        return found


def _values(webhook: Webhook) -> dict[str, Any]:
    names = [column.name for column in webhooks.c if column.name not in ("id", *_SECRETS)]
    values = {name: getattr(webhook, name) for name in names}
    return values | {"kind": webhook.kind.value, "events": bits_of(webhook.events)}


def _webhook(row: Row[Any]) -> Webhook:
    names: Sequence[str] = [column.name for column in webhooks.c if column.name not in _SECRETS]
    values = {name: getattr(row, name) for name in names}
    return Webhook(**values | {"kind": WebhookKind(values["kind"]), "events": events_of(values["events"])})
