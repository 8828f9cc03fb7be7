"""A server as its owner would run it, and the official client."""

from collections.abc import Iterator

import pytest

from tests.support.official import OfficialClient
from tests.support.server import Server, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that believes the forwarding headers of this machine, so that visitors can come from anywhere. Tests that share
    it make links of their own."""
    settings = {"LINNET_TRUSTED_PROXIES": "127.0.0.0/8"}
    with running_server(tmp_path_factory.mktemp("journey") / "linnet", settings=settings) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[OfficialClient]:
    opened = OfficialClient(server.base_url, server.secret_key)
    yield opened
    opened.close()
