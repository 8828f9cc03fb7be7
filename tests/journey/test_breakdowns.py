"""Variants, goals, visitors and filters by what links have, about real visits to a real server."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.server import Server, running_server

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
TODAY = {"period": "today"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"LINNET_TRUSTED_PROXIES": "127.0.0.0/8"}
    with running_server(tmp_path_factory.mktemp("breakdowns") / "linnet", settings=settings) as running:
        yield running


def asked(server: Server, method: str, path: str, body: Any = None) -> Any:
    answer = server.api(method, f"/statistics/{path}", body)
    assert answer.status == 200, answer
    return answer.json


def test_a_split_is_compared_by_what_its_visitors_did(server: Server):
    tracked = server.api("POST", f"/domains/settings/{server.domain_id}", {"enableConversionTracking": True})
    assert tracked.json == {"success": True}
    link = server.create("offer", "https://example.com/a", splitURL="https://example.com/b", splitPercent=50)
    went: dict[str, list[str]] = {"/a": [], "/b": []}
    for number in range(40):
        address = f"9.{number}.1.1"
        for _ in range(2):
            location = server.visit("/offer", User_Agent=CHROME, X_Forwarded_For=address).location or ""
            parts = urlsplit(location)
            went[parts.path].append(parse_qs(parts.query)["clid"][0])
    bought = went["/b"][:3]
    for click_id in bought:
        beacon = f"/.shortio/conversion?clid={click_id}&c=purchase&v=19.5"
        assert server.request("POST", beacon, host=server.host, body=b"").status == 204
    path = f"link/{link['idString']}"

    def is_stored() -> bool:
        report = asked(server, "GET", f"{path}/conversions?period=today")
        return report["clicks"] == 80 and [row["conversions"] for row in report["goals"]] == [3]

    server.wait(is_stored, "clicks and conversions", seconds=10)
    rows = {row["variant"]: row for row in asked(server, "GET", f"{path}/variants?period=today")["variants"]}
    assert {name: row["humanClicks"] for name, row in rows.items()} == {
        "original": len(went["/a"]),
        "split": len(went["/b"]),
    }
    split = rows["split"]
    assert (split["originalURL"], split["weight"]) == ("https://example.com/b", 50)
    assert (split["conversions"], split["conversionValue"], split["convertedClicks"]) == (3, 58.5, 3)
    assert split["conversionRate"] == f"{300 / len(went['/b']):.2f}"
    assert rows["original"]["conversions"] == 0
    # Each came twice, in one day of UTC unless it is midnight just now.
    assert 40 <= sum(row["uniqueVisitors"] for row in rows.values()) <= 80
    (goal,) = asked(server, "GET", f"domain/{server.domain_id}/conversions?period=today")["goals"]
    assert (goal["goal"], goal["conversions"], goal["conversionValue"]) == ("purchase", 3, 58.5)
    found = asked(server, "POST", path, TODAY | {"include": {"goals": ["purchase"], "abPaths": ["split"]}})
    assert found["totalClicks"] == 3


def test_reports_are_narrowed_by_tags_folders_and_systems(server: Server):
    folder = server.api("POST", "/links/folders", {"domainId": server.domain_id, "name": "Spring"}).json["id"]
    server.create("tagged", tags=["news"])
    server.create("filed", folderId=folder)
    for path, agent, times in (("/tagged", CHROME, 3), ("/tagged", IPHONE, 1), ("/filed", IPHONE, 2)):
        for _ in range(times):
            server.visit(path, User_Agent=agent, Accept_Language="de-AT, en;q=0.5")

    def clicks(**include: Any) -> int:
        return int(asked(server, "POST", f"domain/{server.domain_id}", TODAY | {"include": include})["clicks"])

    server.wait(lambda: clicks(paths=["/filed"]) == 2, "the clicks", seconds=5)
    assert (clicks(tags=["news"]), clicks(folders=["Spring"]), clicks(folders=[folder])) == (4, 2, 2)
    assert clicks(tags=["news"], oses=["iOS"]) == 1
    assert clicks(languages=["de"], devices=["mobile"]) == 3
    assert clicks(tags=["nobody"]) == 0
    top = asked(server, "POST", f"domain/{server.domain_id}/top", TODAY | {"column": "language"})
    assert top == [{"column": "de", "displayName": "German", "score": "6"}]
    refused = server.api("POST", f"/statistics/domain/{server.domain_id}", {"include": {"folders": ["Autumn"]}})
    assert (refused.status, refused.json["field"]) == (400, "include.folders")


def test_filters_beyond_what_is_carried_are_refused_and_what_is_below_is_answered(server: Server):
    path = f"/statistics/domain/{server.domain_id}"
    for size, status in ((1000, 200), (2500, 413)):
        values = [f"{number:04d}" + "x" * size for number in range(1000)]
        answer = server.api("POST", path, {"include": {"browsers": values}})
        assert (answer.status, answer.json.get("clicks", answer.json.get("code"))) == (
            status,
            0 if status == 200 else "too_large",
        )
