"""The form that creates and edits a link, over the real application."""

import html
import json
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from linnet.model.rules import rules_json
from linnet.visitor.regions import _codes
from tests.dashboard.conftest import Site
from tests.dashboard.link_forms import EVERYTHING, HTML, NEW, RTL, contents, errors_in, fields_of, new_link, opened, send


def test_a_link_is_made_with_all_that_the_form_has(site: Site):
    site.enter()
    made = contents(site, new_link(site, **EVERYTHING))
    link = made.link
    assert link.original_url == "https://example.com/page?a=1&utm_source=letter&utm_medium=e-mail+%26+more#part"
    assert (link.path, link.title, link.tags) == ("spring/sale", f"{HTML}{RTL}", ("red", HTML, "blue"))
    assert link.expires_at == datetime(2035, 1, 2, 3, 4, tzinfo=UTC)
    assert link.delete_at == datetime(2036, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert link.created_at == datetime(2020, 2, 3, 4, 5, tzinfo=UTC)
    assert (link.clicks_limit, link.split_percent, link.redirect_type) == (1000, 30, 307)
    assert (link.cloaking, link.skip_query, link.archived, link.password_contact) == (False, True, True, True)
    assert link.password_hash is not None
    assert link.integration_ga == "G-ABCDEF1234"
    assert [(each.country, each.region, each.original_url) for each in made.places] == [
        ("DE", "", "https://example.com/de"),
        ("US", "CA", "https://example.com/ca"),
    ]
    assert [(each.weight, each.original_url, each.name) for each in made.own.variants] == [
        (70, None, ""),
        (30, "https://example.com/b", "B"),
    ]
    assert rules_json(made.own.rules) == [
        {
            "name": "Closed",
            "condition": {
                "all": [
                    {"timeOfDay": {"from": "18:00", "until": "08:00", "timeZone": "Europe/Berlin"}},
                    {"weekday": {"days": ["saturday", "sunday"], "timeZone": "UTC"}},
                    {"not": {"country": ["DE", "EU"]}},
                    {"query": {"name": "ref", "contains": "news"}},
                    {"referrer": {"hosts": ["example.com"], "subdomains": False}},
                ]
            },
            "originalURL": "https://example.com/closed",
        },
        {
            "condition": {"any": [{"os": ["ios"]}, {"all": [{"language": ["de"]}]}]},
            "originalURL": "https://example.com/nested",
        },
    ]
    assert made.opengraph == (
        ("title", HTML),
        ("description", "Two\r\nlines"),
        ("image", "https://example.com/a.png"),
        ("locale:alternate", "de_DE"),
        ("locale:alternate", "fr_FR"),
    )


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(site: Site):
    site.enter()
    page = new_link(site, **EVERYTHING)
    before = contents(site, page)
    fields = opened(site, page)
    assert (fields["path"], fields["originalURL"]) == (["spring/sale"], ["https://example.com/page?a=1#part"])
    assert fields["password"] == [""]
    assert send(site, page, fields).headers["location"] == page
    assert contents(site, page) == before


def test_only_what_was_changed_is_written(site: Site):
    site.enter()
    page = new_link(site, **EVERYTHING)
    before = contents(site, page)
    changed = {"utmMedium": "", "tags": ["blue"], "place": ["2"], "password.remove": "1", "clicksLimit": "", "archived": []}
    assert send(site, page, opened(site, page) | changed).status_code == 303
    after = contents(site, page)
    assert after.link.original_url == "https://example.com/page?a=1&utm_source=letter#part"
    assert (after.link.tags, after.link.clicks_limit, after.link.archived) == (("blue",), None, False)
    assert after.link.password_hash is None
    assert after.places == before.places[1:]
    assert (after.own, after.opengraph) == (before.own, before.opengraph)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles"])
def test_times_are_those_of_the_zone_that_the_form_was_made_for(site: Site, zone: str):
    site.enter()
    page = new_link(site, originalURL="https://example.com/", expiresAt="2035-07-02T12:00", zone=zone)
    expected = datetime(2035, 7, 2, 12, 0, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert contents(site, page).link.expires_at == expected


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"originalURL": ""}, "originalURL"),
    ({"originalURL": "javascript:alert(1)"}, "originalURL"),
    ({"originalURL": "x" * 10_000}, "originalURL"),
    ({"title": "x" * 10_000}, "title"),
    ({"title": "a\x00b"}, "title"),
    ({"path": "x" * 10_000}, "path"),
    ({"path": ".well-known/x"}, "path"),
    ({"tags.new": "x" * 10_000}, "tags"),
    ({"tags": [str(number) for number in range(101)]}, "tags"),
    ({"folderId": "nowhere"}, "folderId"),
    ({"utmTerm": "x" * 10_000}, "utmTerm"),
    ({"expiresAt": HTML}, "expiresAt"),
    ({"expiresAt": "0001-01-01T00:00", "zone": "Asia/Tokyo"}, "expiresAt"),
    ({"ttl": "2001-01-01T00:00"}, "ttl"),
    ({"clicksLimit": "-1"}, "clicksLimit"),
    ({"clicksLimit": "many"}, "clicksLimit"),
    ({"splitPercent": "101"}, "splitPercent"),
    ({"redirectType": "303"}, "redirectType"),
    ({"expiredURL": "ftp://x"}, "expiredURL"),
    ({"password": "x" * 10_000}, "password"),
    ({"integrationGTM": "x" * 10_000}, "integrationGTM"),
    ({"og.title": "x" * 10_000}, "og-title"),
    ({"og.image": "javascript:x"}, "og-image"),
    ({"tag": ["1"], "tag.1.property": HTML, "tag.1.content": "x"}, "tag-1-content"),
    ({"place": ["7"], "place.7.country": HTML, "place.7.url": "https://example.com"}, "place-7-country"),
    ({"place": ["7"], "place.7.country": "US", "place.7.region": "QQ", "place.7.url": "https://b.example"}, "place-7-region"),
    ({"place": ["7"], "place.7.country": "DE", "place.7.url": RTL}, "place-7-url"),
    ({"place.text": "DE https://example.com\nXX https://example.com"}, "place-text"),
    ({"variant": ["4"], "variant.4.url": "https://example.com/b"}, "variant-4-weight"),
    ({"variant": ["4"], "variant.4.weight": "1", "variant.4.url": HTML}, "variant-4-url"),
    ({"rule": ["5"], "rule.5.name": "x"}, "rule-5-url"),
    ({"rule": ["5"], "rule.5.url": "https://example.com"}, "rule-5-match"),
    ({"rule": ["5"], "rule.5.name": "x" * 10_000, "rule.5.match": "json", "rule.5.json": "[" * 5000}, "rule-5-json"),
]


