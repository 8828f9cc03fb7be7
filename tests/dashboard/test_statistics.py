"""Statistics pages over a real click store: what they count, and how they answer what nobody would ask."""

import csv
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linnet.clicks.store_duckdb import DuckdbClickStore
from linnet.model.click import Batch
from linnet.model.link import Link
from linnet.statistics.duckdb_engine import DuckdbStatistics
from tests.dashboard.conftest import Site, new_installation, open_site
from tests.statistics.clicks import click

DOMAIN = "/dashboard/domains/1/statistics"
MAX_BYTES = 300_000


@dataclass
class Counted:
    """A signed-in browser, a click store, and a link to click on."""

    site: Site
    store: DuckdbClickStore
    link: Link
    stored: int = 0

    @property
    def page(self) -> str:
        return f"/dashboard/links/{self.link.id}/statistics"

    def add(self, number: int = 1, **fields: Any) -> None:
        """Clicks of a minute ago, on the link unless they say otherwise."""
        self.add_all(fields for _ in range(number))

    def add_all(self, each: Iterable[dict[str, Any]]) -> None:
        """A click for each of these, in one batch."""
        dull = {"at": datetime.now(UTC) - timedelta(minutes=1), "link_number": self.link.number, "path": "/abc"}
        clicks = [click(**dull | fields) for fields in each]
        self.store.write([Batch(segment="s", start=self.stored, offset=self.stored + 1, clicks=clicks)])
        self.stored += 1

    def get(self, address: str) -> str:
        answer = self.site.get(address)
        assert answer.status_code == 200, answer.text[:500]
        return str(answer.text)

    def totals(self, address: str) -> dict[str, str]:
        text = self.get(address)
        return dict(re.findall(r"<dt[^>]*>([^<]+)</dt>\s*<dd[^>]*>([^<]+)</dd>", text))

    def rows(self, address: str, column: str) -> dict[str, int]:
        found = re.search(rf'data-list="{column}">(.*?)</section>', self.get(address), re.DOTALL)
        names = re.findall(r'stat-name"[^>]*>([^<]*)<.*?stat-clicks">([\d,]+)<', found[1], re.DOTALL) if found else []
        return {html.unescape(name): int(count.replace(",", "")) for name, count in names}

    def chart(self, address: str) -> dict[str, Any]:
        found = re.search(r"data-chart='([^']*)'", self.get(address))
        assert found is not None
        told: dict[str, Any] = json.loads(html.unescape(found[1]))
        return told


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[Counted]:
    file = tmp_path / "linnet.db"
    new_installation(file)
    store = DuckdbClickStore(tmp_path / "clicks.duckdb")
    with open_site(file, clicks=DuckdbStatistics(store.cursor, store.clear_domain)) as site:
        site.enter()
        yield Counted(site, store, site.add_link("abc"))
    store.close()


def test_totals_are_those_of_the_store(counted: Counted):
    counted.add(3)
    counted.add(2, human=False, bot="Googlebot")
    counted.add(1, scan=True)
    for page in (DOMAIN, counted.page):
        told = counted.totals(f"{page}/numbers")
        assert (told["Human clicks"], told["All clicks"], told["QR scans"]) == ("4", "6", "1")


def test_the_chart_is_one_of_people_unless_bots_are_asked_for(counted: Counted):
    counted.add(3)
    counted.add(2, human=False, bot="Googlebot")
    assert sum(counted.chart(f"{DOMAIN}/numbers?period=today&zone=UTC")["clicks"]) == 3
    assert sum(counted.chart(f"{DOMAIN}/numbers?period=today&zone=UTC&bots=1")["clicks"]) == 5
    assert counted.rows(f"{DOMAIN}/lists?bots=1", "browser") == {"Firefox": 5}


