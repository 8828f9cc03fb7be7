"""What may be asked of top lists, charts and counts by mistake, in bad faith, or by strangers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linnet.actions.installation import Installed
from tests.api.counted import CountedApi, counted_api, domain, here


@pytest.fixture
def api(tmp_path: Path, installation: tuple[Path, Installed]) -> Iterator[CountedApi]:
    with counted_api(tmp_path, installation) as counted:
        yield counted


POSTS = ["/by_interval", "/top", "/top_by_interval", "/link_clicks"]
SENT = {"column": "os", "paths": ["a"]}


def test_what_another_owner_has_is_answered_as_if_it_did_not_exist(api: CountedApi):
    foreign_key, foreign = api.other_owner()
    link_id, number = api.link()
    for method, rest in [*(("POST", each) for each in POSTS), ("GET", "/paths"), ("GET", "/link_clicks?ids=lnk_1_a")]:
        sent = SENT if method == "POST" else None
        hidden = api.request(method, f"/statistics/domain/{foreign.id}{rest}", json=sent)
        absent = api.request(method, f"/statistics/domain/99999{rest}", json=sent)
        assert (hidden.status_code, absent.status_code) == (404, 404), rest
        assert hidden.text == absent.text.replace("99999", str(foreign.id))
    for name in (link_id, str(number)):
        for rest in ("/by_interval", "/top"):
            hidden = api.request("POST", f"/statistics/link/{name}{rest}", key=foreign_key, json=SENT)
            absent = api.request("POST", f"/statistics/link/lnk_1_x{rest}", json=SENT)
            assert (hidden.status_code, hidden.text) == (404, absent.text)
    theirs = f"/statistics/domain/{foreign.id}/link_clicks"
    api.clicks(here(api, number))
    assert api.request("GET", theirs, key=foreign_key, params={"ids": link_id}).json() == {}


@pytest.mark.parametrize("rest", POSTS)
def test_they_need_a_secret_key(api: CountedApi, rest: str):
    assert api.request("POST", domain(api, rest), key="sk_wrong", json=SENT).status_code == 401
    assert api.request("POST", domain(api, rest), key=api.installed.public_key, json=SENT).status_code == 403


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "column"),
        ({"column": "ip"}, "column"),
        ({"column": "address"}, "column"),
        ({"column": "os; DROP TABLE clicks"}, "column"),
        ({"column": ["os"]}, "column"),
        ({"column": None}, "column"),
        ({"column": "os", "limit": 0}, "limit"),
        ({"column": "os", "limit": -1}, "limit"),
        ({"column": "os", "limit": 10_001}, "limit"),
        ({"column": "os", "limit": 10**30}, "limit"),
        ({"column": "os", "limit": 1.5}, "limit"),
        ({"column": "os", "limit": "many"}, "limit"),
        ({"column": "os", "limit": {}}, "limit"),
        ({"column": "os", "prefix": 1}, "prefix"),
        ({"column": "os", "prefix": "x" * 1025}, "prefix"),
        ({"column": "os", "period": "fortnight"}, "period"),
        ({"column": "os", "tz": "Mars/Base"}, "tz"),
        ({"column": "os", "tzOffset": 7}, "tzOffset"),
        ({"column": "os", "include": []}, "include"),
        ({"column": "os", "exclude": {"paths": [1]}}, "exclude.paths"),
        ({"column": "os", "period": "custom"}, "startDate"),
        ({"column": "os", "period": "custom", "startDate": "2026-01-01T00:00:00", "endDate": "2026-01-02"}, "startDate"),
        ({"column": "os", "period": "custom", "startDate": "2026-01-02", "endDate": "2026-01-01"}, "endDate"),
    ],
)
def test_rankings_asked_wrongly_are_refused_by_their_field(api: CountedApi, sent: dict[str, Any], field: str):
    link_id, _ = api.link()
    for path in (domain(api, "/top"), domain(api, "/top_by_interval"), f"/statistics/link/{link_id}/top"):
        answer = api.request("POST", path, json=sent)
        body = answer.json()
        assert (answer.status_code, body["field"], body["success"], body["statusCode"]) == (400, field, False, 400)
        assert field in body["message"]


@pytest.mark.parametrize(
    ("rest", "sent", "field"),
    [
        ("/by_interval", {"clicksChartInterval": "minute"}, "clicksChartInterval"),
        ("/by_interval", {"period": "custom", "startDate": "2026-01-01T00:00:00", "endDate": "2026-01-02"}, "startDate"),
        ("/top_by_interval", {"column": "os", "interval": "minute"}, "interval"),
        ("/top_by_interval", {"column": "os", "interval": "hour", "limit": 1000}, "limit"),
        (
            "/top_by_interval",
            {"column": "os", "interval": "hour", "period": "custom", "startDate": "2000-01-01", "endDate": "2026-01-01"},
            "interval",
        ),
        ("/link_clicks", {}, "pathsDates"),
        ("/link_clicks", {"pathsDates": {}}, "pathsDates"),
        ("/link_clicks", {"pathsDates": ["abc"]}, "pathsDates"),
        ("/link_clicks", {"pathsDates": [{"createdAt": "2026-01-01"}]}, "pathsDates"),
        ("/link_clicks", {"pathsDates": [{"path": 1, "createdAt": "2026-01-01"}]}, "pathsDates"),
        ("/link_clicks", {"pathsDates": [{"path": "a"}]}, "createdAt"),
        ("/link_clicks", {"pathsDates": [{"path": "a", "createdAt": None}]}, "createdAt"),
        ("/link_clicks", {"pathsDates": [{"path": "a", "createdAt": "yesterday"}]}, "createdAt"),
        ("/link_clicks", {"pathsDates": [{"path": "a", "createdAt": "2026-01-01T00:00:00"}]}, "createdAt"),
        ("/link_clicks", {"pathsDates": [{"path": "a", "createdAt": 10**40}]}, "createdAt"),
        ("/link_clicks", {"pathsDates": [{"path": "a", "createdAt": []}]}, "createdAt"),
        ("/link_clicks", {"pathsDates": [{"path": "a" * 1025, "createdAt": "2026-01-01"}]}, "pathsDates"),
        ("/link_clicks", {"paths": "abc"}, "paths"),
        ("/link_clicks", {"paths": [1]}, "paths"),
        ("/link_clicks", {"paths": ["a"] * 1001}, "pathsDates"),
        ("/link_clicks", {"paths": ["a"], "startDate": "2026-01-01T00:00:00"}, "startDate"),
        ("/link_clicks", {"paths": ["a"], "startDate": "2026-01-02", "endDate": "2026-01-01"}, "endDate"),
        ("/link_clicks", {"paths": ["a"], "tz": "Mars"}, "tz"),
    ],
)
def test_what_is_asked_wrongly_is_refused_by_its_field(api: CountedApi, rest: str, sent: dict[str, Any], field: str):
    answer = api.request("POST", domain(api, rest), json=sent)
    assert (answer.status_code, answer.json().get("field")) == (400, field), answer.text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "ids"),
        ({"ids": " , "}, "ids"),
        ({"ids": ",".join(f"lnk_1_{n}" for n in range(1001))}, "ids"),
        ({"ids": "a", "startDate": "2026-01-01T00:00:00"}, "startDate"),
        ({"ids": "a", "endDate": "never"}, "endDate"),
        ({"ids": "a", "startDate": "2026-01-02", "endDate": "2026-01-01"}, "endDate"),
    ],
)
def test_link_clicks_asked_wrongly_are_refused_by_their_field(api: CountedApi, query: dict[str, str], field: str):
    answer = api.request("GET", domain(api, "/link_clicks"), params=query)
    assert (answer.status_code, answer.json().get("field")) == (400, field), answer.text


@pytest.mark.parametrize("text", ["'; DROP TABLE clicks; --", "%", "\x00", "😀", "ｆｕｌｌ", "\\", '"', "$1", "?", "a\nb"])
def test_any_text_is_a_harmless_value_prefix_and_path(api: CountedApi, text: str):
    api.clicks(here(api, 0, browser=text, path=f"/{text}"))
    rows = api.asked(domain(api, "/top"), {"column": "browser", "prefix": text, "include": {"browsers": [text]}})
    assert rows == [{"column": text, "displayName": text, "score": "1"}]
    assert api.asked(domain(api, "/top"), {"column": "path", "prefix": f"/{text}"})[0]["column"] == f"/{text}"
    assert len(api.asked(domain(api, "/top_by_interval"), {"column": "browser", "prefix": text, "period": "total"})) == 1
    assert api.asked(domain(api, "/link_clicks"), {"paths": [text]}) == {text: 1}
    assert api.request("GET", domain(api, "/link_clicks"), params={"ids": text}).status_code in (200, 400)
    assert api.asked(domain(api))["clicks"] == 1


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"', b'{"column":"os","prefix":"\\ud800"}', b"\xff", b"[" * 5000])
@pytest.mark.parametrize("rest", POSTS)
def test_bodies_that_are_no_questions_are_refused(api: CountedApi, rest: str, body: bytes):
    answer = api.request("POST", domain(api, rest), content=body)
    assert answer.status_code == 400, answer.text


def test_a_click_store_that_is_gone_is_said_so(api: CountedApi):
    api.store.close()
    for method, rest, sent in (("POST", "/top", SENT), ("POST", "/link_clicks", SENT), ("DELETE", "/statistics", None)):
        answer = api.request(method, domain(api, rest), json=sent)
        assert (answer.status_code, answer.json()["code"]) == (503, "statistics_unavailable")
