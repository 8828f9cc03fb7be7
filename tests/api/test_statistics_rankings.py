"""Top lists and charts over the API, from clicks in the real store."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.actions.installation import Installed
from linnet.clicks.conversions import Conversion
from linnet.clicks.portions import Portion, Span
from linnet.model.statistics import COLUMNS
from tests.api.counted import NOW, CountedApi, counted_api, domain, here, number_of

NAMES = (
    *("ab_path", "browser", "browser_version", "city", "country", "goal_completed", "human", "method", "os", "path"),
    *(
        "path_404",
        "proto",
        "refhost",
        "scan",
        "social",
        "st",
        "utm_campaign",
        "utm_medium",
        "utm_source",
        "utm_term",
        "utm_content",
    ),
    # Our own.
    *("device", "language", "region"),
)


@pytest.fixture
def api(tmp_path: Path, installation: tuple[Path, Installed]) -> Iterator[CountedApi]:
    with counted_api(tmp_path, installation) as counted:
        yield counted


class TestTop:
    def test_a_row_is_a_value_with_its_name_and_a_score_as_text(self, api: CountedApi):
        api.clicks(*[here(api, country="IN")] * 3, here(api, country="DE"), here(api, country=""))
        api.clicks(*[here(api, country="US", human=False)] * 9)
        assert api.asked(domain(api, "/top"), {"column": "country"}) == [
            {"column": "IN", "displayName": "India", "score": "3"},
            {"column": "DE", "displayName": "Germany", "score": "1"},
        ]

    def test_every_column_of_the_contract_has_its_values(self, api: CountedApi):
        held = here(
            api,
            0,
            path="/gone",
            status=404,
            ab_path="b",
            nonce=5,
            scan=True,
            language="el",
            social="linkedin",
            utm_source="s",
            utm_medium="m",
            utm_campaign="c",
            utm_term="t",
            utm_content="o",
        )
        api.clicks(held)
        sale = Conversion(api.domain_id, 0, NOW, 5, "sale", NOW, 1.0)
        api.store.write_portions([Portion(None, [Span("goals", None, 1)], [sale])])
        assert sorted(COLUMNS) == sorted({*NAMES, "bot"})
        found = {name: api.asked(domain(api, "/top"), {"column": name}) for name in NAMES}
        assert all(len(rows) == 1 and rows[0]["score"] == "1" for rows in found.values()), found
        values = {name: rows[0]["column"] for name, rows in found.items()}
        assert values.pop("city").isdigit()
        shown = {name: rows[0]["displayName"] for name, rows in found.items()}
        named = {"city": "Berlin", "country": "Germany", "region": "Berlin, Germany", "language": "Modern Greek"}
        named |= {"social": "LinkedIn", "device": "Desktop", "human": "Human", "scan": "QR code"}
        assert shown == values | named
        assert values == {
            "ab_path": "b",
            "browser": "Firefox",
            "browser_version": "140",
            "country": "DE",
            "goal_completed": "sale",
            "human": "true",
            "method": "GET",
            "os": "Linux",
            "path": "/gone",
            "path_404": "/gone",
            "proto": "http",
            "refhost": "news.example",
            "scan": "true",
            "region": "Berlin",
            "language": "el",
            "device": "desktop",
            "social": "linkedin",
            "st": "404",
            "utm_campaign": "c",
            "utm_medium": "m",
            "utm_source": "s",
            "utm_term": "t",
            "utm_content": "o",
        }

    def test_a_citys_number_is_the_one_that_the_domains_statistics_have(self, api: CountedApi):
        api.clicks(here(api, city="Paris", country="FR"), here(api, city="Paris", country="US", region="Texas"))
        rows = api.asked(domain(api, "/top"), {"column": "city"})
        assert {row["column"] for row in rows} == {str(row["city"]) for row in api.asked(domain(api))["city"]}
        assert len({row["column"] for row in rows}) == 2

    def test_bots_are_ranked_by_the_rule_that_caught_them(self, api: CountedApi):
        api.clicks(*[here(api, human=False, bot="Googlebot")] * 3, here(api, human=False, bot="bingbot"), here(api))
        rows = [("Googlebot", "3"), ("bingbot", "1")]
        found = api.asked(domain(api, "/top"), {"column": "bot"})
        assert [(row["column"], row["score"]) for row in found] == rows
        of_one = {"column": "os", "include": {"bots": ["Googlebot"]}}
        assert api.asked(domain(api, "/top"), of_one) == [{"column": "Linux", "displayName": "Linux", "score": "3"}]
        # To leave out one bot does not ask for the others.
        without = {"column": "os", "exclude": {"bots": ["Googlebot"]}}
        assert api.asked(domain(api, "/top"), without) == [{"column": "Linux", "displayName": "Linux", "score": "1"}]

    def test_people_and_bots_are_told_apart_without_a_filter(self, api: CountedApi):
        api.clicks(*[here(api, human=False)] * 3, here(api))
        expected = [
            {"column": "false", "displayName": "Bot", "score": "3"},
            {"column": "true", "displayName": "Human", "score": "1"},
        ]
        assert api.asked(domain(api, "/top"), {"column": "human"}) == expected
        assert api.asked(domain(api, "/top"), {"column": "human", "include": {"human": False}}) == expected[:1]

    def test_bots_count_only_where_a_filter_asks_for_them(self, api: CountedApi):
        api.clicks(*[here(api, human=False, browser="Bot")] * 2, here(api))
        assert [row["column"] for row in api.asked(domain(api, "/top"), {"column": "browser"})] == ["Firefox"]
        bots = {"column": "browser", "include": {"human": False}}
        assert [row["column"] for row in api.asked(domain(api, "/top"), bots)] == ["Bot"]
        some = {"column": "browser", "exclude": {"human": True}}
        assert [row["column"] for row in api.asked(domain(api, "/top"), some)] == ["Bot"]

    def test_rows_are_ten_unless_a_limit_says_otherwise_and_begin_with_the_prefix(self, api: CountedApi):
        api.clicks(*[here(api, browser=f"{'ab'[number % 2]}{number:02}") for number in range(30)])
        path = domain(api, "/top")
        assert len(api.asked(path, {"column": "browser"})) == 10
        assert len(api.asked(path, {"column": "browser", "limit": "25"})) == 25
        rows = api.asked(path, {"column": "browser", "prefix": "b0", "limit": 50})
        assert [row["column"] for row in rows] == ["b01", "b03", "b05", "b07", "b09"]
        assert api.asked(path, {"column": "browser", "prefix": "%"}) == []

    def test_a_links_paths_are_one_row_under_the_path_that_it_has(self, api: CountedApi):
        plain, wild = api.created(path="Plain"), api.created(path="docs/*", originalURL="https://example.com/$1")
        numbers = [number_of(api, each["idString"]) for each in (plain, wild)]
        api.clicks(
            *[here(api, numbers[0], path=path) for path in ("/plain", "/PLAIN", "/Plain")],
            *[here(api, numbers[1], path=path) for path in ("/docs/a", "/docs/b")],
            here(api, 99, path="/removed"),
            *[here(api, 0, path="/unknown", status=404)] * 4,
        )
        expected = [("/unknown", "4"), ("/Plain", "3"), ("/docs/*", "2"), ("/removed", "1")]
        asked: list[Any] = [
            api.asked(domain(api, "/top"), {"column": "path"}),
            api.asked(domain(api, "/paths")),
            api.asked(domain(api, "/top"), {"column": "path", "include": {"methods": ["GET"]}}),
        ]
        for rows in asked:
            assert [(row["column"], row["score"]) for row in rows] == expected
            assert all(row["displayName"] == row["column"] for row in rows)
        assert [row["column"] for row in api.asked(domain(api, "/top"), {"column": "path_404"})] == ["/unknown"]
        assert [row["column"] for row in api.asked(domain(api, "/paths"), period="today", limit="1", prefix="/d")] == [
            "/docs/*"
        ]
        of_link = api.asked(f"/statistics/link/{wild['idString']}/top", {"column": "path"})
        assert [row["column"] for row in of_link] == ["/docs/a", "/docs/b"]

    def test_what_a_removed_link_had_at_a_path_is_in_the_row_of_todays_link(self, api: CountedApi):
        number = number_of(api, api.created(path="again")["idString"])
        api.clicks(*[here(api, number, path="/again")] * 2, here(api, 77, path="/again"), here(api, 78, path="/other"))
        rows = api.asked(domain(api, "/top"), {"column": "path"})
        assert [(row["column"], row["score"]) for row in rows] == [("/again", "3"), ("/other", "1")]

    def test_a_link_is_found_by_its_id_and_its_number_and_counts_its_own_clicks(self, api: CountedApi):
        link_id, number = api.link()
        api.clicks(here(api, number, os="iOS"), here(api, number + 1, os="Linux"), here(api, number, os="Linux", human=False))
        for name in (link_id, link_id.replace("lnk_", "link_"), str(number)):
            rows = api.asked(f"/statistics/link/{name}/top", {"column": "os"})
            assert rows == [{"column": "iOS", "displayName": "iOS", "score": "1"}]

    @pytest.mark.parametrize(
        ("kept", "lost", "criteria"),
        [
            ({"path": "/a"}, {"path": "/A"}, {"paths": ["/a"]}),
            ({"country": "FR"}, {}, {"countries": ["FR", "US"]}),
            ({"at": NOW}, {"at": NOW - timedelta(hours=1)}, {"dt": ["2026-05-13T22:00:00Z", "2026-05-13T23:00:00Z"]}),
            ({"browser": "Edge"}, {}, {"browsers": ["Edge"]}),
            ({"browser_version": "1"}, {}, {"browserVersions": ["1"]}),
            ({}, {"human": False}, {"human": True}),
            ({"social": "facebook"}, {}, {"socials": ["facebook"]}),
            ({"status": 404}, {}, {"statuses": [404]}),
            ({"method": "POST"}, {}, {"methods": ["POST"]}),
            ({"scheme": "https"}, {}, {"protos": ["https"]}),
            ({"referrer_host": "b.example"}, {}, {"refhosts": ["b.example"]}),
            ({"utm_source": "s"}, {}, {"utmSources": ["s"]}),
            ({"utm_medium": "s"}, {}, {"utmMediums": ["s"]}),
            ({"utm_campaign": "s"}, {}, {"utmCampaigns": ["s"]}),
        ],
    )
    def test_filters_hold_on_every_documented_key(
        self, api: CountedApi, kept: dict[str, Any], lost: dict[str, Any], criteria: dict[str, Any]
    ):
        api.clicks(here(api, os="kept", **kept), here(api, os="lost", **lost))
        for question, expected in (({"include": criteria}, "kept"), ({"exclude": criteria}, "lost")):
            sent = {"column": "os", "period": "today", **question}
            assert [row["column"] for row in api.asked(domain(api, "/top"), sent)] == [expected]
            buckets = api.asked(domain(api, "/top_by_interval"), sent)
            assert [[row["column"] for row in bucket["statistics"]] for bucket in buckets] == [[expected]]
            chart = api.asked(domain(api, "/by_interval"), {"period": "today", **question})
            assert [point["y"] for point in chart["clicksStatistics"]] == ["1"]


class TestByInterval:
    def test_a_chart_has_both_names_and_days_with_peoples_clicks_as_text(self, api: CountedApi):
        link_id, number = api.link()
        api.clicks(
            *[here(api, number)] * 2,
            here(api, number, human=False),
            here(api, number + 1),
            here(api, number, at=NOW - timedelta(days=2)),
        )
        body = {"period": "last7"}
        for path, counts in ((domain(api), "0000103"), (f"/statistics/link/{link_id}", "0000102")):
            answer = api.asked(f"{path}/by_interval", body)
            assert set(answer) == {"clicksStatistics", "clickStatistics"}
            assert answer["clicksStatistics"] == answer["clickStatistics"]
            assert [point["y"] for point in answer["clicksStatistics"]] == list(counts)
            assert answer["clicksStatistics"][0] == {"x": "2026-05-07T00:00:00.000Z", "y": "0"}
            everything = api.asked(f"{path}/by_interval", body | {"include": {"human": False}})
            assert sum(int(point["y"]) for point in everything["clickStatistics"]) == 1

    @pytest.mark.parametrize(
        ("period", "interval", "points"),
        [
            ("today", "hour", 24),
            ("yesterday", "hour", 24),
            ("week", "day", 3),
            ("month", "week", 3),
            ("lastmonth", "month", 1),
            ("last7", "day", 7),
            ("last30", None, 30),
            ("custom", "day", 3),
            ("total", "day", 1),
        ],
    )
    def test_every_period_and_interval_is_known(self, api: CountedApi, period: str, interval: str | None, points: int):
        api.clicks(here(api))
        sent = {"period": period, "clicksChartInterval": interval, "startDate": "2026-04-01", "endDate": "2026-04-03"}
        assert len(api.asked(domain(api, "/by_interval"), sent)["clicksStatistics"]) == points
        # A top list by interval begins with the first click of all time, and otherwise with the period.
        sent = {"period": period, "interval": interval, "column": "os", "startDate": "2026-04-01", "endDate": "2026-04-03"}
        assert len(api.asked(domain(api, "/top_by_interval"), sent)) == points

    def test_days_are_those_of_the_zone_or_of_the_deprecated_offset(self, api: CountedApi):
        api.clicks(here(api, at=datetime(2026, 5, 13, 22, 1, tzinfo=UTC)), here(api, at=datetime(2026, 5, 13, 21, tzinfo=UTC)))
        berlin = {"period": "today", "tz": "Europe/Berlin"}
        expected = [{"x": "2026-05-13T22:00:00.000Z", "y": "1"}]
        assert api.asked(domain(api, "/by_interval"), berlin)["clicksStatistics"] == expected
        offset = api.asked(domain(api, "/by_interval"), {"period": "today", "tzOffset": 120})
        assert offset["clicksStatistics"] == expected
        top = api.asked(domain(api, "/top_by_interval"), berlin | {"column": "os"})
        assert top == [{"date": "2026-05-13T22:00:00.000Z", "statistics": [{"column": "Linux", "score": "1"}]}]

    def test_the_top_list_of_each_interval_is_its_own_and_empty_ones_are_there(self, api: CountedApi):
        api.clicks(
            *[here(api, country="DE")] * 2,
            here(api, country="IN"),
            *[here(api, country="IN", at=NOW - timedelta(days=2))] * 3,
            here(api, country="FR", at=NOW - timedelta(days=2), human=False),
        )
        sent = {"column": "country", "period": "custom", "startDate": "2026-05-11", "endDate": "2026-05-13T23:00:00Z"}
        assert api.asked(domain(api, "/top_by_interval"), sent | {"interval": "day", "limit": 1}) == [
            {"date": "2026-05-11T00:00:00.000Z", "statistics": [{"column": "IN", "score": "3"}]},
            {"date": "2026-05-12T00:00:00.000Z", "statistics": []},
            {"date": "2026-05-13T00:00:00.000Z", "statistics": [{"column": "DE", "score": "2"}]},
        ]
        assert len(api.asked(domain(api, "/top_by_interval"), sent | {"interval": "month"})) == 1

    def test_paths_by_interval_have_the_links_present_path(self, api: CountedApi):
        number = number_of(api, api.created(path="Plain")["idString"])
        api.clicks(here(api, number, path="/plain"), here(api, number, path="/PLAIN"), here(api, 0, path="/no", status=404))
        rows = api.asked(domain(api, "/top_by_interval"), {"column": "path", "period": "today"})[0]["statistics"]
        assert rows == [{"column": "/Plain", "score": "2"}, {"column": "/no", "score": "1"}]