def test_the_time_before_is_beside_the_chart_when_it_is_asked_for(counted: Counted):
    counted.add(3)
    counted.add(2, at=datetime.now(UTC) - timedelta(days=1, minutes=1))
    told = counted.chart(f"{DOMAIN}/numbers?period=today&zone=UTC&compare=1")
    assert (sum(told["clicks"]), sum(told["before"])) in ((3, 2), (0, 3))
    assert counted.chart(f"{DOMAIN}/numbers?period=today&zone=UTC")["before"] is None


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ("country=FR", 2),
        ("not-country=FR", 3),
        ("country=FR&country=DE", 5),
        ("country=FR&not-country=FR", 3),
        ("city=FR%2F%2FParis", 2),
        ("city=Paris", 2),
        ("path=%2Fabc", 5),
        ("tag=none", 0),
        ("status=302&method=GET", 5),
        ("scan=true", 0),
        ("human=false", 0),
        ("utm_source=", 5),
    ],
)
def test_filters_of_the_address_count(counted: Counted, query: str, people: int):
    counted.add(2, country="FR", region="", city="Paris")
    counted.add(3)
    assert counted.totals(f"{DOMAIN}/numbers?{query}")["Human clicks"] == str(people)


def test_lists_name_their_values_and_carry_their_filters(counted: Counted):
    counted.add(2, country="FR", region="", city="Paris", language="fr")
    counted.add(1)
    assert counted.rows(f"{DOMAIN}/lists", "country") == {"France": 2, "Germany": 1}
    assert counted.rows(f"{DOMAIN}/lists", "city") == {"Paris, France": 2, "Berlin, Germany": 1}
    text = counted.get(f"{DOMAIN}/lists")
    assert 'name="city" value="FR//Paris"' in text
    assert 'name="not-country" value="FR"' in text
    assert f"/dashboard/links/{counted.link.id}/statistics?" in text


def test_everything_that_is_counted_click_by_click_is_among_the_other_lists(counted: Counted):
    counted.add(2, human=False, bot="Googlebot", ab_path="A")
    counted.add(1, ab_path="A", browser_version="140")
    tagged = counted.site.add_link("tagged", url="https://example.com/t", tags=("spring",))
    counted.add(4, link_number=tagged.number, path="/tagged")
    text = counted.get(f"{DOMAIN}/more")
    for column in ("browser_version", "ab_path", "human", "bot", "status", "method", "scheme", "scan", "tag"):
        assert f'data-list="{column}"' in text, column
    assert counted.rows(f"{DOMAIN}/more", "tag") == {"spring": 4}
    assert counted.rows(f"{DOMAIN}/more", "human") == {"Human": 5, "Bot": 2}
    assert "Hours of the day" in text


def test_what_visitors_send_stays_text(counted: Counted):
    worst = "\"'><script>alert(1)</script><!--\u202e"
    counted.add(2, utm_source=worst, utm_campaign="=1+1", referrer_host="x</script>")
    for part in ("lists", "more", "numbers", "list?column=utm_source", ""):
        text = counted.get(f"{DOMAIN}/{part}" if part else f"{DOMAIN}?utm_source=%22%27%3E%3Cscript%3E")
        assert "<script>alert" not in text
        assert re.findall(r"<script(?! src=)", text) == []
        assert re.findall(r"\sstyle=|\son\w+=", re.sub(r'(?:title|value)="[^"]*"', "", text)) == []
    assert counted.rows(f"{DOMAIN}/lists", "utm_source") == {worst: 2}
    rows = list(csv.reader(counted.get(f"{DOMAIN}/numbers.csv").splitlines()))
    assert ["utm_campaign", "'=1+1", "'=1+1", "2", ""] in rows


