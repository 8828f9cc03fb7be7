"""One running installation on this node: the lock on its data directory, its sockets, and its supervisor."""

import fcntl
import os
import shutil
import socket
from types import TracebackType

from linnet.compose.descriptors import raise_limit
from linnet.compose.listening import listen
from linnet.compose.metrics import clear_metrics_directory
from linnet.compose.places import Places
from linnet.compose.supervisor import Supervisor
from linnet.compose.trust import discard_if_torn, mark_closed, mark_open
from linnet.model.errors import Refusal
from linnet.network.harmful import HarmfulIndex
from linnet.settings import Settings
from linnet.visitor.bots import load_rules

_MAX_SOCKET_PATH = 107


class CannotServe(Refusal):
    """The server cannot start: the address or the data directory is in use."""

    code = "cannot_serve"


class Serving:
    """Holds the lock and the sockets between ``with`` and the end of ``run``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._places = Places(settings.data_dir)
        self._listeners: list[socket.socket] = []

    def __enter__(self) -> "Serving":
        settings, places = self._settings, self._places
        if len(str(places.statistics_socket).encode()) > _MAX_SOCKET_PATH:
            raise CannotServe(f"The data directory's path is too long for a socket in it: {places.root}.")
        # The clicks worker reads them again; here is somebody who sees what is wrong with them.
        load_rules(settings.bot_rules)
        raise_limit()
        places.create()
        self._lock = os.open(places.run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotServe(f"Another server is running in {places.root}, or a command works on its clicks.") from None
        clear_metrics_directory(places.metrics)
        for windows in (places.rates, places.attempts):
            # In moments of a clock that begins anew with each boot.
            shutil.rmtree(windows, ignore_errors=True)
        if settings.block_list:
            # Made before anybody reads it.
            HarmfulIndex(places.harmful, writing=True).close()
        for index in (places.routes, places.counters):
            discard_if_torn(index)
            index.mkdir(exist_ok=True, mode=0o700)
            mark_open(index)
        try:
            self._listeners = listen(settings.host, settings.port, settings.workers)
        except OSError as error:
            raise CannotServe(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}.") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for listener in self._listeners:
            listener.close()
        os.close(self._lock)

    @property
    def port(self) -> int:
        """The port that is listened on, also when 0 was asked for."""
        port: int = self._listeners[0].getsockname()[1] if self._listeners else self._settings.port
        return port

    def run(self) -> None:
        """Supervise until told to stop."""
        environment = dict(os.environ)
        if self._settings.port == 0:
            environment["LINNET_PORT"] = str(self.port)
        Supervisor(self._settings, environment).run(self._listeners)
        mark_closed(self._places.routes)
        mark_closed(self._places.counters)
