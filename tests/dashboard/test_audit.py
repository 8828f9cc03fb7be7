"""The audit log's page and its files, over a real database."""

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from linnet.dashboard.audit_texts import GROUPS, events_of
from linnet.model.audit import Entry, Event
from linnet.model.click_record import unguarded
from tests.dashboard.conftest import Site

HERE = "/dashboard/audit"


def add(site: Site, *entries: dict[str, Any]) -> None:
    with site.database.write() as work:
        for fields in entries:
            values = {"id": 0, "at": site.now(), "user_id": 1, "event": Event.LINK_CREATED, "subject": "lnk"} | fields
            work.audit.add(Entry(**values))


def subjects(site: Site, **query: object) -> list[str]:
    """What the page shows, in its order."""
    page = site.get(f"{HERE}?{urlencode(query)}")
    assert page.status_code == 200, page.text
    return re.findall(r'<code class="text-xs break-all" dir="auto">([^<]*)</code>', page.text)


def exported(site: Site, kind: str = "csv", **query: object) -> list[dict[str, Any]]:
    answer = site.get(f"{HERE}/export?{urlencode(query | {'format': kind})}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    if kind == "csv":
        return list(csv.DictReader(io.StringIO(answer.text)))
    return [json.loads(line) for line in answer.text.splitlines()]


def test_who_did_what_from_where_is_shown_newest_first(site: Site):
    site.enter()
    add(
        site,
        {"subject": "first", "address": "203.0.113.7", "details": {"fields": ["title"]}},
        {"subject": "second", "event": Event.LINKS_PURGED, "user_id": 0, "domain_id": 1, "key_id": 7},
    )
    assert subjects(site)[:2] == ["second", "first"]
    page = site.get(HERE).text
    for shown in ("owner@example.com", "203.0.113.7", "link created", "links purged", "The server itself", "key 7", "title"):
        assert shown in page


def test_every_event_can_be_chosen_by_itself_and_by_its_group(site: Site):
    site.enter()
    page = site.get(HERE).text
    chosen = set(re.findall(r'<option value="([\w.]+)"', page))
    assert {event.value for event in Event} <= chosen
    assert {event for group in GROUPS for event in events_of(group)} == set(Event)


def test_filters_narrow_what_is_shown(site: Site):
    site.enter()
    old = site.now() - timedelta(days=40)
    add(
        site,
        {"subject": "a", "key_id": 3, "domain_id": 1},
        {"subject": "b", "event": Event.KEY_CREATED, "details": {"prefix": "sk_abc"}},
        {"subject": "c", "at": old},
        {"subject": "d", "event": Event.LINKS_DELETED, "domain_id": 1, "user_id": 99},
    )
    assert subjects(site, event="key.created") == ["b"]
    assert set(subjects(site, event="link")) == {"a", "c", "d"}
    assert subjects(site, event="links.deleted") == ["d"]
    assert subjects(site, key=3) == ["a"]
    assert subjects(site, text="SK_ABC") == ["b"]
    assert set(subjects(site, domain=1)) >= {"a", "d"}
    assert subjects(site, person=99) == ["d"]
    assert subjects(site, until=f"{old:%Y-%m-%d}") == ["c"]
    assert subjects(site, since=f"{old:%Y-%m-%d}", until=f"{old:%Y-%m-%d}", event="link") == ["c"]
    assert subjects(site, person=12345, team=99) == []
    assert "Nothing that fits" in site.get(f"{HERE}?person=12345").text


@pytest.mark.parametrize(
    ("query", "field"),
    [("event=%3Cb%3E", "event"), ("since=yesterday", "since"), ("until=2026-13-45", "until"), (f"text={'x' * 10_240}", "text")],
)
def test_filters_that_mean_nothing_are_said_beside_their_field(site: Site, query: str, field: str):
    site.enter()
    page = site.get(f"{HERE}?{query}")
    assert page.status_code == 400
    assert f'id="{field}-error"' in page.text
    assert site.get(f"{HERE}/export?{query}").status_code == 400


@pytest.mark.parametrize("query", ["domain=999", "domain=" + "9" * 15])
def test_a_domain_that_is_not_mine_is_not_found(site: Site, query: str):
    site.enter()
    assert site.get(f"{HERE}?{query}").status_code == 404
    assert site.get(f"{HERE}/export?{query}").status_code == 404


@pytest.mark.parametrize("query", ["before=x", "before=2026-01-01_5", "person=abc", "key=" + "9" * 50, "team=-1", "domain=x"])
def test_nonsense_in_the_address_does_no_harm(site: Site, query: str):
    site.enter()
    assert site.get(f"{HERE}?{query}").status_code == 200


def test_hostile_texts_are_shown_as_text(site: Site):
    site.enter()
    nasty = '"><script>alert(1)</script>'
    add(site, {"subject": nasty, "details": {nasty: [nasty, "\u202e"]}, "address": "<b>"})
    page = site.get(f"{HERE}?{urlencode({'text': nasty})}").text
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 2


def test_pages_go_on_without_losing_or_repeating_anything(site: Site):
    site.enter()
    at = site.now()
    add(site, *({"subject": f"s{number}", "at": at, "event": Event.TAG_REMOVED} for number in range(120)))
    found: list[str] = []
    address = f"{HERE}?event=tag"
    while True:
        page = site.get(address).text
        found += re.findall(r">(s\d+)</code>", page)
        following = re.search(r'href="([^"]+)" class="button-quiet">Older', page)
        if following is None:
            break
        address = following[1].replace("&amp;", "&")
    assert found == [f"s{number}" for number in reversed(range(120))]


def test_files_hold_what_the_filters_give_and_nothing_that_a_spreadsheet_runs(site: Site):
    site.enter()
    formula = '=HYPERLINK("http://evil.example";"x")'
    add(
        site,
        {"subject": formula, "address": "203.0.113.7", "details": {"größe": '"quoted", and\nlines'}, "domain_id": 1},
        {"subject": "other", "event": Event.KEY_CREATED},
    )
    (row,) = exported(site, event="link.created")
    assert row["subject"] == f"'{formula}"
    assert unguarded(row["subject"]) == formula
    assert json.loads(row["details"]) == {"größe": '"quoted", and\nlines'}
    assert (row["user"], row["address"], row["domain_id"], row["team_id"]) == ("owner@example.com", "203.0.113.7", "1", "")
    (line,) = exported(site, "ndjson", event="link.created")
    assert (line["subject"], line["details"], line["user_id"]) == (formula, {"größe": '"quoted", and\nlines'}, 1)
    assert list(line) == list(row)
    assert len(exported(site)) >= 2
    assert site.get(f"{HERE}/export?format=exe").status_code == 400


def test_a_file_has_all_pages_up_to_its_bound(site: Site, monkeypatch: pytest.MonkeyPatch):
    site.enter()
    at = site.now()
    add(site, *({"subject": f"s{number}", "at": at, "event": Event.TAG_REMOVED} for number in range(250)))
    monkeypatch.setattr("linnet.actions.audit._PORTION", 100)
    rows = exported(site, event="tag.removed")
    assert [row["subject"] for row in rows] == [f"s{number}" for number in reversed(range(250))]
    monkeypatch.setattr("linnet.actions.audit.MAX_EXPORTED", 120)
    assert len(exported(site, "ndjson", event="tag.removed")) == 120
