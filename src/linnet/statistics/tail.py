"""What is new among the last clicks: each click once, though they are asked for again and again and come in any order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec

from linnet.model.click import Click

# How much older than the newest click one may be that comes after it: several journals are taken in, one after the other.
OVERLAP: Final = timedelta(seconds=10)
MILLISECOND: Final = timedelta(milliseconds=1)
_pack = msgspec.msgpack.Encoder().encode


class New(NamedTuple):
    """A click that was not told before, under a name that it has in every process."""

    id: str
    click: Click


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at the last clicks brought, oldest first; ``gap``: there were more new ones than it could see."""

    new: list[New]
    gap: bool = False


class Tail:
    """Remembers which clicks of the last seconds were told: at first ``last``, newest first. At most ``limit`` are asked for at
    once.

    A click is known by what is not told anew when clicks are judged again or their goals are reached; equal ones are counted.
    """

    def __init__(self, last: Sequence[Click], now: datetime, *, limit: int) -> None:
        self._limit = limit
        self._newest = min(last[0].at, now) if last else now
        self.after = self._newest - OVERLAP
        self._seen = Counter(_key(click) for click in last if click.at > self.after)

    def take(self, last: Sequence[Click], now: datetime) -> Found:
        """What is new among the last clicks after ``after``, newest first."""
        gap = len(last) >= self._limit and last[-1].at > self._newest
        counts: Counter[tuple[Any, ...]] = Counter()
        new = []
        for click in last:
            key = _key(click)
            counts[key] += 1
            if counts[key] > self._seen[key]:
                self._seen[key] = counts[key]
                new.append(New(_id(key, counts[key]), click))
        if last:
            self._newest = max(self._newest, min(last[0].at, now))
        self.after = max(self.after, self._newest - OVERLAP)
        self._seen = Counter({key: count for key, count in self._seen.items() if key[0] > self.after})
        return Found(sorted(new, key=_order), gap)


def since(last: Sequence[Click], last_id: str) -> list[New]:
    """Those of the last clicks, newest first, that stand behind the one with an id, oldest first."""
    counts: Counter[tuple[Any, ...]] = Counter()
    told = []
    for click in last:
        key = _key(click)
        counts[key] += 1
        told.append(New(_id(key, counts[key]), click))
    at = moment_of(last_id)
    return sorted((each for each in told if at is not None and _order(each) > (at, last_id)), key=_order)


def moment_of(click_id: str) -> datetime | None:
    """When the click with an id was made; None for what is no id."""
    written, _, rest = click_id.partition("-")
    if not (rest and written.isascii() and written.isdigit() and len(written) <= 14):
        return None
    return datetime.fromtimestamp(0, tz=UTC) + int(written) * MILLISECOND


def _order(new: New) -> tuple[datetime, str]:
    return new.click.at, new.id


def _key(click: Click) -> tuple[Any, ...]:
    asked = (click.status, click.method, click.scheme, click.hostname, click.path, click.query)
    return click.at, click.link_number, *asked, click.referrer, click.user_agent, click.nonce


def _id(key: tuple[Any, ...], number: int) -> str:
    digest = blake2b(_pack(key[1:]), digest_size=6).hexdigest()
    return f"{round(key[0].timestamp() * 1000)}-{digest}{f'.{number}' if number > 1 else ''}"
