"""The form that creates and edits a link, over the real application."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from linnet.model.rules import rules_json
from tests.dashboard.conftest import Site
from tests.dashboard.link_forms import EVERYTHING, HTML, NEW, RTL, contents, errors_in, fields_of, new_link, opened, send


def test_a_link_is_made_with_all_that_the_form_has(site: Site):
    site.sign_in()
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
    site.sign_in()
    page = new_link(site, **EVERYTHING)
    before = contents(site, page)
    fields = opened(site, page)
    assert (fields["path"], fields["originalURL"]) == (["spring/sale"], ["https://example.com/page?a=1#part"])
    assert fields["password"] == [""]
    assert send(site, page, fields).headers["location"] == page
    assert contents(site, page) == before


def test_only_what_was_changed_is_written(site: Site):
    site.sign_in()
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
    site.sign_in()
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


@pytest.mark.parametrize(("wrong", "place"), WRONG)
@pytest.mark.parametrize("existing", [False, True])
def test_what_is_wrong_is_told_beside_the_field_and_nothing_typed_is_lost(
    site: Site, wrong: dict[str, Any], place: str, existing: bool
):
    site.sign_in()
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
    site.sign_in()
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
    site.sign_in()
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
    site.sign_in()
    page = new_link(site, originalURL="https://example.com/first", path="Taken")
    typed = opened(site, NEW) | {"originalURL": "https://example.com/second", "path": "taken"}
    answer = send(site, NEW, typed, "path")
    assert answer.status_code == 200
    assert "Another link has this path: it leads to https://example.com/first" in answer.text
    assert set(errors_in(send(site, NEW, typed).text)) == {"path"}
    assert "Another link has this path" not in send(site, page, opened(site, page), "path").text


def test_a_destination_that_has_a_link_is_told_and_made_once_more_when_asked(site: Site):
    site.sign_in()
    page = new_link(site, originalURL="https://example.com/first")
    typed = opened(site, NEW) | {"originalURL": "https://example.com/first", "title": "Second"}
    answer = send(site, NEW, typed)
    assert answer.status_code == 409
    assert f'href="{page}"' in answer.text
    assert fields_of(answer.text)["title"] == ["Second"]
    again = send(site, NEW, fields_of(answer.text), "again")
    assert contents(site, again.headers["location"].partition("?")[0]).link.title == "Second"


def test_buttons_in_the_form_change_rows_and_save_nothing(site: Site):
    site.sign_in()
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
    site.sign_in()
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
