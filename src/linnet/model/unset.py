"""The mark of a field that a patch does not mention, which is not the same as a field that it clears."""

from enum import Enum
from typing import Final, TypeVar

T = TypeVar("T")


class Unset(Enum):
    """The type of ``UNSET``; an enum, so that type checkers narrow it by identity."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset.UNSET


def given(value: T | Unset, otherwise: T) -> T:
    """``value`` where it was sent, ``otherwise`` where it was not."""
    return otherwise if isinstance(value, Unset) else value
