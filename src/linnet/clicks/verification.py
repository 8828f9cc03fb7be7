"""Whether the store says what its raw clicks say: one UTC day after the other is compared, and mended, whichever engine it is.

Raw clicks are the truth. A day is compared in one state of the store, so that clicks which come meanwhile make no difference,
and mended in one transaction; both can be ended after any day, and begun again.
"""

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final, Protocol

import msgspec

# How many differences are told at once; any number is told after one another.
_AT_ONCE: Final = 500
Value = str | int | float


class Verification(msgspec.Struct, frozen=True):
    """An order to compare; ``domain_id`` None means all domains."""

    domain_id: int | None = None


class Rebuilding(msgspec.Struct, frozen=True):
    """An order to mend the days from ``since`` on (None: all); with ``reclassify`` clicks are first judged by today's rules."""

    domain_id: int | None = None
    since: date | None = None
    reclassify: bool = False


class Difference(msgspec.Struct, frozen=True):
    """What is stored under a key, and what would be right."""

    table: str
    key: dict[str, Value]
    stored: dict[str, Value]
    right: dict[str, Value]


class JudgedDays(msgspec.Struct, frozen=True):
    """Days of which clicks were judged with the same older rules ("" is older than anybody noted)."""

    rules: str
    days: int
    first: date
    last: date


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far the work is: ``done`` steps ``of`` so many, and what came of the last one.

    ``mended`` and ``reclassified`` are as in ``Mended``. The last
    step of a verification tells the rules of today, and the days that were judged with others.
    """

    done: int
    of: int
    day: date | None = None
    differences: tuple[Difference, ...] = ()
    mended: int = 0
    reclassified: int = 0
    rules: str = ""
    older: tuple[JudgedDays, ...] = ()


@dataclass(frozen=True, slots=True)
class Mended:
    """How many keys of roll-ups were wrong, and how many clicks are told otherwise than before."""

    keys: int
    clicks: int


class Truth(Protocol):
    """A store as it is compared and mended. Days and domains whose raw clicks are gone on purpose are left out everywhere."""

    @property
    def rules(self) -> str:
        """The version of the rules by which clicks are judged now."""

    def days(self, domain_id: int | None, /) -> Sequence[date]:
        """The UTC days of which there are clicks or roll-ups, the oldest first."""

    def differences(self, day: date, domain_id: int | None, /) -> Iterator[Difference]:
        """What is wrong in a day, in one state of the store: roll-ups, and clicks that are not what a click can be."""

    def other_differences(self, domain_id: int | None, /) -> Iterator[Difference]:
        """What is wrong in what belongs to no day."""

    def judged(self) -> Mapping[date, set[str]]:
        """With which rules the clicks of each day were judged: none where nobody noted it. Days without clicks, of which only
        sums are kept, are missing."""

    def mend(self, day: date, domain_id: int | None, /, *, reclassify: bool) -> Mended:
        """Make the roll-ups of a day right, in one transaction; with ``reclassify`` those of clicks as they are judged now."""


def verify(truth: Truth, order: Verification) -> Generator[Step]:
    """Compare all days, oldest first, and then what belongs to none."""
    days = truth.days(order.domain_id)
    of = len(days) + 1
    for done, day in enumerate(days, 1):
        yield from _told(truth.differences(day, order.domain_id), Step(done=done, of=of, day=day))
    yield from _told(truth.other_differences(order.domain_id), Step(done=of, of=of))
    yield Step(done=of, of=of, rules=truth.rules, older=_older(truth, days))


def rebuild(truth: Truth, order: Rebuilding) -> Generator[Step]:
    """Mend all days, oldest first. Days that were judged by today's rules already are not judged again, so that a rebuilding
    which was ended goes on where it was; of one domain alone that is not known."""
    days = [day for day in truth.days(order.domain_id) if order.since is None or day >= order.since]
    judged = truth.judged() if order.reclassify else {}
    for done, day in enumerate(days, 1):
        again = day in judged and (order.domain_id is not None or judged[day] != {truth.rules})
        mended = truth.mend(day, order.domain_id, reclassify=again)
        yield Step(done=done, of=len(days), day=day, mended=mended.keys, reclassified=mended.clicks)


def _told(differences: Iterator[Difference], step: Step) -> Iterator[Step]:
    while True:
        some = tuple(islice(differences, _AT_ONCE))
        if len(some) < _AT_ONCE:
            yield msgspec.structs.replace(step, differences=some)
            return
        yield msgspec.structs.replace(step, done=step.done - 1, differences=some)


def _older(truth: Truth, days: Sequence[date]) -> tuple[JudgedDays, ...]:
    judged, by_rules = truth.judged(), defaultdict[str, list[date]](list)
    for day in days:
        for rules in (judged.get(day, {truth.rules}) or {""}) - {truth.rules}:
            by_rules[rules].append(day)
    return tuple(JudgedDays(rules, len(those), those[0], those[-1]) for rules, those in sorted(by_rules.items()))
