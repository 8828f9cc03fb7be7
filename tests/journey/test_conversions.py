"""A goal that a visitor reaches after a click, from the redirect to the statistics, as the browser and iOS SDKs report it."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.support.server import Server

BEACON = "/.shortio/conversion"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"


def track(server: Server, wanted: bool) -> None:
    settings = {"enableConversionTracking": wanted}
    assert server.api("POST", f"/domains/settings/{server.domain_id}", settings).json == {"success": True}


def click_id(server: Server, path: str, method: str = "GET") -> str:
    location = server.visit(path, method=method, User_Agent=CHROME).location
    assert location is not None
    return parse_qs(urlsplit(location).query)["clid"][0]


def goals(server: Server) -> dict[str, str]:
    asked = {"column": "goal_completed", "period": "total"}
    rows = server.api("POST", f"/statistics/domain/{server.domain_id}/top", asked).json
    return {row["column"]: row["score"] for row in rows}


def test_a_conversion_is_reported_by_page_and_app_and_counted_once_for_each_click(server: Server):
    server.create("converts", "https://example.com/shop?a=1")
    assert server.visit("/converts").location == "https://example.com/shop?a=1"
    track(server, True)
    try:
        by_page, by_app = click_id(server, "/converts"), click_id(server, "/converts")
        assert by_page != by_app
        # navigator.sendBeacon posts, with an empty body; the iOS SDK gets.
        for _ in range(2):
            posted = server.request("POST", f"{BEACON}?clid={by_page}&c=purchase&v=9.5", host=server.host, body=b"")
            assert (posted.status, posted.headers["access-control-allow-origin"]) == (204, "*")
        got = server.request("GET", f"{BEACON}?clid={quote(by_app)}", host=server.host)
        assert 200 <= got.status < 300
        server.wait(lambda: goals(server) == {"purchase": "1", "conversion": "1"}, "both goals", seconds=5)
        clicks = server.api("POST", f"/statistics/domain/{server.domain_id}/last_clicks", {"period": "today"}).json
        of_link = [click["goal_completed"] for click in clicks if click["path"] == "/converts"]
        assert sorted(goal or "" for goal in of_link) == ["", "conversion", "purchase"]
        assert click_id(server, "/converts", method="HEAD")
    finally:
        track(server, False)
    assert server.visit("/converts").location == "https://example.com/shop?a=1"


@pytest.mark.parametrize("query", ["", "?clid=", "?clid=made-up", "?clid=" + "A" * 40, "?c=purchase", "?clid=%00%FF"])
def test_a_beacon_that_names_no_click_of_ours_is_refused_and_stores_nothing(server: Server, query: str):
    before = goals(server)
    for method in ("GET", "POST"):
        assert server.request(method, BEACON + query, host=server.host).status == 400
    assert goals(server) == before


def test_other_posts_to_a_short_domain_are_refused(server: Server):
    assert server.request("POST", "/converts", host=server.host, body=b"x=1").status == 405
    assert server.request("PUT", BEACON, host=server.host, body=b"").status == 405
