"""What a process of the edge has done so far."""

from dataclasses import dataclass, field

from linnet.model.click import DropReason


@dataclass(slots=True)
class EdgeCounts:
    """What this process has done so far; metrics read it."""

    visits: dict[int, int] = field(default_factory=dict)
    dropped: dict[DropReason, int] = field(default_factory=dict)
    passwords: dict[str, int] = field(default_factory=dict)

    def count_password(self, outcome: str) -> None:
        """Count a password that a visitor sent."""
        self.passwords[outcome] = self.passwords.get(outcome, 0) + 1

    def drop(self, reason: DropReason, number: int = 1) -> None:
        """Count clicks that will not be stored."""
        self.dropped[reason] = self.dropped.get(reason, 0) + number