def places(*rows: tuple[str, str]) -> dict[str, Any]:
    """The fields of rows with a country, a region, and a destination for each."""
    fields: dict[str, Any] = {"place": [str(number) for number in range(1, len(rows) + 1)]}
    for number, (country, region) in enumerate(rows, 1):
        values = {"country": country, "region": region, "url": f"https://example.com/{number}"}
        fields |= {f"place.{number}.{name}": value for name, value in values.items()}
    return fields


def test_places_are_named_or_given_by_their_codes(site: Site):
    site.enter()
    typed = places(
        ("Germany", "Bayern"),
        ("de", "berlin"),
        ("DE", "Saxony"),
        ("us", "us-ca"),
        ("uk", ""),
        ("European Union", ""),
        ("AT", "9"),
    )
    made = contents(site, new_link(site, originalURL="https://example.com/", **typed))
    assert [(each.country, each.region) for each in made.places] == [
        *(("DE", "BY"), ("DE", "BE"), ("DE", "SN"), ("US", "CA"), ("GB", ""), ("EU", ""), ("AT", "9"))
    ]


def test_the_regions_of_a_country_that_was_typed_are_offered_by_name(site: Site):
    site.enter()
    typed = opened(site, NEW) | places(("germany", ""), ("US", "california"), ("DE", "Nowhere"), ("Atlantis", ""), ("VA", ""))
    page = html.unescape(send(site, NEW, typed, do="refresh").text)
    offered = re.findall(r'<datalist id="regions-(\d)">(.*?)</datalist>', page, re.DOTALL)
    named = {number: re.findall(r'<option value="(.*?)">(.*?)</option>', options) for number, options in offered}
    assert ("Bayern", "BY") in named["1"]
    assert len(named["1"]) == 16
    assert ("California", "CA") in named["2"]
    assert (named["4"], named["5"]) == ([], [])
    told = re.findall(r'<div id="place-state-\d" role="status"[^>]*>\s*<p>(.*?)</p>', page)
    assert told[:2] == ["Germany, with 16 regions to choose", "California, United States"]
    assert told[2].startswith("'Nowhere' is no region of Germany: choose one of the list, by its name or code, such as ")
    assert told[3:] == ["", "Holy See (Vatican City State)"]


