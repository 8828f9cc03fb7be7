"""Visitors, scans and conversions in reports, beside Short.io's own numbers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.actions.installation import Installed
from linnet.clicks.conversions import Conversion
from linnet.clicks.portions import Portion, Span
from linnet.model.click import Click
from tests.api.counted import NOW, CountedApi, counted_api, domain, here

DAY = timedelta(days=1)


@pytest.fixture
def api(tmp_path: Path, installation: tuple[Path, Installed]) -> Iterator[CountedApi]:
    with counted_api(tmp_path, installation) as counted:
        yield counted


def convert(api: CountedApi, *goals: tuple[Click, str, float]) -> None:
    came = [Conversion(of.domain_id, of.link_number, of.at, of.nonce, name, of.at + DAY, value) for of, name, value in goals]
    api.store.write_portions([Portion(None, [Span(f"goals of {came[0].nonce}", None, 1)], came)])


def visitors(api: CountedApi, **asked: Any) -> int:
    found: int = api.asked(domain(api), asked)["uniqueVisitors"]
    return found


def test_a_visitor_counts_once_a_day_and_neither_bots_nor_who_is_unknown_count(api: CountedApi):
    twice = [here(api, visitor=7), here(api, visitor=7, at=NOW - timedelta(hours=20))]
    yesterday = [here(api, visitor=7, at=NOW - DAY), here(api, visitor=8, at=NOW - DAY), here(api, visitor=9, at=NOW - DAY)]
    api.clicks(*twice, *yesterday, here(api, visitor=0), here(api, visitor=5, human=False, bot="b"))
    body = api.asked(domain(api), period="today")
    assert (body["humanClicks"], body["uniqueVisitors"], body["prevUniqueVisitors"]) == (3, 1, 3)
    assert (body["uniqueVisitorsChange"], body["uniqueVisitorsChangePositive"]) == ("-66.67", False)
    assert (visitors(api, period="last7"), visitors(api, period="total"), visitors(api, period="yesterday")) == (4, 4, 3)
    assert visitors(api, period="total", include={"human": True}) == 4
    assert visitors(api, period="total", include={"human": False}) == 0


def test_what_a_link_has_is_its_own(api: CountedApi):
    (link_id, number), (_, other) = api.link(), api.link()
    mine = [here(api, number, visitor=each % 3 + 1, nonce=each, scan=each < 3) for each in range(1, 6)]
    before = here(api, number, visitor=1, nonce=90, at=NOW - DAY, scan=True)
    theirs = here(api, other, visitor=50, nonce=91)
    api.clicks(*mine, before, theirs, here(api, number, scan=True, human=False, bot="b", nonce=92))
    convert(
        api, (mine[0], "buy", 10.0), (mine[0], "look", 0.25), (mine[1], "buy", 2.5), (before, "buy", 1.0), (theirs, "buy", 99)
    )
    body = api.asked(f"/statistics/link/{link_id}", period="today")
    assert (body["totalClicks"], body["humanClicks"], body["uniqueVisitors"], body["uniqueVisitorsChange"]) == (
        6,
        5,
        3,
        "200.00",
    )
    assert (body["scans"], body["scansChange"]) == (2, "100.00")
    assert (body["conversions"], body["conversionValue"], body["conversionsChange"]) == (3, 12.75, "200.00")
    whole = api.asked(domain(api), period="today")
    assert (whole["uniqueVisitors"], whole["scans"], whole["prevScans"]) == (4, 2, 1)
    assert (whole["conversions"], whole["prevConversions"], whole["conversionsChange"]) == (4, 1, "300.00")
    assert (whole["conversionValue"], whole["prevConversionValue"]) == (111.75, 1.0)
    of_goal = api.asked(f"/statistics/link/{link_id}", {"period": "total", "include": {"goals": ["look"]}})
    # All goals of the clicks that led to this one.
    assert (of_goal["totalClicks"], of_goal["conversions"], of_goal["conversionValue"]) == (1, 2, 10.25)
    conversions = api.asked(domain(api, "/conversions"), period="today")
    assert (conversions["conversions"], conversions["conversionValue"], conversions["uniqueVisitors"]) == (4, 111.75, 4)


@pytest.mark.parametrize("include", [None, {"browsers": ["Firefox"]}], ids=["whole", "filtered"])
def test_days_that_are_over_and_days_of_another_zone_count_the_same(api: CountedApi, include: dict[str, Any] | None):
    moments = [NOW - timedelta(hours=5 * number) for number in range(40)]
    clicks = [here(api, number % 3, at=at, visitor=number % 4 + 1, scan=number % 2 == 0) for number, at in enumerate(moments)]
    api.clicks(*clicks)
    for zone in ("UTC", "Asia/Kolkata", "America/New_York"):
        body = api.asked(domain(api), {"period": "last7", "tz": zone, "include": include})
        start = body["interval"]["startDate"]
        inside = [click for click in clicks if click.at.isoformat() >= start.replace("Z", "+00:00")]
        assert body["uniqueVisitors"] == len({(click.at.date(), click.visitor) for click in inside})
        assert body["scans"] == sum(click.scan for click in inside)
