"""A way to a server on which answers get lost: what was sent arrives and is done, and the connection is gone."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PATIENCE_SECONDS = 60


class LossyWay:
    """Listens on ``port`` and passes everything on to a server, but for answers of which ``loses`` says that they get lost."""

    def __init__(self, target: tuple[str, int], loses: Callable[[], bool]) -> None:
        self.lost = 0
        self._target = target
        self._loses = loses
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target, _PATIENCE_SECONDS)
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
                threading.Thread(target=self._pass_back, args=(server, client), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := client.recv(1 << 16):
                server.sendall(content)
            server.shutdown(socket.SHUT_WR)

    def _pass_back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := server.recv(1 << 16):
                if self._loses():
                    self.lost += 1
                    break
                client.sendall(content)
        # Closing alone would not end the other thread's waiting, nor tell anybody.
        for each in (client, server):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def lossy_way(target: tuple[str, int], loses: Callable[[], bool]) -> Iterator[LossyWay]:
    """A way that is there until the block ends."""
    way = LossyWay(target, loses)
    try:
        yield way
    finally:
        way.close()
