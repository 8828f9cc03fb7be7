"""One server for all tests of this directory; they ask it as strangers would, over sockets."""

from collections.abc import Iterator

import pytest

from tests.support.server import Server, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two web workers. Tests that share it make links of their own, with paths that no other test uses."""
    with running_server(tmp_path_factory.mktemp("edge") / "linnet", workers=2) as running:
        yield running
