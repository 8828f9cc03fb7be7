"""Orders to a click store, as those see it who give them."""

from collections.abc import Iterator
from typing import Protocol, TypeVar

Part = TypeVar("Part")


class Orders(Protocol):
    """Who carries out orders to a store. Raises StatisticsUnavailable or StorageUnavailable when that is not possible now."""

    def stream(self, name: str, argument: object, part: type[Part], /) -> Iterator[Part]: ...
