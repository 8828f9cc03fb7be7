"""Filters of queryDomainStatistics and the like: the documented keys and our own, under all of their names."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.actions import statistics_filters
from linnet.actions.installation import Installed
from linnet.api.statistics_filters import MAX_FILTER_VALUES
from linnet.clicks.conversions import Conversion
from linnet.clicks.store_duckdb import Portion, Span
from tests.api.counted import NOW, CountedApi, counted_api, domain, here, number_of


@pytest.fixture
def api(tmp_path: Path, installation: tuple[Path, Installed]) -> Iterator[CountedApi]:
    with counted_api(tmp_path, installation) as counted:
        yield counted


def counted(api: CountedApi, include: dict[str, Any] | None = None, exclude: dict[str, Any] | None = None, **more: Any) -> int:
    """How many clicks of today the filters leave: in the totals, in the chart, and in the last clicks."""
    sent = {"period": "today", "clicksChartInterval": "day", "include": include, "exclude": exclude} | more
    body = api.asked(domain(api), sent)
    points = body["clickStatistics"]["datasets"][0]["data"]
    assert [int(point["y"]) for point in points] == [body["clicks"]]
    assert len(api.asked(domain(api, "/last_clicks"), sent | {"limit": 1000})) == body["clicks"]
    clicks: int = body["clicks"]
    return clicks


COLUMNS = {
    "countries": ("country", ["at", "CH"], ["AT", "CH", "DE"]),
    "browsers": ("browser", ["Firefox", "Opera"], ["Firefox", "Opera", "Safari"]),
    "browserVersions": ("browser_version", ["1", "2"], ["1", "2", "3"]),
    "socials": ("social", ["vk", ""], ["vk", "", "reddit"]),
    "statuses": ("status", [301, "404"], [301, 404, 302]),
    "methods": ("method", ["get", "HEAD"], ["GET", "HEAD", "POST"]),
    "refhosts": ("referrer_host", ["a.example", ""], ["a.example", "", "b.example"]),
    "utmSources": ("utm_source", ["a", "b"], ["a", "b", "c"]),
    "utmMediums": ("utm_medium", ["a", "b"], ["a", "b", "c"]),
    "utmCampaigns": ("utm_campaign", ["a", "b"], ["a", "b", "c"]),
    "utmTerms": ("utm_term", ["a", "b"], ["a", "b", "c"]),
    "utmContents": ("utm_content", ["a", "b"], ["a", "b", "c"]),
    "oses": ("os", ["iOS", "Android"], ["iOS", "Android", "Linux"]),
    "cities": ("city", ["Paris", "Köln"], ["Paris", "Köln", "Berlin"]),
    "regions": ("region", ["Bavaria", ""], ["Bavaria", "", "Berlin"]),
    "devices": ("device", ["mobile", "Tablet"], ["mobile", "tablet", "desktop"]),
    "languages": ("language", ["de", "FR"], ["de", "fr", "en"]),
    "bots": ("bot", ["Googlebot", "bingbot"], ["Googlebot", "bingbot", ""]),
    "abPaths": ("ab_path", ["a", "split"], ["a", "split", "original"]),
    "paths": ("path", ["/a", "/b"], ["/a", "/b", "/c"]),
}


@pytest.mark.parametrize("key", COLUMNS)
def test_a_key_keeps_the_clicks_with_one_of_its_values_and_leaves_them_out(api: CountedApi, key: str):
    column, wanted, held = COLUMNS[key]
    api.clicks(*[here(api, 0, **{column: value}) for value in held])
    assert counted(api, {key: wanted}) == 2
    assert counted(api, exclude={key: wanted}) == 1
    assert counted(api, {key: wanted[0]}) == 1
    assert counted(api, {key: []}) == 0
    assert counted(api, exclude={key: []}) == 3
    assert counted(api, {key: wanted}, {key: wanted[:1]}) == 1


@pytest.mark.parametrize(
    ("alias", "fields"),
    [
        ("os", {"os": "iOS"}),
        ("oss", {"os": "iOS"}),
        ("st", {"status": 410}),
        ("refhost", {"referrer_host": "a.example"}),
        ("utm_term", {"utm_term": "x"}),
        ("ab_path", {"ab_path": "b"}),
        ("country", {"country": "IN"}),
    ],
)
def test_the_name_of_a_column_is_a_key_too(api: CountedApi, alias: str, fields: dict[str, Any]):
    api.clicks(here(api, 0, **fields), here(api, 0))
    assert counted(api, {alias: list(fields.values())}) == 1


@pytest.mark.parametrize("value", [True, "true", 1, "1", "TRUE"])
def test_scans_and_people_are_asked_for_by_a_flag(api: CountedApi, value: object):
    api.clicks(here(api, scan=True), here(api), here(api), here(api, human=False, bot="b", scan=True))
    assert (counted(api, {"scan": value}), counted(api, exclude={"scan": value})) == (2, 2)
    assert (counted(api, {"human": value}), counted(api, {"human": value, "scan": value})) == (3, 1)
    body = api.asked(domain(api), {"period": "today", "include": {"human": False}})
    assert (body["clicks"], body["humanClicks"]) == (1, 0)


def test_keys_go_together_and_so_do_two_spellings_of_one(api: CountedApi):
    api.clicks(here(api, os="iOS", device="mobile"), here(api, os="iOS", device="tablet"), here(api))
    assert counted(api, {"oses": ["iOS", "Linux"], "devices": ["tablet", "desktop"]}) == 2
    assert counted(api, {"oses": ["iOS"], "os": ["Linux"]}) == 0
    assert counted(api, exclude={"oses": ["iOS"], "devices": ["mobile"]}) == 1


def test_a_span_of_time_is_a_filter_beside_the_period(api: CountedApi):
    api.clicks(*[here(api, at=NOW - timedelta(hours=hours)) for hours in range(4)])
    ends = [(NOW - timedelta(hours=hours)).isoformat() for hours in (2, 1)]
    assert (counted(api, {"dt": ends}), counted(api, exclude={"dt": ends}), counted(api, {"dt": ends[::-1]})) == (2, 2, 0)


def test_cities_are_known_by_the_numbers_that_top_lists_have_and_bots_have_cities_too(api: CountedApi):
    texan = here(api, city="Paris", country="US", region="Texas")
    api.clicks(texan, texan._replace(human=False, bot="b"), here(api, city="Paris", country="FR", region="Paris"), here(api))
    rows = api.asked(domain(api, "/top"), {"column": "city", "include": {"human": False}})
    number = rows[0]["column"]
    assert (rows[0]["displayName"], counted(api, {"cities": [number]}), counted(api, {"cities": [int(number)]})) == (
        "Paris",
        2,
        2,
    )
    assert counted(api, {"cities": [number, "Berlin"]}) == 3
    assert counted(api, {"cities": "Paris"}) == 3
    assert counted(api, exclude={"cities": [number]}) == 2
    assert counted(api, {"cities": ["1"]}) == 0


def test_goals_keep_the_clicks_that_led_to_them(api: CountedApi):
    clicks = [here(api, nonce=number) for number in (1, 2, 3)]
    api.clicks(*clicks, here(api))
    goals = [(0, "buy"), (0, "look"), (1, "look")]
    came = [Conversion(api.domain_id, 1, NOW, clicks[place].nonce, name, NOW, 1.0) for place, name in goals]
    api.store.write_portions([Portion(None, [Span("goals", None, 1)], came)])
    assert counted(api, {"goals": ["look"]}) == 2
    assert counted(api, {"goals": ["buy", "look"]}) == 2
    assert counted(api, {"goals": [""]}) == 2
    assert counted(api, exclude={"goals": ["buy"]}) == 3
    rows = api.asked(domain(api, "/top"), {"column": "goal_completed", "include": {"goals": ["buy"]}})
    assert {row["column"]: row["score"] for row in rows} == {"buy": "1", "look": "1"}


class TestLinks:
    def test_tags_are_those_that_links_have_now(self, api: CountedApi):
        news, both = (api.created(allowDuplicates=True, tags=tags)["idString"] for tags in (["news"], ["news", "spring"]))
        _, other = api.link()
        numbers = [number_of(api, news), number_of(api, both)]
        api.clicks(*[here(api, number) for number in (*numbers, numbers[1], other, 0)])
        assert (counted(api, {"tags": ["news"]}), counted(api, {"tags": "spring"})) == (3, 2)
        assert (counted(api, {"tags": ["spring", " news "]}), counted(api, exclude={"tags": ["spring"]})) == (3, 3)
        assert counted(api, {"tags": ["news"]}, {"tags": ["spring"]}) == 1
        assert api.request("POST", f"/links/{both}", json={"tags": ["spring"]}).status_code == 200
        assert counted(api, {"tags": ["news"]}) == 1

    @pytest.mark.parametrize("tag", ["nobody", "", "\x00", "😀", "'; DROP TABLE links; --", "x" * 10_000])
    def test_a_tag_that_no_link_has_fits_no_click(self, api: CountedApi, tag: str):
        api.clicks(here(api))
        assert (counted(api, {"tags": [tag]}), counted(api, exclude={"tags": [tag]})) == (0, 1)

    def test_folders_are_known_by_id_and_by_name_and_unknown_ones_refused(self, api: CountedApi):
        api.add_folder("f1")
        inside = number_of(api, api.created(allowDuplicates=True, folderId="f1")["idString"])
        _, outside = api.link()
        api.clicks(here(api, inside), here(api, inside), here(api, outside))
        assert (counted(api, {"folders": ["f1"]}), counted(api, {"folders": "f"})) == (2, 2)
        assert (counted(api, exclude={"folders": ["f1"]}), counted(api, {"folders": []})) == (1, 0)
        for where in ("include", "exclude"):
            answer = api.request("POST", domain(api), json={where: {"folders": ["f1", "nowhere"]}})
            assert (answer.status_code, answer.json()["field"]) == (400, f"{where}.folders")
            assert "nowhere" in answer.json()["message"]

    def test_a_link_fits_its_own_tags_folder_and_no_others(self, api: CountedApi):
        api.add_folder("f1")
        link_id = api.created(allowDuplicates=True, tags=["news"], folderId="f1")["idString"]
        api.created(allowDuplicates=True, tags=["spring"])
        api.clicks(here(api, number_of(api, link_id)))
        found = {
            name: [
                api.asked(f"/statistics/link/{link_id}", {"include": {key: [name]}})["totalClicks"],
                len(api.asked(f"/statistics/link/{link_id}/top", {"column": "os", "exclude": {key: [name]}})),
            ]
            for key, name in (("tags", "news"), ("tags", "spring"), ("folders", "f"), ("tags", "none"))
        }
        assert found == {"news": [1, 0], "spring": [0, 1], "f": [1, 0], "none": [0, 1]}

    def test_more_links_than_a_question_can_carry_are_refused_in_all_filters_together(
        self, api: CountedApi, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(statistics_filters, "MAX_FILTER_LINKS", 3)
        for _ in range(2):
            api.created(allowDuplicates=True, tags=["two"])
        assert counted(api, {"tags": ["two"]}) == 0
        answer = api.request("POST", domain(api), json={"include": {"tags": ["two"]}, "exclude": {"tags": ["two"]}})
        assert (answer.status_code, answer.json()["field"]) == (400, "exclude.tags")
        assert "more than 3 links" in answer.json()["message"]

    def test_a_path_fits_the_link_that_has_it_now_however_it_was_visited(self, api: CountedApi):
        number = number_of(api, api.created(path="Spring")["idString"])
        api.clicks(
            here(api, number, path="/Spring"), here(api, number, path="/old-name"), here(api, 0, path="/else", status=404)
        )
        assert (counted(api, {"paths": ["/Spring"]}), counted(api, exclude={"paths": ["/Spring"]})) == (2, 1)
        assert (counted(api, {"paths": ["/else", "/Spring"]}), counted(api, {"paths": ["/else"]})) == (3, 1)
        row = api.asked(domain(api, "/top"), {"column": "path", "prefix": "/"})[0]
        assert (row["column"], row["score"]) == ("/Spring", "2")

    def test_a_path_of_a_link_with_a_wildcard_is_told_as_production_does(self, api: CountedApi):
        number = number_of(api, api.created(path="docs/*")["idString"])
        api.clicks(here(api, number, path="/docs/Intro", query="a=1"))
        (found,) = api.asked(domain(api, "/last_clicks"), {"include": {"paths": ["/docs/*"]}})
        assert (found["path"], found["lcpath"]) == ("/docs/*", "/docs/*")
        assert found["url"] == "http://go.example/docs/Intro?a=1"


def test_a_query_string_knows_no_filters(api: CountedApi):
    link_id, number = api.link()
    api.clicks(here(api, number))
    for path in (domain(api), f"/statistics/link/{link_id}", domain(api, "/paths"), domain(api, "/conversions")):
        assert api.asked(path, include="nonsense", exclude='{"human": true}') == api.asked(path)


def test_as_many_values_as_are_allowed_are_taken_for_every_key_at_once(api: CountedApi):
    api.clicks(here(api, 0, path="/v1", os="v1", status=1))
    numbered = [f"v{number}" for number in range(MAX_FILTER_VALUES)]
    values: dict[str, list[Any]] = dict.fromkeys(
        ("oses", "utmTerms", "browsers", "tags", "regions", "abPaths", "goals"), numbered
    )
    values |= {"paths": [f"/{each}" for each in numbered], "statuses": list(range(MAX_FILTER_VALUES))}
    assert counted(api, exclude=values) == 0
    assert counted(api, {key: values[key] for key in ("paths", "oses", "statuses")}) == 1


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"oses": {}}, "include.oses"),
        ({"os": [1]}, "include.os"),
        ({"cities": [1.5]}, "include.cities"),
        ({"cities": [True]}, "include.cities"),
        ({"regions": [["Bavaria"]]}, "include.regions"),
        ({"tags": [None]}, "include.tags"),
        ({"tags": 5}, "include.tags"),
        ({"folders": [{}]}, "include.folders"),
        ({"goals": ["a"] * (MAX_FILTER_VALUES + 1)}, "include.goals"),
        ({"scan": []}, "include.scan"),
        ({"scan": 2}, "include.scan"),
        ({"human": "perhaps"}, "include.human"),
        ({"human": [True]}, "include.human"),
        ({"dt": "2026-01-01"}, "include.dt"),
        ({"dt": [{}, {}]}, "include.dt"),
        ({"dt": [None, None]}, "include.dt"),
        ({"dt": ["2026-01-01", "2026-01-01T00:00:00"]}, "include.dt"),
        ({"dt": ["9" * 400, "0"]}, "include.dt"),
        ({"statuses": [-1]}, "include.statuses"),
        ({"statuses": [3.5]}, "include.statuses"),
        ({"statuses": ["abc"]}, "include.statuses"),
        ({"statuses": [10**30]}, "include.statuses"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_their_key(api: CountedApi, sent: dict[str, Any], field: str):
    link_id, _ = api.link()
    places = ["", "/by_interval", "/top", "/last_clicks"]
    for path in [*(domain(api, each) for each in places), f"/statistics/link/{link_id}"]:
        answer = api.request("POST", path, json={"column": "os", "include": sent})
        body = answer.json()
        assert (answer.status_code, body["field"], body["statusCode"], body["success"]) == (400, field, 400, False), answer.text
        assert field in body["message"]


def test_a_key_that_is_no_filter_is_refused_by_its_name(api: CountedApi):
    for name in ("include", "exclude"):
        answer = api.request("POST", domain(api), json={"period": "today", name: {"countries": ["DE"], "country_": ["DE"]}})
        body = answer.json()
        assert (answer.status_code, body["field"]) == (400, f"{name}.country_"), answer.text
        assert "'country_'; there are abPaths, " in body["message"]
