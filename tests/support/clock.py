"""A clock that stands still until a test sets it."""


class Clock:
    """``now`` in seconds."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now
