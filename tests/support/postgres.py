"""A PostgreSQL server of the tests' own: on a Unix socket in a temporary directory, gone with the session."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_TUNING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
}


class PostgresServer:
    """A running server. ``stop`` and ``start`` let a test see how the loss of it is borne."""

    def __init__(self, programs: Path, directory: Path, account: str | None) -> None:
        self._programs = programs
        self._directory = directory
        self._account = account
        self._names = itertools.count(1)
        self._run(
            "initdb",
            "--pgdata",
            str(directory / "data"),
            "--username=linnet",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )
        settings = "".join(f"{name} = {value}\n" for name, value in _TUNING.items())
        with (directory / "data" / "postgresql.conf").open("a") as file:
            file.write(f"{settings}listen_addresses = ''\nunix_socket_directories = '{directory}'\n")
        self.start()

    def start(self) -> None:
        self._control("start", "--log", str(self._directory / "log"))

    def stop(self) -> None:
        self._control("stop", "--mode=fast")

    def new_database(self, template: str, *, name: str = "") -> str:
        """The name of a new database, a copy of ``template``."""
        name = name or f"test_{next(self._names)}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY".encode())
        return name

    def drop(self, name: str) -> None:
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://linnet@/{name}?host={self._directory}"

    def _dsn(self, name: str) -> str:
        return f"host={self._directory} user=linnet dbname={name}"

    def _control(self, action: str, *options: str) -> None:
        self._run("pg_ctl", action, "--wait", "--pgdata", str(self._directory / "data"), *options)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        # The server outlives pg_ctl and must not hold its pipes: output goes to a file.
        with (self._directory / "output").open("wb") as output:
            result = subprocess.run(
                command,
                user=self._account,
                cwd=self._directory,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if result.returncode:
            raise RuntimeError(f"{program} failed: {(self._directory / 'output').read_text(errors='replace')}")


def programs() -> Path | None:
    """Where PostgreSQL's server programs are, or None: the newest of Debian's versions, else those on the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def running_server(where: Path) -> Iterator[PostgresServer]:
    """A server with the programs at ``where``; the super-user, whom PostgreSQL refuses, hands it to an unprivileged account."""
    # Not pytest's tmp_path: a socket's path may have no more than 107 bytes, and the other account must be able to get there.
    directory = Path(tempfile.mkdtemp(prefix="linnet-pg-"))
    try:
        account = _unprivileged() if os.geteuid() == 0 else None
        if account is not None:
            shutil.chown(directory, account)
        server = PostgresServer(where, directory, account)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _unprivileged() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
