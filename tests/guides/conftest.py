"""One server for all guides, and for each program a domain that nobody else touches."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guides.reader import Reader
from tests.support.server import Server, running_server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that believes the forwarding headers of this machine, so that visitors can come from anywhere."""
    settings = {"LINNET_TRUSTED_PROXIES": "127.0.0.0/8"}
    with running_server(tmp_path_factory.mktemp("guides") / "linnet", settings=settings) as running:
        yield running


@pytest.fixture
def reader(server: Server, tmp_path: Path) -> Reader:
    """Somebody with a domain of his own, on which there is no link yet."""
    made = server.api("POST", "/domains", {"hostname": f"guide-{next(_numbers)}.localhost"})
    assert made.status == 200, made
    return Reader(server, made.json["hostname"], made.json["id"], tmp_path)
