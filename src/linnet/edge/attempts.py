"""How many passwords may be tried: at one link or at all, by one visitor or by everybody."""

import math
import time
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from linnet.edge.rates import RateTable
from linnet.visitor.address import site_of, subscriber_of


class Bound(NamedTuple):
    """So many attempts in so many seconds, from the first one on."""

    amount: int
    seconds: int


# Wrong passwords: at one link by one visitor, at one link by one site (IPv6), at all links by one visitor, at one link by all.
OF_VISITOR: Final = Bound(10, 300)
OF_SITE: Final = Bound(40, 300)
OF_GUESSER: Final = Bound(100, 300)
OF_LINK: Final = Bound(200, 300)
# All passwords, by one visitor and by everybody: each takes a core for some 30 ms, and nobody may take all of that.
OF_SHARE: Final = Bound(50, 10)
OF_NODE: Final = Bound(100, 10)


class PasswordAttempts:
    """Counts attempts in ``table``, which all processes of the node share; ``clock`` is the table's.

    An attempt is counted before the password is looked at, so that attempts at the same time do not all get through. One
    that was right, or was not looked at after all, is given back.
    """

    def __init__(self, table: RateTable, clock: Callable[[], float] = time.monotonic) -> None:
        self._table = table
        self._clock = clock

    def admit(self, link_number: int, address: str) -> int:
        """Count an attempt. Returns 0, or how many seconds to wait where there were too many: then it was not counted."""
        now = self._clock()
        counted: list[str] = []
        for name, bound in (*_of_wrong(link_number, address), *_of_all(address)):
            used = self._table.count(name, bound.seconds, now=now)
            counted.append(name)
            if used > bound.amount:
                for each in counted:
                    self._table.give_back(each, now=now)
                return max(1, math.ceil(self._table.window(name, now=now)[1] - now))
        return 0

    def was_right(self, link_number: int, address: str) -> None:
        """Give back an attempt with the right password; it counts only where all do, because it had to be looked at."""
        self._give_back(_of_wrong(link_number, address))

    def was_not_made(self, link_number: int, address: str) -> None:
        """Give back an attempt whose password was not looked at."""
        self._give_back([*_of_wrong(link_number, address), *_of_all(address)])

    def _give_back(self, bounds: Iterable[tuple[str, Bound]]) -> None:
        now = self._clock()
        for name, _ in bounds:
            self._table.give_back(name, now=now)


def _of_wrong(link_number: int, address: str) -> list[tuple[str, Bound]]:
    """The windows of wrong passwords, the smallest first: who has used up one's own takes nothing from the others'."""
    subscriber, site = subscriber_of(address), site_of(address)
    return [
        (f"link {link_number} by {subscriber}", OF_VISITOR),
        *([(f"link {link_number} by {site}", OF_SITE)] if site != subscriber else []),
        (f"wrong by {subscriber}", OF_GUESSER),
        (f"link {link_number}", OF_LINK),
    ]


def _of_all(address: str) -> list[tuple[str, Bound]]:
    return [(f"all links by {subscriber_of(address)}", OF_SHARE), ("all links", OF_NODE)]
