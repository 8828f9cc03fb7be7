"""What webhooks are to be told of a unit of work: written with its changes, or not at all."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from secrets import SystemRandom
from typing import Any, Final

from sqlalchemy import Connection, insert

from linnet.model.webhook import MANY, MAX_LINKS, DeliveryState, WebhookEvent, new_message_id
from linnet.storage.link_rows import record_of
from linnet.storage.links import LinkRepository
from linnet.storage.removed import RemovedLinkRepository
from linnet.storage.webhook_tables import webhook_deliveries
from linnet.storage.webhooks import WebhookRepository

_RANDOM: Final = SystemRandom()


class OutboxRepository:
    """Collects the events of one unit of work; they are written just before it commits, with what links are like by then. What
    happens several times to a link is one event."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._events: dict[tuple[int, WebhookEvent], dict[str, None]] = {}

    def record(self, domain_id: int, event: WebhookEvent, link_ids: Iterable[str] = ()) -> None:
        """Something happened in a domain, or to links of it, whose webhooks want to know."""
        self._events.setdefault((domain_id, event), {}).update(dict.fromkeys(link_ids))

    def write(self, at: datetime) -> None:
        """Write what was recorded, for each webhook that is told."""
        events, self._events = self._events, {}
        for (domain_id, event), link_ids in events.items():
            told = [number for number, bits in WebhookRepository(self._connection).told(domain_id) if bits & event.bit]
            if not told:
                continue
            for kind, snapshot in self._snapshots(event, list(link_ids)):
                self.add(told, kind, at, snapshot=snapshot)

    def add(self, webhook_ids: Sequence[int], kind: str, at: datetime, *, snapshot: str = "{}", payload: str = "") -> None:
        """Have each of these webhooks told something of the type ``kind``, from ``at`` on."""
        rows = [
            {
                "webhook_id": webhook_id,
                "message_id": new_message_id(_RANDOM),
                "type": kind,
                "state": DeliveryState.WAITING.value,
                "created_at": at,
                "due_at": at,
                "snapshot": snapshot,
                "payload": payload,
            }
            for webhook_id in webhook_ids
        ]
        self._connection.execute(insert(webhook_deliveries), rows)

    def _snapshots(self, event: WebhookEvent, link_ids: Sequence[str]) -> Iterable[tuple[str, str]]:
        """Types of deliveries and what they are about: one for a link, several for more links than one may tell of."""
        if event not in MANY:
            return [(event.value, "{}")]
        if not link_ids:
            return []
        records = self._records(event, link_ids)
        kind = event.value if len(link_ids) == 1 else MANY[event]
        portions = (records[first : first + MAX_LINKS] for first in range(0, len(records), MAX_LINKS))
        return [(kind, json.dumps({"links": portion}, ensure_ascii=False)) for portion in portions]

    def _records(self, event: WebhookEvent, link_ids: Sequence[str]) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        if event is not WebhookEvent.LINK_DELETED:
            found = {link.id: record_of(link) for link in LinkRepository(self._connection).find_many(link_ids)}
        gone = [link_id for link_id in link_ids if link_id not in found]
        if gone:
            found |= RemovedLinkRepository(self._connection).records(gone)
        return [found[link_id] for link_id in link_ids if link_id in found]
