"""Statistics over the API, from clicks in the real store."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.actions.installation import Installed
from tests.api.counted import NOW, CountedApi, counted_api
from tests.statistics.clicks import click


@pytest.fixture
def api(tmp_path: Path, installation: tuple[Path, Installed]) -> Iterator[CountedApi]:
    with counted_api(tmp_path, installation) as counted:
        yield counted


def test_a_domains_statistics_count_clicks_links_and_what_was_before(api: CountedApi):
    _, number = api.link()
    here = {"domain_id": api.domain_id, "link_number": number}
    api.clicks(
        click(**here, at=NOW),
        click(**here, at=NOW, human=False, bot="Googlebot"),
        click(**here, at=NOW - timedelta(days=1)),
        click(at=NOW, domain_id=api.domain_id + 1),
    )
    body = api.asked(f"/statistics/domain/{api.domain_id}", period="today", clicksChartInterval="hour")
    assert (body["clicks"], body["humanClicks"], body["prevClicks"], body["prevHumanClicks"]) == (2, 1, 1, 1)
    assert (body["links"], body["clicksPerLink"]) == (1, "2.00")
    assert (body["prevClicksChange"], body["humanClicksChange"], body["linksChange"]) == ("100.00", "0.00", "999.00")
    points = body["clickStatistics"]["datasets"][0]["data"]
    assert (len(points), points[22]) == (24, {"x": "2026-05-13T22:00:00.000Z", "y": "2"})
    assert body["browser"] == [{"browser": "Firefox", "browserName": "Firefox", "score": 1}]
    assert api.asked(f"/statistics/domain/{api.domain_id}", {"period": "today", "clicksChartInterval": "hour"}) == body


def test_today_is_the_day_of_the_zone_or_of_the_deprecated_offset(api: CountedApi):
    api.clicks(
        click(domain_id=api.domain_id, at=datetime(2026, 5, 13, 21, 59, tzinfo=UTC)),
        click(domain_id=api.domain_id, at=datetime(2026, 5, 13, 22, 1, tzinfo=UTC)),
    )
    path = f"/statistics/domain/{api.domain_id}"
    berlin = api.asked(path, period="today", tz="Europe/Berlin")
    assert (berlin["clicks"], berlin["prevClicks"]) == (1, 1)
    assert berlin["interval"]["startDate"] == "2026-05-13T22:00:00.000Z"
    assert api.asked(path, period="today", tzOffset="120") == berlin
    assert api.asked(path, period="today")["clicks"] == 2


def test_a_link_is_found_by_both_spellings_of_its_id_and_by_its_number(api: CountedApi):
    link_id, number = api.link()
    _, other = api.link()
    api.clicks(*[click(domain_id=api.domain_id, link_number=each, at=NOW) for each in (number, number, other)])
    for name in (link_id, link_id.replace("lnk_", "link_"), str(number)):
        body = api.asked(f"/statistics/link/{name}", period="total")
        assert (body["totalClicks"], body["totalClicksChange"], body["interval"]["startDate"]) == (2, "0", None)
        assert api.asked(f"/statistics/link/{name}", {"period": "total"}) == body


def test_filters_hold_for_totals_chart_and_lists(api: CountedApi):
    clicks = [
        click(domain_id=api.domain_id, at=NOW, path="/a", country="DE", browser="Firefox"),
        click(domain_id=api.domain_id, at=NOW, path="/a", country="US", browser="Chrome"),
        click(domain_id=api.domain_id, at=NOW, path="/b", country="DE", browser="Safari"),
        click(domain_id=api.domain_id, at=NOW, path="/a", country="DE", browser="Edge", status=404),
    ]
    api.clicks(*clicks)
    body = api.asked(
        f"/statistics/domain/{api.domain_id}",
        {
            "period": "today",
            "clicksChartInterval": "day",
            "include": {"paths": ["/a"], "countries": ["DE", "FR"]},
            "exclude": {"statuses": [404]},
        },
    )
    assert body["clicks"] == 1
    assert [point["y"] for point in body["clickStatistics"]["datasets"][0]["data"]] == ["1"]
    assert [row["browser"] for row in body["browser"]] == ["Firefox"]


def test_a_custom_period_includes_both_ends(api: CountedApi):
    start, end = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 4, 3, tzinfo=UTC)
    moments = [start - timedelta(milliseconds=1), start, end, end + timedelta(milliseconds=1)]
    api.clicks(*[click(domain_id=api.domain_id, at=each) for each in moments])
    path = f"/statistics/domain/{api.domain_id}"
    body = api.asked(path, period="custom", startDate="2026-04-01", endDate="2026-04-03")
    assert (body["clicks"], body["prevClicks"]) == (2, 1)
    assert body["interval"]["endDate"] == "2026-04-03T00:00:00.000Z"
    milliseconds = [str(int(each.timestamp() * 1000)) for each in (start, end)]
    assert api.asked(path, period="custom", startDate=milliseconds[0], endDate=milliseconds[1]) == body


def test_skipped_top_lists_are_not_in_the_answer(api: CountedApi):
    link_id, _ = api.link()
    assert "browser" not in api.asked(f"/statistics/link/{link_id}", skipTops="true")
    assert "browser" not in api.asked(f"/statistics/domain/{api.domain_id}", {"skipTops": True})
    assert "browser" in api.asked(f"/statistics/link/{link_id}", skipTops="false")


def test_last_clicks_are_paged_by_the_time_of_the_last_one(api: CountedApi):
    moments = [NOW - timedelta(minutes=number) for number in range(7)]
    api.clicks(*[click(domain_id=api.domain_id, at=each) for each in moments])
    path, seen, cursor = f"/statistics/domain/{api.domain_id}/last_clicks", [], {}
    while page := api.asked(path, {"limit": 3, "tz": "Asia/Kolkata", **cursor}):
        seen += [row["dt"] for row in page]
        cursor = {"beforeDate": page[-1]["dt"]}
    assert [datetime.fromisoformat(each) for each in seen] == moments
    assert seen[0] == "2026-05-14T04:00:00.000+05:30"
    assert len(api.asked(path, {"afterDate": seen[2]})) == 2
    assert len(api.asked(path, {"period": "total", "beforeDate": seen[2]})) == 7


def test_last_clicks_are_thirty_unless_a_limit_says_otherwise(api: CountedApi):
    api.clicks(*[click(domain_id=api.domain_id, at=NOW - timedelta(seconds=number)) for number in range(40)])
    path = f"/statistics/domain/{api.domain_id}/last_clicks"
    assert len(api.asked(path, {})) == 30
    assert len(api.asked(path, {"limit": "35"})) == 35
    only = api.asked(path, {"limit": 1, "include": {"human": True}})[0]
    assert (only["host"], only["path"], only["dt"]) == ("go.example", "/abc", "2026-05-13T22:30:00.000Z")


def test_what_another_owner_has_is_answered_as_if_it_did_not_exist(api: CountedApi):
    foreign_key, foreign = api.other_owner()
    link_id, number = api.link()
    pairs = [
        ("GET", f"/statistics/domain/{foreign.id}", "GET", "/statistics/domain/99999"),
        ("POST", f"/statistics/domain/{foreign.id}/last_clicks", "POST", "/statistics/domain/99999/last_clicks"),
    ]
    for method, path, other_method, unknown in pairs:
        hidden, absent = api.request(method, path), api.request(other_method, unknown)
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.text == absent.text.replace("99999", str(foreign.id))
    for name in (link_id, str(number)):
        hidden = api.request("GET", f"/statistics/link/{name}", key=foreign_key)
        assert (hidden.status_code, hidden.text) == (404, api.request("GET", "/statistics/link/lnk_1_x").text)


@pytest.mark.parametrize("body", [None, {}])
def test_statistics_need_a_secret_key(api: CountedApi, body: dict[str, Any] | None):
    method = "GET" if body is None else "POST"
    path = f"/statistics/domain/{api.domain_id}"
    assert api.request(method, path, key="sk_wrong", json=body).status_code == 401
    assert api.request(method, path, key=api.installed.public_key, json=body).status_code == 403


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"period": "custom", "endDate": "2026-01-01"}, "startDate"),
        ({"period": "custom", "startDate": "2026-01-01"}, "endDate"),
        ({"period": "custom", "startDate": "2026-01-02", "endDate": "2026-01-01"}, "endDate"),
        ({"period": "custom", "startDate": "2026-01-01T00:00:00", "endDate": "2026-01-02"}, "startDate"),
        ({"period": "custom", "startDate": "1950-01-01", "endDate": "2026-01-02"}, "startDate"),
        ({"period": "fortnight"}, "period"),
        ({"tz": "Mars/Base"}, "tz"),
        ({"tz": "+99:99"}, "tz"),
        ({"tzOffset": "x"}, "tzOffset"),
        (
            {"period": "custom", "startDate": "2000-01-01", "endDate": "2026-01-02", "clicksChartInterval": "hour"},
            "clicksChartInterval",
        ),
    ],
)
def test_what_is_asked_wrongly_is_refused_by_its_field_in_a_query_and_in_a_body(
    api: CountedApi, sent: dict[str, Any], field: str
):
    link_id, _ = api.link()
    for path in (f"/statistics/domain/{api.domain_id}", f"/statistics/link/{link_id}"):
        for answer in (api.request("GET", path, params=sent), api.request("POST", path, json=sent)):
            body = answer.json()
            assert (answer.status_code, body["field"], body["success"], body["statusCode"]) == (400, field, False, 400)
            assert field in body["message"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"beforeDate": "now"}, "beforeDate"),
        ({"afterDate": {}}, "afterDate"),
    ],
)
def test_last_clicks_asked_wrongly_are_refused_by_their_field(api: CountedApi, sent: dict[str, Any], field: str):
    answer = api.request("POST", f"/statistics/domain/{api.domain_id}/last_clicks", json=sent)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


@pytest.mark.parametrize("text", ["'; DROP TABLE clicks; --", "%", "\x00", "a" * 100_000, "\U0001f600", "ｆｕｌｌ", "\\", '"'])
def test_any_text_is_a_harmless_filter(api: CountedApi, text: str):
    api.clicks(click(domain_id=api.domain_id, at=NOW, browser=text))
    path = f"/statistics/domain/{api.domain_id}"
    assert api.asked(path, {"include": {"browsers": [text]}})["clicks"] == 1
    assert api.asked(path, {"exclude": {"browsers": [text]}})["clicks"] == 0
    assert api.asked(path, {})["clicks"] == 1


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"', b'{"include":{"paths":["\\ud800"]}}', b"\xff", b"[" * 5000])
def test_bodies_that_are_no_questions_are_refused(api: CountedApi, body: bytes):
    answer = api.request("POST", f"/statistics/domain/{api.domain_id}", content=body)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("name", ["abc", "0", "9" * 30, "lnk_", "lnk_1_x/nowhere", "%00", "lnk_%F0%9F%98%80_1"])
def test_link_ids_that_lead_nowhere_are_not_found(api: CountedApi, name: str):
    assert api.request("GET", f"/statistics/link/{name}").status_code == 404


@pytest.mark.parametrize("name", ["abc", "-1", "9" * 30, "1.5"])
def test_domain_ids_that_lead_nowhere_are_not_found(api: CountedApi, name: str):
    assert api.request("GET", f"/statistics/domain/{name}").status_code == 404


def test_a_click_store_that_is_gone_is_said_so_and_can_be_asked_again(api: CountedApi):
    api.store.close()
    answer = api.request("GET", f"/statistics/domain/{api.domain_id}")
    assert (answer.status_code, answer.json()["code"]) == (503, "statistics_unavailable")
    assert answer.headers["retry-after"]
