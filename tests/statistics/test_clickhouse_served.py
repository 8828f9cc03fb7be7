"""A server whose clicks are in ClickHouse: what its visitors do is in every answer, and its web workers ask by themselves."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.clickhouse import ClickhouseServer
from tests.support.server import Server, running_server

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(scope="module")
def server(clickhouse_server: ClickhouseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"LINNET_CLICKHOUSE_URL": clickhouse_server.url(clickhouse_server.new_database())}
    with running_server(tmp_path_factory.mktemp("served"), workers=1, settings=settings) as running:
        yield running


def test_visits_are_in_the_answers_to_all_questions(server: Server):
    link = server.create("asked")
    for path in ("/asked", "/asked", "/asked?utm_source=%27%3B+DROP+TABLE+clicks", "/nowhere"):
        server.visit(path, **{"User-Agent": FIREFOX})
    server.visit("/asked", **{"User-Agent": "curl/8"})
    of_domain, of_link = f"/statistics/domain/{server.domain_id}", f"/statistics/link/{link['idString']}"

    def ask(target: str, value: Any = None) -> Any:
        answer = server.api("POST" if value is not None else "GET", target, value)
        assert answer.status in (200, 201), (target, answer)
        return answer.json

    server.wait(lambda: ask(f"{of_domain}?period=total")["clicks"] == 5, "five clicks", seconds=15)
    domain, one = ask(f"{of_domain}?period=total"), ask(f"{of_link}?period=last30")
    assert (domain["humanClicks"], one["totalClicks"], one["humanClicks"]) == (4, 4, 3)
    assert [(each["browser"], each["score"]) for each in one["browser"]] == [("Firefox", 3)]
    chosen = {"include": {"utmSources": ["'; DROP TABLE clicks"]}, "period": "last7"}
    assert ask(of_domain, chosen)["clicks"] == 1
    last = ask(f"{of_domain}/last_clicks", {"limit": 2})
    assert len(last) == 2
    tops = ask(f"{of_domain}/top", {"column": "path"})
    assert [(each["column"], int(each["score"])) for each in tops] == [("/asked", 3), ("/nowhere", 1)]
    counted = ask(f"{of_domain}/link_clicks?ids={link['idString']}")
    assert {name: int(clicks) for name, clicks in counted.items()} == {link["idString"]: 3}
    exported = server.api("GET", f"{of_domain}/clicks?format=ndjson&period=total")
    assert (exported.status, len(exported.body.splitlines())) == (200, 5)


def test_web_workers_ask_while_the_clicks_worker_stands_still(server: Server):
    link = server.create("direct")
    server.visit("/direct", **{"User-Agent": FIREFOX})
    server.wait(lambda: server.link_clicks(link["idString"]) == 1, "the click", seconds=15)
    worker = server.pid("clicks")
    assert worker is not None
    os.kill(worker, signal.SIGSTOP)
    try:
        assert server.link_clicks(link["idString"]) == 1
    finally:
        os.kill(worker, signal.SIGCONT)
