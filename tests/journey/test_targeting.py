"""Visitors from anywhere, with any device, against the rules that the API stored; and the ways of a split in the statistics."""

from typing import Any

from tests.support.server import Server

GERMAN, CALIFORNIAN, JAPANESE, NOBODY = "85.214.132.117", "8.8.8.8", "133.11.0.1", "127.0.0.1"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile Safari/604.1"
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
VISITORS = 2_000


def rule(server: Server, link: dict[str, Any], kind: str, **fields: str) -> None:
    answer = server.api("POST", f"/link_{kind}/{link['idString']}", fields)
    assert answer.status in (200, 201), answer


def led(server: Server, path: str, address: str, agent: str = WINDOWS) -> str | None:
    return server.visit(path, X_Forwarded_For=address, User_Agent=agent).location


def test_region_country_and_device_go_before_the_default_from_the_moment_they_are_stored(server: Server):
    link = server.create(
        "ruled", "https://example.com/", iphoneURL="https://example.com/iphone", androidURL="https://example.com/android"
    )
    assert led(server, "/ruled", CALIFORNIAN) == "https://example.com/"
    assert led(server, "/ruled", CALIFORNIAN, IPHONE) == "https://example.com/iphone"
    assert led(server, "/ruled", CALIFORNIAN, ANDROID) == "https://example.com/android"
    rule(server, link, "country", country="US", originalURL="https://example.com/us")
    assert led(server, "/ruled", CALIFORNIAN, IPHONE) == "https://example.com/us"
    rule(server, link, "region", country="US", region="CA", originalURL="https://example.com/ca?x=1")
    assert led(server, "/ruled?a=b", CALIFORNIAN, IPHONE) == "https://example.com/ca?x=1&a=b"
    rule(server, link, "country", country="EU", originalURL="https://example.com/eu")
    assert led(server, "/ruled", GERMAN) == "https://example.com/eu"
    assert led(server, "/ruled", JAPANESE) == "https://example.com/"
    assert led(server, "/ruled", JAPANESE, ANDROID) == "https://example.com/android"
    assert led(server, "/ruled", NOBODY) == "https://example.com/"
    assert server.api("DELETE", f"/link_region/{link['idString']}/US/CA").status == 200
    assert led(server, "/ruled", CALIFORNIAN) == "https://example.com/us"


def test_an_address_counts_only_as_far_as_proxies_are_trusted(server: Server):
    link = server.create("claimed")
    rule(server, link, "country", country="JP", originalURL="https://example.com/jp")
    assert led(server, "/claimed", f"{JAPANESE}, {GERMAN}") == "https://example.com/"
    assert led(server, "/claimed", f"{GERMAN}, {JAPANESE}") == "https://example.com/jp"


def test_a_wildcard_captures_for_a_place_too(server: Server):
    link = server.create("shop/*", "https://example.com/shop/$1")
    rule(server, link, "country", country="JP", originalURL="https://example.com/jp/$1")
    assert led(server, "/shop/a/b?c=d", JAPANESE) == "https://example.com/jp/a/b?c=d"
    assert led(server, "/shop/a/b?c=d", GERMAN) == "https://example.com/shop/a/b?c=d"


def test_rules_follow_a_link_that_moves_and_survive_a_rebuilt_index(server: Server):
    link = server.create("moving")
    rule(server, link, "country", country="JP", originalURL="https://example.com/jp")
    assert server.api("POST", f"/links/{link['idString']}", {"path": "moved"}).status == 200
    assert led(server, "/moved", JAPANESE) == "https://example.com/jp"
    server.stop()
    for file in (server.directory / "routes.mdb").iterdir():
        file.unlink()
    server.start()
    assert led(server, "/moved", JAPANESE) == "https://example.com/jp"


def test_a_split_is_near_its_percentage_stays_for_each_visitor_and_is_in_the_statistics(server: Server):
    link = server.create("split", "https://example.com/a", splitURL="https://example.com/b", splitPercent=30)
    visitors = [(f"20.{number >> 8}.{number & 255}.1", f"{WINDOWS} visitor") for number in range(VISITORS)]
    ways = [led(server, "/split", *visitor) for visitor in visitors]
    assert set(ways) == {"https://example.com/a", "https://example.com/b"}
    # Five standard deviations; the lots are a hash, so that this is the same every time.
    assert abs(ways.count("https://example.com/b") / VISITORS - 0.3) < 0.052
    assert [led(server, "/split", *visitor) for visitor in visitors[:100]] == ways[:100]
    server.wait(lambda: server.link_clicks(link["idString"]) == VISITORS + 100, "the clicks")
    answer = server.api("POST", f"/statistics/link/{link['idString']}/top", {"column": "ab_path", "period": "today"})
    assert answer.status == 200, answer
    counted = {row["column"]: int(row["score"]) for row in answer.json}
    assert sum(counted.values()) == VISITORS + 100
    assert counted["split"] == (ways + ways[:100]).count("https://example.com/b")
    assert counted["original"] == (ways + ways[:100]).count("https://example.com/a")
    clicks = server.api("POST", f"/statistics/domain/{server.domain_id}/last_clicks", {"period": "today"}).json
    assert {click["ab_path"] for click in clicks if click["path"] == "/split"} == {"original", "split"}
    changed = server.api("POST", f"/links/{link['idString']}", {"splitPercent": 100})
    assert changed.status == 200, changed
    assert {led(server, "/split", *visitor) for visitor in visitors[:100]} == {"https://example.com/b"}
