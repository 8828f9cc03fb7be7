"""Before the work: who sends a key, and whether that key may call once more."""

import math
from collections.abc import Callable, MutableMapping
from typing import Any, Final

from linnet.api.limits import Allowance, Limiter, RateLimits
from linnet.api.operations import Limit, Operation
from linnet.model.access import Actor
from linnet.model.errors import NotAuthenticated, TooManyRequests
from linnet.visitor.address import subscriber_of

# Where a request's allowance lies in the state of its scope, for the headers of its response.
ALLOWANCE: Final = "allowance"
_MAX_PROVED: Final = 4096
State = MutableMapping[str, Any]


class Throttle:
    """Holds ``limits`` with what ``keys`` and ``addresses`` count."""

    def __init__(self, limits: RateLimits, *, keys: Limiter, addresses: Limiter) -> None:
        self._limits = limits
        self._keys = keys
        self._addresses = addresses
        self._proved: set[int] = set()

    def actor_of(
        self, raw_key: str, recognise: Callable[[str], Actor], *, operation: Operation | None, address: str, state: State
    ) -> Actor:
        """Who ``raw_key`` stands for, by ``recognise``; ``state`` is told how the limit of ``operation`` stands.

        Raises TooManyRequests for a key that called too often, and for an address that sent too many wrong keys. Keys that
        worked here lately are not held up by others that guess from the same address.
        """
        mark = hash(raw_key)
        proved = mark in self._proved
        failures = self._limits.of_failures
        if failures is not None and not proved:
            self._refuse_guesser(failures, address, state)
        try:
            actor = recognise(raw_key)
        except NotAuthenticated:
            self._proved.discard(mark)
            if failures is not None:
                self._addresses.take(failures, subscriber_of(address))
            raise
        if not proved:
            if len(self._proved) >= _MAX_PROVED:
                self._proved.clear()
            self._proved.add(mark)
        # A handler may ask twice who calls; it is one call all the same.
        if ALLOWANCE not in state:
            self._count(actor, operation, state)
        return actor

    def _refuse_guesser(self, limit: Limit, address: str, state: State) -> None:
        allowance = self._addresses.look(limit, subscriber_of(address))
        if not allowance.admitted:
            state[ALLOWANCE] = allowance
            wait = _seconds_to_wait(allowance)
            raise TooManyRequests(
                f"Too many wrong keys came from this address; please wait {_seconds(wait)}.", retry_after_seconds=wait
            )

    def _count(self, actor: Actor, operation: Operation | None, state: State) -> None:
        limit = self._limits.of(operation)
        if limit is None:
            return
        allowance = state[ALLOWANCE] = self._keys.take(limit, f"key {actor.key_id}")
        if not allowance.admitted:
            wait = _seconds_to_wait(allowance)
            raise TooManyRequests(
                f"This key may make {_times(limit)} of this kind; please wait {_seconds(wait)}.", retry_after_seconds=wait
            )


def limit_headers(allowance: Allowance) -> list[tuple[bytes, bytes]]:
    """What the official client reads of a limit (contract a.4)."""
    return [
        (b"x-ratelimit-limit", b"%d" % allowance.limit),
        (b"x-ratelimit-remaining", b"%d" % allowance.remaining),
        (b"x-ratelimit-reset", b"%d" % math.ceil(allowance.resets_at)),
    ]


def _seconds_to_wait(allowance: Allowance) -> int:
    return max(1, math.ceil(allowance.seconds_left))


def _times(limit: Limit) -> str:
    return f"{limit.amount} {'call' if limit.amount == 1 else 'calls'} in {_seconds(limit.seconds)}"


def _seconds(number: int) -> str:
    return "1 second" if number == 1 else f"{number} seconds"
