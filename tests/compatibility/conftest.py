"""One server for all of it, and the official client with a secret and with a public key."""

from collections.abc import Iterator

import pytest

from tests.support.official import OfficialClient
from tests.support.server import Server, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with one domain, which answers for hosts that clients have written into them, and without rate limits."""
    with running_server(
        tmp_path_factory.mktemp("compatibility") / "linnet", settings={"LINNET_API_HOSTS": "api.short.io,api.short.cm"}
    ) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[OfficialClient]:
    """The client as its owner's programs use it."""
    opened = OfficialClient(server.base_url, server.secret_key)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def browser(server: Server) -> Iterator[OfficialClient]:
    """The client with a public key."""
    opened = OfficialClient(server.base_url, server.public_key)
    yield opened
    opened.close()
