"""Every statistics operation, asked of a real server about real visits."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server, running_server

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with no clicks but those of the test, because all are counted."""
    with running_server(tmp_path / "linnet", settings={"LINNET_TRUSTED_PROXIES": "127.0.0.0/8"}) as running:
        yield running


def asked(server: Server, method: str, path: str, body: Any = None) -> Any:
    answer = server.api(method, f"/statistics/{path}", body)
    assert answer.status == 200, answer
    return answer.json


def test_visits_are_in_every_answer_until_they_are_cleared(server: Server):
    one, two = server.create("one"), server.create("two")
    for path, agent, times in (("/one", CHROME, 3), ("/one", GOOGLEBOT, 2), ("/two", CHROME, 1), ("/lost", CHROME, 1)):
        for _ in range(times):
            server.visit(path, User_Agent=agent, X_Forwarded_For="8.8.8.8")
    server.wait(lambda: server.domain_clicks() == 7, "seven clicks", seconds=5)
    domain, link = f"domain/{server.domain_id}", f"link/{one['idString']}"
    today = {"period": "today"}

    assert sum(int(point["y"]) for point in asked(server, "POST", f"{domain}/by_interval", today)["clicksStatistics"]) == 5
    assert sum(int(point["y"]) for point in asked(server, "POST", f"{link}/by_interval", today)["clickStatistics"]) == 3
    paths = [
        {"column": path, "displayName": path, "score": score} for path, score in (("/one", "3"), ("/lost", "1"), ("/two", "1"))
    ]
    assert asked(server, "POST", f"{domain}/top", today | {"column": "path"}) == paths
    assert asked(server, "GET", f"{domain}/paths?period=today") == paths
    assert asked(server, "POST", f"{domain}/top", {"column": "path_404"}) == paths[1:2]
    assert asked(server, "POST", f"{domain}/top", {"column": "country", "limit": 1}) == [
        {"column": "US", "displayName": "United States", "score": "5"}
    ]
    humans = {row["column"]: row["score"] for row in asked(server, "POST", f"{link}/top", {"column": "human"})}
    assert humans == {"true": "3", "false": "2"}
    (bucket,) = asked(
        server, "POST", f"{domain}/top_by_interval", {"column": "browser", "interval": "month", "period": "total"}
    )
    assert bucket["statistics"] == [{"column": "Chrome", "score": "5"}]
    ids = f"{one['idString']},{two['idString']},lnk_1_unknown"
    counts = {one["idString"]: 3, two["idString"]: 1}
    assert asked(server, "GET", f"{domain}/link_clicks?ids={ids}") == counts
    since = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    dated = [{"path": path, "createdAt": since} for path in ("one", "two", "lost", "never")]
    assert asked(server, "POST", f"{domain}/link_clicks", {"pathsDates": dated}) == {"one": 3, "two": 1, "lost": 1}

    # What is asked to be cleared right after a visit is in the journal still.
    for number in range(20):
        server.visit(f"/one?{number}", User_Agent=CHROME)
    assert asked(server, "DELETE", f"{domain}/statistics") == {"success": True}
    assert server.domain_clicks() == 0
    time.sleep(0.01)
    server.visit("/two", User_Agent=CHROME)
    server.wait(lambda: server.domain_clicks() == 1, "the click after the clearing", seconds=5)
    assert asked(server, "POST", f"{domain}/top", {"column": "path"}) == [
        {"column": "/two", "displayName": "/two", "score": "1"}
    ]
    server.stop()
    server.start()
    assert server.domain_clicks() == 1
