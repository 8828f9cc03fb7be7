"""Variants of a link and conversions over the API, from clicks and goals in the real store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.actions.installation import Installed
from linnet.clicks.conversions import Conversion
from linnet.clicks.store_duckdb import Portion, Span
from linnet.model.click import Click
from tests.api.counted import NOW, CountedApi, counted_api, domain, here


@pytest.fixture
def api(tmp_path: Path, installation: tuple[Path, Installed]) -> Iterator[CountedApi]:
    with counted_api(tmp_path, installation) as counted:
        yield counted


def convert(api: CountedApi, *goals: tuple[Click, str, float]) -> None:
    came = [Conversion(of.domain_id, of.link_number, of.at, of.nonce, name, of.at, value) for of, name, value in goals]
    api.store.write_portions([Portion(None, [Span("goals", None, 1)], came)])


def clicks_of(api: CountedApi, number: int, label: str, people: int, **fields: Any) -> list[Click]:
    return [
        here(api, number, ab_path=label, nonce=ord(label[:1] or "0") * 100 + each, visitor=each, **fields)
        for each in range(1, people + 1)
    ]


def test_the_variants_of_a_split_are_compared_in_one_call(api: CountedApi):
    made = api.created(splitURL="https://example.com/b", splitPercent=30, allowDuplicates=True)
    number = number_of_link(api, made["idString"])
    original, split = clicks_of(api, number, "original", 7), clicks_of(api, number, "split", 3)
    old = here(api, number, ab_path="split", nonce=99_999, at=NOW - timedelta(days=40), visitor=1)
    api.clicks(*original, *split, old, here(api, number, ab_path="split", human=False, bot="b", visitor=9))
    convert(
        api, (split[0], "buy", 20.0), (split[0], "look", 0.1), (split[1], "look", 0.2), (original[0], "buy", 5), (old, "buy", 1)
    )
    body = api.asked(f"/statistics/link/{made['idString']}/variants")
    assert body["interval"] == {"startDate": "2026-04-14T00:00:00.000Z", "endDate": "2026-05-13T23:59:59.999Z"}
    assert body["variants"] == [
        {
            "variant": "original",
            "originalURL": made["originalURL"],
            "weight": 70,
            "clicks": 7,
            "humanClicks": 7,
            "uniqueVisitors": 7,
            "scans": 0,
            "conversions": 1,
            "conversionValue": 5.0,
            "convertedClicks": 1,
            "conversionRate": "14.29",
        },
        {
            "variant": "split",
            "originalURL": "https://example.com/b",
            "weight": 30,
            "clicks": 4,
            "humanClicks": 3,
            "uniqueVisitors": 3,
            "scans": 0,
            "conversions": 3,
            "conversionValue": 20.3,
            "convertedClicks": 2,
            "conversionRate": "66.67",
        },
    ]


def test_weighted_variants_are_listed_before_anybody_got_them_and_after_they_were_removed(api: CountedApi):
    link_id, number = api.link()
    variants = [{"weight": 1, "name": "Old page"}, {"weight": 3, "originalURL": "https://example.com/new"}]
    assert api.request("PUT", f"/link_variants/{link_id}", json=variants).status_code == 200
    api.clicks(*clicks_of(api, number, "b", 2), *clicks_of(api, number, "p", 1), *clicks_of(api, number, "", 5))
    rows = api.asked(f"/statistics/link/{link_id}/variants", period="today")["variants"]
    assert [(row["variant"], row["weight"], row["clicks"]) for row in rows] == [("a", 1, 0), ("b", 3, 2), ("p", 0, 1)]
    assert [row["originalURL"] for row in rows] == ["https://example.com/", "https://example.com/new", None]
    assert ([row.get("name") for row in rows], rows[0]["conversionRate"]) == (["Old page", None, None], "0.00")
    assert api.asked(f"/statistics/link/{api.link()[0]}/variants")["variants"] == []


def test_conversions_are_told_by_goal_with_their_value(api: CountedApi):
    link_id, number = api.link()
    _, other = api.link()
    mine, theirs = clicks_of(api, number, "", 4), clicks_of(api, other, "a", 1)
    api.clicks(*mine, *theirs, here(api, number, human=False, bot="b"))
    convert(api, (mine[0], "buy", 10.0), (mine[1], "buy", 2.5), (mine[0], "<script>", 0), (theirs[0], "buy", 100))
    body = api.asked(f"/statistics/link/{link_id}/conversions", period="total")
    assert body["interval"] == {"startDate": None, "endDate": None}
    assert (body["clicks"], body["humanClicks"]) == (5, 4)
    assert body["goals"] == [
        {
            "goal": "buy",
            "conversions": 2,
            "conversionValue": 12.5,
            "convertedClicks": 2,
            "uniqueVisitors": 2,
            "conversionRate": "50.00",
        },
        {
            "goal": "<script>",
            "conversions": 1,
            "conversionValue": 0.0,
            "convertedClicks": 1,
            "uniqueVisitors": 1,
            "conversionRate": "25.00",
        },
    ]
    whole = api.asked(domain(api, "/conversions"), period="today")
    assert [(row["goal"], row["conversions"], row["conversionValue"]) for row in whole["goals"]] == [
        ("buy", 3, 112.5),
        ("<script>", 1, 0.0),
    ]


def test_where_there_is_no_click_nothing_is_divided(api: CountedApi):
    body = api.asked(domain(api, "/conversions"))
    assert (body["clicks"], body["conversions"], body["conversionValue"], body["goals"]) == (0, 0, 0.0, [])


def test_what_others_have_is_answered_as_what_nobody_has_and_bad_periods_by_their_name(api: CountedApi):
    foreign_key, foreign = api.other_owner()
    link_id, _ = api.link()
    for rest in ("variants", "conversions"):
        hidden = api.request("GET", f"/statistics/link/{link_id}/{rest}", key=foreign_key)
        assert (hidden.status_code, hidden.text) == (404, api.request("GET", f"/statistics/link/lnk_1_x/{rest}").text)
        wrong = api.request("GET", f"/statistics/link/{link_id}/{rest}", params={"period": "soon"})
        assert (wrong.status_code, wrong.json()["field"]) == (400, "period")
        assert api.request("GET", f"/statistics/link/{link_id}/{rest}", key=api.installed.public_key).status_code == 403
    assert api.request("GET", f"/statistics/domain/{foreign.id}/conversions").status_code == 404


def number_of_link(api: CountedApi, link_id: str) -> int:
    with api.database.read() as work:
        link = work.links.find(link_id)
    assert link is not None
    return link.number