@pytest.mark.parametrize(
    ("country", "region", "told"),
    [
        ("Atlantis", "", "There is no country 'Atlantis': choose one of the list, such as Germany, or type its code, DE."),
        ("", "Bayern", "Choose a country, such as Germany, or type its code, DE."),
        ("DE", "Nowhere", "such as Baden-Württemberg (BW), Bayern (BY)."),
        ("DE", "\u202e" + "x" * 5000, "is no region of Germany"),
        ("EU", "Bayern", "European Union is not divided into regions here: leave this empty."),
    ],
)
def test_what_is_no_place_is_told_with_what_would_be_one(site: Site, country: str, region: str, told: str):
    site.enter()
    answer = send(site, NEW, opened(site, NEW) | {"originalURL": "https://example.com/"} | places((country, region)))
    assert answer.status_code == 400
    assert told in html.unescape(answer.text)


def test_a_visit_is_described_by_names_as_well(site: Site):
    site.enter()
    link = new_link(site, originalURL="https://example.com/", **places(("DE", "BY")))
    answer = site.get(f"{link}/explain?visit.country=Germany&visit.region=Bavaria")
    assert "Decided by: region" in answer.text


def test_what_is_typed_for_a_country_is_not_kept_when_there_is_none(site: Site):
    site.enter()
    link = new_link(site, originalURL="https://example.com/")
    kept = _codes.cache_info().currsize
    for number in range(3):
        assert site.get(f"{link}/explain?visit.country=Nowhere{number}&visit.region=Bavaria").status_code == 400
    assert _codes.cache_info().currsize == kept


def test_who_brings_an_address_goes_on_with_the_path_and_is_told_whither_the_link_leads(site: Site):
    site.enter()
    page = site.get(f"{NEW}?url=https://shop.example.com/spring").text
    assert re.findall(r'<input id="(\w+)"[^>]* autofocus', page) == ["path"]
    assert "<title>New link to shop.example.com · Linnet</title>" in page
    page = site.get(NEW).text
    assert re.findall(r'<input id="(\w+)"[^>]* autofocus', page) == ["originalURL"]
    assert "<title>New link · Linnet</title>" in page
    assert "<title>New link · Linnet</title>" in site.get(f"{NEW}?url={RTL}").text


@pytest.mark.parametrize(("wrong", "place"), WRONG)
@pytest.mark.parametrize("existing", [False, True])
def test_what_is_wrong_is_told_beside_the_field_and_nothing_typed_is_lost(
    site: Site, wrong: dict[str, Any], place: str, existing: bool
):
    site.enter()
    page = new_link(site, originalURL="https://example.com/", path="there") if existing else NEW
    typed = opened(site, page) | {"originalURL": "https://example.com/other", "title": f"{HTML}{RTL}"} | wrong
    answer = send(site, page, typed)
    assert answer.status_code == 400
    assert "<script>alert" not in answer.text
    assert place in errors_in(answer.text), errors_in(answer.text)
    kept = fields_of(answer.text)
    for name, value in typed.items():
        if name not in ("form_token", "once", "tags.new", "tags") and name not in ("redirectType", "folderId"):
            values = value if isinstance(value, list) else [value]
            assert [text.replace("\r\n", "\n") for text in kept.get(name, [])] == values, name
    focused = re.findall(r"<(?:input|textarea|select)[^>]* autofocus", answer.text)
    assert len(focused) == 1
    if existing:
        assert contents(site, page).link.title is None


def test_every_wrong_field_is_told_at_once_and_its_section_is_open(site: Site):
    site.enter()
    wrong = {"originalURL": "x", "clicksLimit": "0", "place": ["1"], "place.1.country": "Q", "place.1.url": "y"}
    rows: dict[str, Any] = {"rule": ["1", "2"], "rule.1.url": "z", "rule.1.match": "json", "rule.1.json": '{"os": ["beos"]}'}
    rows["rule.2.name"] = "n"
    answer = send(site, NEW, opened(site, NEW) | wrong | rows)
    told = errors_in(answer.text)
    assert set(told) == {"originalURL", "clicksLimit", "place-1-country", "rule-1-json", "rule-2-url", "rule-2-match"}
    for section in ("expiry", "targeting", "rules"):
        assert re.search(rf'id="section-{section}"[^>]* open>', answer.text)
    assert not re.search(r'id="section-password"[^>]* open>', answer.text)


