"""How much of what was written to a connection its client has not taken yet."""

import array
import asyncio
import contextlib
import fcntl
import termios


def unsent_bytes(transport: asyncio.Transport) -> int:
    """What waits in this process and in the system's own queue; 0 when nothing waits here.

    The system's queue counts, because it is that which moves first: it may hold megabytes for a client that reads slowly.
    """
    waiting = transport.get_write_buffer_size()
    if waiting == 0:
        return 0
    queued = array.array("i", [0])
    connection = transport.get_extra_info("socket")
    # Not every system tells; then what waits here must do.
    with contextlib.suppress(OSError):
        fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, queued)
    return waiting + queued[0]