@pytest.mark.parametrize(
    "query",
    [
        *("period=never", "period=custom", "period=custom&from=2026-05-02&to=2026-05-01", "period=custom&from=x&to=y"),
        *("period=custom&from=0001-01-01&to=9999-12-31", "zone=Mars%2FBase", "zone=../../etc/passwd", "interval=second"),
        *(
            "status=abc",
            "human=perhaps",
            "folder=nowhere",
            f"country={'x' * 2000}",
            "browser=%00",
        ),
        *("&".join(f"utm_term={number}" for number in range(50)), "city=" + "a%2Fb%2F" * 400),
    ],
)
def test_an_address_that_cannot_be_is_refused_in_words(counted: Counted, query: str):
    for part in ("", "/numbers", "/lists", "/more", "/numbers.csv", "/clicks"):
        answer = counted.site.get(f"{DOMAIN}{part}?{query}")
        unasked = part == "" and query.startswith("folder")
        assert answer.status_code == (200 if unasked else 400)
        assert unasked or 'role="alert"' in answer.text


def test_there_are_no_other_lists_and_files(counted: Counted):
    for part in ("list", "list?column=address", "list?column=visitor", "list?column=%22", "clicks?format=exe"):
        assert counted.site.get(f"{DOMAIN}/{part}").status_code == 400


def test_steps_that_are_too_fine_become_coarser(counted: Counted):
    counted.add(1)
    address = f"{DOMAIN}/numbers?period=custom&from=2016-01-01&to=2026-12-31&interval=hour&zone=UTC"
    assert len(counted.chart(address)["labels"]) <= 750
    assert "selected>Hours" not in counted.get(address.replace("/numbers", ""))


def test_empty_pages_say_why(counted: Counted):
    assert "No clicks yet." in counted.get(f"{counted.page}/numbers")
    counted.add(1, at=datetime.now(UTC) - timedelta(days=100))
    assert "No clicks in this period." in counted.get(f"{counted.page}/numbers")
    assert "No clicks fit these filters." in counted.get(f"{counted.page}/numbers?country=FR")


def test_pages_stay_light_when_there_is_much_to_show(counted: Counted):
    names = ("source", "medium", "campaign", "term", "content")
    counted.add_all(
        {f"utm_{name}": f"{name} of a long campaign {number}" for name in names}
        | {"referrer_host": f"host{number}.example", "city": f"City {number}"}
        for number in range(300)
    )
    query = "?plain=1&not-country=FR&not-os=iOS"
    for page in (f"{DOMAIN}{query}", f"{DOMAIN}/lists{query}", f"{DOMAIN}/more{query}", f"{DOMAIN}/list{query}&column=city"):
        assert len(counted.get(page).encode()) < MAX_BYTES, page
    assert len(counted.rows(f"{DOMAIN}/list?column=city", "city")) == 300


def test_the_zone_that_was_chosen_is_remembered(counted: Counted):
    answer = counted.site.get(f"{DOMAIN}?zone=Asia%2FTokyo&remember=1")
    assert "linnet_zone" in answer.headers["set-cookie"]
    assert "zone=Asia%2FTokyo" in counted.get(DOMAIN)
    assert "linnet_zone" not in counted.site.get(f"{DOMAIN}?zone=UTC").headers.get("set-cookie", "")


def test_a_file_of_clicks_has_those_of_the_page(counted: Counted):
    counted.add(2, country="FR")
    counted.add(3)
    counted.add(1, human=False, bot="Googlebot", country="FR")
    for query, count in (("country=FR", 2), ("country=FR&bots=1", 3), ("", 5)):
        rows = list(csv.DictReader(counted.get(f"{counted.page}/clicks?{query}").splitlines()))
        assert len(rows) == count


def test_the_page_is_there_when_the_statistics_are_away(site: Site):
    site.enter()
    site.engine.away = True
    assert "Statistics" in site.get(DOMAIN).text
    for part in ("numbers", "lists", "more", "list?column=country"):
        answer = site.get(f"{DOMAIN}/{part}")
        assert answer.status_code == 200
        assert re.search(r"cannot be (asked|told) now|away", answer.text)
    assert "cannot be asked now" in site.get(f"{DOMAIN}?plain=1").text