def test_conditions_that_are_wrong_are_told_beside_their_own_fields(site: Site):
    site.enter()
    rule = {"rule": ["1"], "rule.1.url": "https://example.com/", "rule.1.match": "any", "rule.1.when": ["1", "3"]}
    wrong = {
        "rule.1.when.1.kind": "language",
        "rule.1.when.1.values": "de",
        "rule.1.when.3.kind": "timeOfDay",
        "rule.1.when.3.from": "25:00",
        "rule.1.when.3.until": "08:00",
    }
    answer = send(site, NEW, opened(site, NEW) | {"originalURL": "https://example.com/"} | rule | wrong)
    assert set(errors_in(answer.text)) == {"rule-1-when-3-from"}


def test_a_taken_path_is_said_beside_it_while_typing_and_on_saving(site: Site):
    site.enter()
    page = new_link(site, originalURL="https://example.com/first", path="Taken")
    typed = opened(site, NEW) | {"originalURL": "https://example.com/second", "path": "taken"}
    answer = send(site, NEW, typed, "path")
    assert answer.status_code == 200
    assert "Another link has this path: it leads to https://example.com/first" in answer.text
    assert set(errors_in(send(site, NEW, typed).text)) == {"path"}
    assert "Another link has this path" not in send(site, page, opened(site, page), "path").text


def test_a_destination_that_has_a_link_is_told_and_made_once_more_when_asked(site: Site):
    site.enter()
    page = new_link(site, originalURL="https://example.com/first")
    typed = opened(site, NEW) | {"originalURL": "https://example.com/first", "title": "Second"}
    answer = send(site, NEW, typed)
    assert answer.status_code == 409
    assert f'href="{page}"' in answer.text
    assert fields_of(answer.text)["title"] == ["Second"]
    again = send(site, NEW, fields_of(answer.text), "again")
    assert contents(site, again.headers["location"].partition("?")[0]).link.title == "Second"


def test_buttons_in_the_form_change_rows_and_save_nothing(site: Site):
    site.enter()
    page = new_link(site, **EVERYTHING)
    before = contents(site, page)
    fields = opened(site, page) | {"title": "typed"}
    for do, name, expected in (
        ("add:place", "place", ["1", "2", "3"]),
        ("remove:place:1", "place", ["2"]),
        ("down:rule:1", "rule", ["2", "1"]),
        ("up:variant:2", "variant", ["2", "1"]),
        ("up:variant:1", "variant", ["1", "2"]),
        ("add:rule.1.when", "rule.1.when", ["1", "2", "3", "4", "5", "6"]),
        ("remove:rule.1.when:3", "rule.1.when", ["1", "2", "4", "5"]),
        ("remove:place:99", "place", ["1", "2"]),
        ("add:nonsense", "place", ["1", "2"]),
        ("take:nonsense", "place", ["1", "2"]),
    ):
        answer = send(site, page, fields, do)
        assert answer.status_code == 200
        kept = fields_of(answer.text)
        assert (kept[name], kept["title"]) == (expected, ["typed"])
    assert contents(site, page) == before


def test_a_rule_goes_from_rows_to_json_and_back(site: Site):
    site.enter()
    rule = {"rule": ["1"], "rule.1.url": "https://example.com/", "rule.1.match": "json", "rule.1.when": ["1", "2"]}
    rows: dict[str, Any] = {"rule.1.when.1.kind": "os", "rule.1.when.1.values": ["ios"]}
    rows |= {"rule.1.when.2.kind": "language", "rule.1.when.2.values": "de"}
    kept = fields_of(send(site, NEW, opened(site, NEW) | rule | rows, "refresh:rule").text)
    assert json.loads(kept["rule.1.json"][0]) == {"all": [{"os": ["ios"]}, {"language": ["de"]}]}
    other = fields_of(send(site, NEW, opened(site, NEW) | rule | rows | {"rule.1.was": "any"}, "refresh:rule").text)
    assert json.loads(other["rule.1.json"][0]) == {"any": [{"os": ["ios"]}, {"language": ["de"]}]}
    back = fields_of(send(site, NEW, kept | {"rule.1.match": "any"}, "refresh:rule").text)
    assert back["rule.1.when"] == ["1", "2"]
    assert back["rule.1.when.1.values"] == ["ios"]
    nested = kept | {"rule.1.match": "all", "rule.1.json": '{"any": [{"all": [{"os": ["ios"]}]}]}'}
    answer = send(site, NEW, nested, "refresh:rule")
    assert fields_of(answer.text)["rule.1.match"] == ["json"]
    assert "JSON only" in answer.text
