"""A server whose domain has more clicks than a process would want to hold at once."""

import http.client
from collections.abc import Iterator

import pytest

from tests.support.many_clicks import add_clicks
from tests.support.server import Server

CLICKS = 200_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One web worker, so that its memory and its bounds are those of all. (As ``running_server``, but filled first.)"""
    made = Server(tmp_path_factory.mktemp("raw") / "linnet", workers=1, settings={"LINNET_EXPORTS_AT_ONCE": "2"})
    try:
        made.start()
        made.stop()
        add_clicks(made.directory, made.domain_id, CLICKS)
        made.run("stats", "rebuild")
        made.start()
        yield made
    finally:
        made.stop()


class Download:
    """A file as it comes."""

    def __init__(self, server: Server, query: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        headers = {"Host": f"localhost:{server.port}", "Authorization": server.secret_key}
        self._connection.request("GET", f"/statistics/domain/{server.domain_id}/clicks?{query}", headers=headers)
        self.response = self._connection.getresponse()

    def close(self) -> None:
        self.response.close()
        self._connection.close()


def resident_mb(server: Server, name: str) -> float:
    """The memory of one of the server's processes."""
    pid = server.pid(name)
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024
