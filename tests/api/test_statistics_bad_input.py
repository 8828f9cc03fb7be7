"""Every parameter of the statistics with values of every wrong kind: refused by its name, and never a failure of the server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linnet.actions.installation import Installed
from tests.api.counted import CountedApi, counted_api, domain, here

WRONG: dict[str, list[Any]] = {
    "period": ["TODAY", "year", 7, True, [], {}, ["today"], "today\x00", "x" * 100_000, -1.5],
    "startDate": [True, [], {}, "now", "2026-02-30", "2026-01-01T00:00:00", 1e300, "1" * 400, "-1", 0, "²", "\x00", "+1"],
    "endDate": [False, [1], {"a": 1}, "later", "2026-13-01", "2026-01-01 00:00", -1, "9" * 30, "x" * 100_000],
    "tz": [1, True, [], {}, "Mars/Base", "../UTC", "localtime", "UTC\x00", "utc+1", "+01", "+24:00", "x" * 100_000],
    "tzOffset": [True, [], {}, "east", 7, 841, -841, 1.5, 10**30, "9" * 400],
    "clicksChartInterval": ["minute", "DAY", 1, True, [], {}, "day\x00"],
    "skipTops": ["perhaps", 2, -1, [], {}, 1.5, "\x00"],
    "include": [1, True, [], "DE", [{}], 1.5],
    "exclude": [1, True, [], "DE", [{}], 1.5],
    "limit": [0, -1, True, [], {}, "ten", 1.5, 10**30, "9" * 30, 10_001, "\x00"],
    "beforeDate": [True, [], {}, "soon", "2026-01-01T00:00:00", 1e300],
    "afterDate": [True, [], {}, "soon", "2026-01-01T00:00:00", -5],
    "column": [None, "", "ip", "Path", 1, True, [], {}, ["path"], "path\x00", "x" * 100_000],
    "prefix": [1, True, [], {}, "x" * 1025],
    "interval": ["minute", 1, True, [], {}],
    "pathsDates": [1, True, {}, "abc", [1], [[]], [{}], [{"path": 1, "createdAt": "2026-01-01"}], [{"path": "a"}]],
    "paths": [1, True, {}, "abc", [1], [[]], [None], ["a" * 1025], ["a"] * 1001],
}
REPORT = ("period", "startDate", "endDate", "tz", "tzOffset", "clicksChartInterval", "skipTops", "include", "exclude")
RANKING = ("column", "prefix", "limit", "period", "startDate", "endDate", "tz", "tzOffset", "include", "exclude")
POSTS = {
    "": REPORT,
    "/by_interval": ("period", "startDate", "endDate", "tz", "tzOffset", "clicksChartInterval", "include", "exclude"),
    "/top": RANKING,
    "/top_by_interval": (*RANKING, "interval"),
    "/last_clicks": ("limit", "period", "startDate", "endDate", "tz", "beforeDate", "afterDate", "include", "exclude"),
    "/link_clicks": ("pathsDates", "paths", "startDate", "endDate"),
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, installation: tuple[Path, Installed]) -> Iterator[CountedApi]:
    with counted_api(tmp_path_factory.mktemp("bad"), installation) as counted:
        counted.clicks(here(counted))
        yield counted


def sent_with(name: str, value: Any) -> dict[str, Any]:
    """A body that is right but for one value."""
    body: dict[str, Any] = {"column": "os", "period": "last7", name: value}
    if name in ("startDate", "endDate"):
        body = {"column": "os", "period": "custom", "startDate": "2026-05-01", "endDate": "2026-05-09", name: value}
    return body | ({} if name in ("paths", "pathsDates") else {"paths": ["a"]})


@pytest.mark.parametrize("rest", POSTS)
def test_a_body_with_one_wrong_value_is_refused_by_its_name(api: CountedApi, rest: str):
    link_id, _ = api.link()
    places = [domain(api, rest)] + ([f"/statistics/link/{link_id}{rest}"] if rest in ("", "/by_interval", "/top") else [])
    for name in POSTS[rest]:
        for value in WRONG[name]:
            for place in places:
                answer = api.request("POST", place, json=sent_with(name, value))
                assert answer.status_code == 400, (place, name, str(value)[:50], answer.text[:200])
                body = answer.json()
                wanted = {name, "createdAt"} if name == "pathsDates" else {name, "pathsDates"} if name == "paths" else {name}
                assert body["field"] in wanted, (name, value, body)
                assert (body["statusCode"], body["success"], body["error"]) == (400, False, "Bad Request")
                assert body["field"] in body["message"]
                assert len(answer.text) < 3000


def test_a_query_with_one_wrong_value_is_refused_by_its_name(api: CountedApi):
    link_id, _ = api.link()
    reports = [domain(api), f"/statistics/link/{link_id}", f"/statistics/link/{link_id}/variants", domain(api, "/conversions")]
    for name in ("period", "startDate", "endDate", "tz", "tzOffset", "clicksChartInterval", "skipTops"):
        for value in [each for each in WRONG[name] if isinstance(each, str) and each and len(each) < 10_000]:
            for place in reports:
                query = {each: of for each, of in sent_with(name, value).items() if isinstance(of, str)}
                answer = api.request("GET", place, params=query)
                assert (answer.status_code, answer.json().get("field")) == (400, name), (place, name, value, answer.text)


@pytest.mark.parametrize("name", ["include", "exclude", "period", "startDate", "column", "pathsDates"])
def test_values_that_are_deep_or_huge_are_refused_or_answered(api: CountedApi, name: str):
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    many = json.dumps({f"k{number}": number for number in range(50_000)}).encode()
    number = b"9" * 4000
    for value in (
        deep,
        b"[" * 900 + b"]" * 900,
        b"[" * 100_000,
        many,
        number,
        b'"' + b"x" * (4 << 20) + b'"',
        b"1e400",
        b"NaN",
    ):
        body = b'{"column": "os", "' + name.encode() + b'": ' + value + b"}"
        for rest in POSTS:
            answer = api.request("POST", domain(api, rest), content=body)
            assert answer.status_code in (200, 400), (rest, value[:20], answer.text[:300])


def test_a_filter_of_a_megabyte_is_answered(api: CountedApi):
    values = [f"{number:04d}" + "x" * 1000 for number in range(1000)]
    body = api.asked(domain(api), {"exclude": {"browsers": values, "paths": ["/else"]}})
    assert body["clicks"] == 1
    assert api.asked(domain(api), {"include": {"browsers": values}})["clicks"] == 0
