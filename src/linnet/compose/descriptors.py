"""How many files and connections the server's processes may hold open."""

import contextlib
import resource

# For databases, the journal, the questions of the API's threads: a process without them could do nothing for its visitors.
_RESERVED = 256


def raise_limit() -> None:
    """Let this process, and those that it starts, open as many files as the system allows: a connection is one of them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some systems allow less than their hard limit says; then the limit stays as it was set.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def max_connections() -> int:
    """How many connections this process can hold and still open what it needs."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - _RESERVED, soft // 2)
