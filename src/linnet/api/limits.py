"""How often a key may call: the limits by bucket, how they are set, and what an installation counts them with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from linnet.api.operations import OPERATIONS, Limit, Operation

GENERAL: Final = Limit(100, 1, "general")
# Wrong keys from one address. Generous, because an office may share one, and because keys cannot be guessed anyway.
UNAUTHORIZED: Final = Limit(120, 60, "unauthorized")
BUCKETS: Final[Mapping[str, Limit]] = {
    limit.bucket: limit for limit in [*(each.limit for each in OPERATIONS if each.limit), GENERAL, UNAUTHORIZED]
}
_MAX_AMOUNT: Final = 1_000_000
_MAX_SECONDS: Final = 86_400
_MAX_FACTOR: Final = 1000
_FACTOR: Final = re.compile(r"x([0-9]{1,4})")
_OVERRIDE: Final = re.compile(r"([a-z_]+)=(?:([0-9]{1,7})/([0-9]{1,5})|(off))")


@dataclass(frozen=True, slots=True)
class Allowance:
    """Where a window stands: ``limit`` calls in it, ``remaining`` of them left, ended at ``resets_at`` (unix seconds), which is
    ``seconds_left`` from now. ``admitted`` tells whether the call that was counted last is within the limit."""

    admitted: bool
    limit: int
    remaining: int
    resets_at: float
    seconds_left: float


class Limiter(Protocol):
    """What counts for all processes of a node."""

    def take(self, limit: Limit, name: str) -> Allowance:
        """Count one more under ``name``. Never raises."""

    def look(self, limit: Limit, name: str) -> Allowance:
        """Where the window stands, without counting; not ``admitted`` when nothing is left. Never raises."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits that hold in an installation, by bucket; a bucket that is not there is not limited."""

    buckets: Mapping[str, Limit]

    def of(self, operation: Operation | None) -> Limit | None:
        """The limit of an operation: its bucket's, or the general one."""
        limit = operation.limit if operation is not None else None
        return self.buckets.get(limit.bucket if limit is not None else GENERAL.bucket)

    @property
    def of_failures(self) -> Limit | None:
        """How many wrong keys one address may send."""
        return self.buckets.get(UNAUTHORIZED.bucket)


def read_rate_limits(text: str) -> RateLimits:
    """The limits that a setting asks for: words separated by commas, each ``default``, ``off``, a factor as ``x10``, or a
    bucket's own limit as ``create=500/1`` (calls / seconds) or ``create=off``. A bucket's own limit is not multiplied.

    Raises ValueError saying what is wrong and what would be right.
    """
    factor, own = 1, dict[str, Limit | None]()
    words = [word for word in (each.strip() for each in text.split(",")) if word]
    if "off" in words:
        if words != ["off"]:
            raise ValueError("off stands alone; to lift the limit of one bucket, write it as create=off")
        return RateLimits({})
    for word in words:
        if word == "default":
            continue
        if multiplied := _FACTOR.fullmatch(word):
            factor = _bounded(int(multiplied[1]), _MAX_FACTOR, f"the factor in {word!r}")
        elif override := _OVERRIDE.fullmatch(word):
            own[override[1]] = _own_limit(override, word)
        else:
            raise ValueError(f"{word!r} is none of default, off, a factor such as x10, and a limit such as create=500/1")
    standard = {
        name: Limit(min(limit.amount * factor, _MAX_AMOUNT), limit.seconds, limit.bucket) for name, limit in BUCKETS.items()
    }
    return RateLimits({name: limit for name, limit in (standard | own).items() if limit is not None})


def _own_limit(override: re.Match[str], word: str) -> Limit | None:
    bucket, amount, seconds, off = override.groups()
    if bucket not in BUCKETS:
        raise ValueError(f"there is no bucket {bucket!r}, only {', '.join(BUCKETS)}")
    if off:
        return None
    return Limit(
        _bounded(int(amount), _MAX_AMOUNT, f"the number of calls in {word!r}"),
        _bounded(int(seconds), _MAX_SECONDS, f"the number of seconds in {word!r}"),
        bucket,
    )


def _bounded(number: int, most: int, what: str) -> int:
    if not 1 <= number <= most:
        raise ValueError(f"{what} must be between 1 and {most}")
    return number
