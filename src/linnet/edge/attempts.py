"""How many passwords may be tried: at one link by one visitor, at one link by all, and at all links of a node."""

import math
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from linnet.edge.rates import RateTable
from linnet.visitor.address import subscriber_of


class Bound(NamedTuple):
    """So many attempts in so many seconds, from the first one on."""

    amount: int
    seconds: int


# Wrong passwords.
OF_VISITOR: Final = Bound(10, 300)
OF_LINK: Final = Bound(200, 300)
# All passwords: each takes a core for some 30 ms.
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
        for name, bound in _bounds(link_number, address):
            used = self._table.count(name, bound.seconds, now=now)
            counted.append(name)
            if used > bound.amount:
                for each in counted:
                    self._table.give_back(each, now=now)
                return max(1, math.ceil(self._table.window(name, now=now)[1] - now))
        return 0

    def was_right(self, link_number: int, address: str) -> None:
        """Give back an attempt with the right password; it counts only for the node, which had to look at it."""
        self._give_back(link_number, address, 2)

    def was_not_made(self, link_number: int, address: str) -> None:
        """Give back an attempt whose password was not looked at."""
        self._give_back(link_number, address, 3)

    def _give_back(self, link_number: int, address: str, bounds: int) -> None:
        now = self._clock()
        for name, _ in _bounds(link_number, address)[:bounds]:
            self._table.give_back(name, now=now)


def _bounds(link_number: int, address: str) -> tuple[tuple[str, Bound], ...]:
    """The windows of an attempt, the smallest first: who has used up one's own takes nothing from the others'."""
    return (
        (f"link {link_number} by {subscriber_of(address)}", OF_VISITOR),
        (f"link {link_number}", OF_LINK),
        ("all links", OF_NODE),
    )
