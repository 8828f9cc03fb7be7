"""Links past their ends stop redirecting within seconds, also after a locked database, and come back with their clicks."""

import sqlite3
import time
from datetime import UTC, datetime, timedelta

from tests.support.server import Server


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_a_link_past_its_ttl_is_removed_and_comes_back_with_its_clicks(server: Server):
    link = server.create("short-lived", "https://example.com/x", ttl=in_seconds(2))
    statuses: list[int] = []
    while not statuses or statuses[-1] != 404:
        statuses.append(server.visit("/short-lived").status)
        assert len(statuses) < 150, "the redirect does not stop"
        time.sleep(0.1)
    clicks = len(statuses) - 1
    assert clicks >= 10
    assert server.api("GET", f"/links/{link['idString']}").status == 404
    listed = server.api("GET", f"/links/removed/{server.domain_id}").json["links"]
    assert [each["removalReason"] for each in listed if each["idString"] == link["idString"]] == ["ttl"]
    noted = server.api("GET", "/audit?limit=5").json["entries"]
    assert [(each["userId"], each["user"]) for each in noted if each["event"] == "links.purged"] == [(0, None)]
    restored = server.api("POST", f"/links/restore/{link['idString']}")
    assert (restored.status, "ttl" in restored.json) == (200, False)
    assert server.visit("/short-lived").location == "https://example.com/x"
    server.wait(lambda: server.link_clicks(link["idString"]) == clicks + 1, "the clicks from before and the new one")


def test_expired_links_of_a_domain_that_purges_them_are_removed(server: Server):
    server.create("over", "https://example.com/over", expiresAt=in_seconds(-60))
    assert server.visit("/over").status == 410
    settings = f"/domains/settings/{server.domain_id}"
    assert server.api("POST", settings, {"purgeExpiredLinks": True}).status == 200
    server.wait(lambda: server.visit("/over").status == 404, "the link to be removed", seconds=15)
    assert server.api("POST", settings, {"purgeExpiredLinks": False}).status == 200


def test_a_locked_database_is_waited_out(server: Server):
    server.create("patient", ttl=in_seconds(1))
    clicks_worker = server.pid("clicks")
    lock = sqlite3.connect(server.directory / "linnet.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    time.sleep(9)
    assert server.visit("/patient").status == 302
    lock.execute("ROLLBACK")
    lock.close()
    server.wait(lambda: server.visit("/patient").status == 404, "the link to be removed", seconds=15)
    assert server.pid("clicks") == clicks_worker
