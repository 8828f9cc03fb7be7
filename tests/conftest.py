"""Fixtures that many tests share: a fresh database, on each of the engines."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from linnet.storage import migrations
from linnet.storage.database import Database
from tests.support import clickhouse, postgres
from tests.support.installed import migrated
from tests.support.needs import leave_out
from tests.support.scheduling import BySharedServer
from tests.support.scratch import use_memory

use_memory()

# How long an example takes is for benchmarks to say: tests run beside other work.
hypothesis.settings.register_profile("linnet", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("linnet")


def pytest_collection_finish() -> None:
    """Leave alone what stays, and look for garbage less often: each application of a test has tens of thousands of objects, and
    going through all there are after every few of them would be a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BySharedServer:
    """With several processes: each shared server in one of them."""
    return BySharedServer(config, log)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """A PostgreSQL server with the database ``linnet_template``, which has the tables."""
    programs = postgres.programs()
    if programs is None:
        leave_out("PostgreSQL is not installed (no initdb in /usr/lib/postgresql/*/bin or on the PATH)")
    with postgres.running_server(programs) as server:
        server.new_database("template1", name="linnet_template")
        template = Database(server.url("linnet_template"))
        migrations.upgrade(template)
        template.close()
        yield server


@pytest.fixture(scope="session")
def clickhouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clickhouse.ClickhouseServer]:
    """ClickHouse's engine behind its HTTP interface, for tests that do not kill it; each takes a ``new_database``."""
    with clickhouse.running_clickhouse(tmp_path_factory.mktemp("clickhouse")) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, on each engine in turn (SQLite: not even the file is there)."""
    yield from _new_url(request, tmp_path, template="template1")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database without rows, on each engine in turn."""
    for url in _new_url(request, tmp_path, template="linnet_template"):
        opened = migrated(tmp_path / "linnet.db") if request.param == "sqlite" else Database(url)
        yield opened
        opened.close()


def _new_url(request: pytest.FixtureRequest, tmp_path: Path, *, template: str) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'linnet.db'}"
        return
    server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
    name = server.new_database(template)
    yield server.url(name)
    server.drop(name)
