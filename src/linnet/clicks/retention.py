"""Clicks that are older than their domain keeps them are deleted, a UTC day at a time; the roll-ups stay."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Protocol

_DAY = timedelta(days=1)


class AgeingStore(Protocol):
    """A store that can let go of old clicks. Raises StorageUnavailable."""

    def rolled_off(self) -> Mapping[int, date]:
        """The day before which each domain has no clicks one by one."""

    def oldest_days(self, domain_ids: Iterable[int], /) -> Mapping[int, date]:
        """The oldest day of which there are clicks, of those domains that have any."""

    def roll_off(self, domain_id: int, day: date, /) -> int:
        """Delete a domain's clicks of ``day`` and note that those until then are gone, in one; returns how many there were."""

    def give_back(self) -> None:
        """Have the disk take back, or use again, the room of what was deleted."""


def roll_off_due(
    store: AgeingStore, kept_days: Mapping[int, int], today: date, *, is_ended: Callable[[], bool] = lambda: False
) -> int:
    """Delete what is older than ``kept_days`` says, by domain: of today and as many days before, all clicks are kept. Returns
    how many there were. It can be ended after any day, and goes on when it is called again."""
    deleted = 0
    before = {domain_id: today - timedelta(days=days) for domain_id, days in kept_days.items()}
    noted = store.rolled_off()
    for domain_id, oldest in store.oldest_days(before).items():
        for day in _days(oldest, before[domain_id]):
            if is_ended():
                break
            deleted += store.roll_off(domain_id, day)
    for domain_id, first in before.items():
        # Also where there was nothing: what comes later of those days may be deleted at once.
        if not is_ended() and noted.get(domain_id, date.min) < first:
            deleted += store.roll_off(domain_id, first - _DAY)
    if deleted:
        store.give_back()
    return deleted


def _days(first: date, before: date) -> Iterable[date]:
    return (first + number * _DAY for number in range((before - first).days))
