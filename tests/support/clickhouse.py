"""A ClickHouse of the tests' own: its engine in a process that can be killed and started again on the same files."""

import importlib.util
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.needs import leave_out

_FACADE = Path(__file__).with_name("clickhouse_facade.py")
_START_SECONDS = 60
_names = itertools.count(1)


class ClickhouseServer:
    """A running server. ``kill``, ``stop`` and ``start`` let a test see how the loss of it is borne; the port stays."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # The engine reads a config.xml of its working directory: it gets one where there is none.
        self._work = directory / "work"
        self._work.mkdir(parents=True)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start on the files that there are, at the port of before; returns when questions are answered."""
        assert self._process is None
        told = self._directory / "port"
        told.unlink(missing_ok=True)
        command = [sys.executable, str(_FACADE), "--path", str(self._directory / "files"), "--told", str(told)]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port)], cwd=self._work, stdin=subprocess.PIPE, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_SECONDS
        while not told.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"ClickHouse did not start: {(self._directory / 'log').read_text(errors='replace')[-2000:]}")
            time.sleep(0.01)
        self.port = int(told.read_text())

    @property
    def running(self) -> bool:
        """Whether it was started and not ended since."""
        return self._process is not None

    def kill(self) -> None:
        """End it at once, wherever it is (SIGKILL)."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._end(signal.SIGTERM)

    def new_database(self) -> str:
        """The name of a database that nobody used yet; it is not made."""
        return f"test_{os.getpid()}_{next(_names)}"

    def url(self, database: str) -> str:
        """What LINNET_CLICKHOUSE_URL would be for a database."""
        return f"http://linnet:secret@127.0.0.1:{self.port}/{database}"

    def client(self, database: str = "default") -> Any:
        """A client of clickhouse-connect; the caller closes it."""
        import clickhouse_connect

        return clickhouse_connect.get_client(host="127.0.0.1", port=self.port, database=database, autogenerate_session_id=False)

    def rows(self, query: str, database: str = "default") -> list[tuple[Any, ...]]:
        """What a query answers."""
        client = self.client(database)
        try:
            return list(client.query(query).result_rows)
        finally:
            client.close()

    def _end(self, number: int) -> None:
        assert self._process is not None
        process, self._process = self._process, None
        process.send_signal(number)
        process.wait()
        assert process.stdin is not None
        process.stdin.close()


@contextmanager
def running_clickhouse(directory: Path) -> Iterator[ClickhouseServer]:
    """A server with its files in ``directory``; where there is no engine, tests are left out, but not in CI."""
    if importlib.util.find_spec("chdb") is None:
        leave_out("chdb is not installed: it has no wheel for this platform")
    server = ClickhouseServer(directory)
    try:
        yield server
    finally:
        server.stop()
