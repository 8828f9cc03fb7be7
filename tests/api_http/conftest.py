"""Servers as their owners would run them, asked over sockets as API clients and browsers do."""

from collections.abc import Iterator

import pytest

from tests.support.server import Server, running_server

SETTINGS = {
    "LINNET_API_HOSTS": "api.short.io, statistics.short.io, API.short.cm.",
    "LINNET_RATE_LIMITS": "bulk_create=40/60, create=50/60",
}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two web workers; two of the limits have windows that are long enough to fill them at leisure."""
    with running_server(tmp_path_factory.mktemp("api") / "linnet", workers=2, settings=SETTINGS) as running:
        yield running
