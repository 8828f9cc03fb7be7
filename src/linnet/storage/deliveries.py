"""Deliveries to webhooks: claimed for a while by who sends them, and kept as a log."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, exists, func, insert, or_, select, update

from linnet.model.webhook import Attempt, Delivery, DeliveryState, WebhookEvent
from linnet.storage.dialects import among, listed
from linnet.storage.webhook_tables import webhook_attempts, webhook_deliveries, webhooks

_MOST: Final = 2**63 - 1
_DELIVERY: Final = select(*webhook_deliveries.c)
_OWN: Final = webhook_deliveries.c
_ATTEMPT: Final = select(*(column for column in webhook_attempts.c if column.name != "delivery_id"))


class DeliveryRepository:
    """Deliveries of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def webhooks_due(self, now: datetime, *, limit: int) -> list[int]:
        """Webhooks that are on, not left alone for a while, and have something that is due; those that failed least first."""
        due = exists().where(_OWN.webhook_id == webhooks.c.id, _OWN.due_at <= now)
        statement = (
            select(webhooks.c.id)
            .where(
                webhooks.c.enabled.is_(True),
                or_(webhooks.c.paused_until.is_(None), webhooks.c.paused_until <= now),
                due,
            )
            .order_by(webhooks.c.failures, func.random())
            .limit(limit)
        )
        return list(self._connection.scalars(statement))

    def claim(self, webhook_id: int, now: datetime, until: datetime, *, limit: int) -> list[Delivery]:
        """What is due of a webhook, oldest first: nobody else gets it before ``until``."""
        due = (
            select(_OWN.id)
            .where(_OWN.webhook_id == webhook_id, _OWN.due_at <= now)
            .order_by(_OWN.due_at, _OWN.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        numbers = list(self._connection.scalars(due))
        if not numbers:
            return []
        chosen = among(_OWN.id, "numbers")[self._dialect]
        wanted = {"numbers": listed(self._dialect, numbers)}
        self._connection.execute(update(webhook_deliveries).where(chosen).values(due_at=until), wanted)
        rows = self._connection.execute(_DELIVERY.where(chosen).order_by(_OWN.id), wanted)
        return [_delivery(row) for row in rows]

    def find(self, webhook_id: int, delivery_id: int, *, hold: bool = False) -> Delivery | None:
        """A delivery to this webhook; ``hold``: nobody else changes it before this unit of work ends."""
        if not 0 < delivery_id <= _MOST:
            return None
        statement = _DELIVERY.where(_OWN.id == delivery_id, _OWN.webhook_id == webhook_id)
        row = self._connection.execute(statement.with_for_update() if hold else statement).one_or_none()
        return None if row is None else _delivery(row)

    def search(
        self, webhook_id: int, *, limit: int, before: int | None = None, state: DeliveryState | None = None
    ) -> list[Delivery]:
        """Deliveries to a webhook, newest first, behind the one with the number ``before``; of one state where given."""
        statement = _DELIVERY.where(_OWN.webhook_id == webhook_id).order_by(_OWN.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(_OWN.id < before)
        if state is not None:
            statement = statement.where(_OWN.state == state.value)
        return [_delivery(row) for row in self._connection.execute(statement)]

    def attempts(self, delivery_ids: Sequence[int]) -> dict[int, list[Attempt]]:
        """What was tried, by delivery, oldest first."""
        condition = among(webhook_attempts.c.delivery_id, "numbers")[self._dialect]
        statement = _ATTEMPT.add_columns(webhook_attempts.c.delivery_id).where(condition).order_by(webhook_attempts.c.number)
        found: dict[int, list[Attempt]] = {}
        for row in self._connection.execute(statement, {"numbers": listed(self._dialect, delivery_ids)}):
            values = row._asdict()
            found.setdefault(values.pop("delivery_id"), []).append(Attempt(**values))
        return found

    def count_waiting(self, webhook_id: int, *, limit: int) -> int:
        """How many deliveries wait for a webhook, counted up to ``limit``."""
        waiting = select(_OWN.id).where(_OWN.webhook_id == webhook_id, _OWN.due_at.is_not(None)).limit(limit).subquery()
        return int(self._connection.execute(select(func.count()).select_from(waiting)).scalar_one())

    def waiting(self) -> tuple[int, datetime | None]:
        """How many deliveries wait for webhooks that are on, and when the oldest of them was made."""
        on = _OWN.webhook_id.in_(select(webhooks.c.id).where(webhooks.c.enabled.is_(True)))
        statement = select(func.count(), func.min(_OWN.created_at)).where(_OWN.due_at.is_not(None), on)
        count, oldest_at = self._connection.execute(statement).one()
        return count, oldest_at

    def save_payload(self, delivery: Delivery) -> None:
        """Store the body that is sent."""
        self._connection.execute(update(webhook_deliveries).where(_OWN.id == delivery.id).values(payload=delivery.payload))

    def save_attempt(self, delivery: Delivery, attempt: Attempt) -> None:
        """Store an attempt, and what becomes of its delivery."""
        names = ("number", "at", "status", "duration_ms", "excerpt", "error")
        values: dict[str, Any] = {name: getattr(attempt, name) for name in names}
        self._connection.execute(insert(webhook_attempts).values(delivery_id=delivery.id, **values))
        self.save(delivery)

    def save(self, delivery: Delivery) -> None:
        """Store what became of a delivery."""
        names = ("due_at", "attempts", "finished_at")
        values = {name: getattr(delivery, name) for name in names} | {"state": delivery.state.value}
        self._connection.execute(update(webhook_deliveries).where(_OWN.id == delivery.id).values(values))

    def give_up(self, now: datetime, before: datetime, *, limit: int) -> int:
        """Give up at most ``limit`` deliveries that were due before a moment, and nobody could send; how many."""
        old = select(_OWN.id).where(_OWN.due_at < before).limit(limit)
        values = {"state": DeliveryState.FAILED.value, "due_at": None, "finished_at": now}
        return self._change(old, values)

    def forget(self, now: datetime, *, kept: timedelta, clicks_kept: timedelta, limit: int) -> int:
        """Remove at most ``limit`` deliveries that were finished longer ago than ``kept``, and the clicks of as many that were
        longer ago than ``clicks_kept``; how many in all."""
        old = select(_OWN.id).where(_OWN.finished_at < now - kept).limit(limit)
        removed = self._remove(old)
        with_clicks = (_OWN.type == WebhookEvent.CLICK.value) & (_OWN.payload != "")
        bare = select(_OWN.id).where(_OWN.finished_at < now - clicks_kept, with_clicks).limit(limit)
        return removed + self._change(bare, {"payload": ""})

    def forget_beyond(self, webhook_id: int, most: int, *, limit: int) -> int:
        """Remove at most ``limit`` finished deliveries to a webhook that are older than its last ``most``; how many."""
        order = select(_OWN.id).where(_OWN.webhook_id == webhook_id, _OWN.finished_at.is_not(None)).order_by(_OWN.id.desc())
        return self._remove(order.offset(most).limit(limit))

    def crowded(self, *, waiting: int, kept: int) -> tuple[list[int], list[int]]:
        """The webhooks for which more than ``waiting`` deliveries wait, and those of which more than ``kept`` are finished."""
        found = []
        for condition, most in ((_OWN.due_at.is_not(None), waiting), (_OWN.finished_at.is_not(None), kept)):
            counted = select(_OWN.webhook_id).where(condition).group_by(_OWN.webhook_id).having(func.count() > most)
            found.append(list(self._connection.scalars(counted)))
        return found[0], found[1]

    def forget_clicks(self, domain_id: int, now: datetime) -> None:
        """Forget all clicks of a domain that were sent, or wait to be."""
        own = select(webhooks.c.id).where(webhooks.c.domain_id == domain_id)
        clicks = (_OWN.webhook_id.in_(own)) & (_OWN.type == WebhookEvent.CLICK.value) & (_OWN.payload != "")
        waiting = {"state": DeliveryState.FAILED.value, "due_at": None, "finished_at": now}
        self._connection.execute(update(webhook_deliveries).where(clicks, _OWN.due_at.is_not(None)).values(waiting))
        self._connection.execute(update(webhook_deliveries).where(clicks).values(payload=""))

    def again(self, delivery: Delivery, now: datetime) -> Delivery:
        """A finished delivery waits once more, under its own message id."""
        waiting = replace(delivery, state=DeliveryState.WAITING, due_at=now, finished_at=None)
        self.save(waiting)
        return waiting

    def _change(self, chosen: Any, values: dict[str, Any]) -> int:
        numbers = list(self._connection.scalars(chosen))
        if not numbers:
            return 0
        condition = among(_OWN.id, "numbers")[self._dialect]
        statement = update(webhook_deliveries).where(condition).values(values)
        return self._connection.execute(statement, {"numbers": listed(self._dialect, numbers)}).rowcount

    def _remove(self, chosen: Any) -> int:
        numbers = list(self._connection.scalars(chosen))
        if not numbers:
            return 0
        condition = among(_OWN.id, "numbers")[self._dialect]
        return self._connection.execute(
            delete(webhook_deliveries).where(condition), {"numbers": listed(self._dialect, numbers)}
        ).rowcount


def _delivery(row: Row[Any]) -> Delivery:
    values = row._asdict()
    return Delivery(**values | {"state": DeliveryState(values["state"])})
