"""The whole server on PostgreSQL, and without it: the same product on the shared database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.load import Load
from tests.support.postgres import PostgresServer
from tests.support.server import Server, running_server


@pytest.fixture
def server(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Server]:
    name = postgres_server.new_database("template1")
    with running_server(tmp_path / "linnet", settings={"LINNET_DATABASE_URL": postgres_server.url(name)}) as running:
        yield running
    postgres_server.drop(name)


def test_links_redirect_and_count_and_outlive_the_database(server: Server, postgres_server: PostgresServer):
    assert not (server.directory / "linnet.db").exists()
    link = server.create("before")
    rows = [{"originalURL": f"https://example.com/{number}", "path": f"bulk-{number}"} for number in range(200)]
    assert len(server.api("POST", "/links/bulk", {"domain": server.domain, "links": rows}).json) == 200
    assert server.visit("/bulk-199").location == "https://example.com/199"

    draft = {"domain": server.domain, "originalURL": "https://example.com/", "path": "again"}
    with Load(server, ["/before"]).running() as outcomes:
        postgres_server.stop()
        try:
            refused = server.api("POST", "/links", draft)
            assert refused.status == 503
            assert {"success": False, "statusCode": 503}.items() <= refused.json.items()
            for name in ("web-0", "web-1"):
                former = server.pid(name)
                assert server.kill(name)
                server.wait_until_replaced(name, former)
            server.wait(lambda: server.visit("/before").status == 302, "redirects by the new workers")
        finally:
            postgres_server.start()
        server.wait(lambda: server.api("POST", "/links", draft).status == 200, "writes to work again")
    assert outcomes.wrong == {}, str(outcomes)
    assert outcomes.refused == 0, str(outcomes)
    assert server.visit("/again").status == 302
    least, most = len(outcomes.answered) + 1, len(outcomes.answered) + len(outcomes.cut) + 1
    server.wait(server.answers_questions, "an answer about statistics")
    server.wait(lambda: least <= server.link_clicks(link["idString"]) <= most, f"{least} to {most} clicks", seconds=10)
