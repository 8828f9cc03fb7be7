"""Statistics pages with a browser: clicks appear, rows filter, charts and maps are drawn, and reports are shared."""

import csv
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import NARROW, WIDE, Reader, check_axe, shoot
from tests.support.server import Server, running_server

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PLACES = (
    *(("DE", "Berlin", "Berlin"), ("DE", "Bavaria", "Munich"), ("US", "California", "San Francisco")),
    *(("US", "New York", "New York"), ("FR", "Île-de-France", "Paris"), ("BR", "São Paulo", "São Paulo")),
    *(
        ("IN", "Karnataka", "Bengaluru"),
        ("JP", "Tokyo", "Tokyo"),
        ("AU", "Victoria", "Melbourne"),
        ("ZA", "Gauteng", "Pretoria"),
    ),
)
COLUMNS = (
    *("clicked_at", "path", "country", "region", "city", "referrer_host", "social", "browser", "browser_version", "os"),
    *("device", "language", "human", "bot", "utm_source", "utm_medium", "utm_campaign", "visitor", "status", "scan"),
)
MADE = 1500


def some_clicks(file: Path) -> None:
    """The clicks of sixty days, the same each time but for their days."""
    chance = random.Random(7)
    today = datetime.now(UTC).replace(microsecond=0)
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(COLUMNS)
        for number in range(MADE):
            days = 60 if number % 3 else 30
            at = today - timedelta(minutes=chance.randrange(90, days * 24 * 60))
            country, region, city = chance.choices(PLACES, weights=range(len(PLACES), 0, -1))[0]
            human = chance.random() > 0.1
            campaign = chance.choice([("newsletter", "email", "spring"), ("ads", "cpc", "spring"), ("", "", "")])
            came = chance.choice([("news.example", ""), ("t.co", "twitter"), ("lnkd.in", "linkedin"), ("", "")])
            tool = [chance.choice(["Firefox", "Chrome", "Safari"]), "140", chance.choice(["Linux", "Windows", "iOS"])]
            who = [str(human).lower(), "" if human else "Googlebot"]
            row = [at.isoformat().replace("+00:00", "Z"), chance.choice(["/spring", "/spring", "/docs"]), country, region]
            row += [city, *came, *tool, chance.choice(["desktop", "mobile"]), chance.choice(["de", "en", "pt"]), *who]
            writer.writerow([*row, *campaign, chance.randrange(1, 400), 302, str(chance.random() < 0.2).lower()])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server behind a proxy, with two links that have a history."""
    folder = tmp_path_factory.mktemp("statistics")
    with running_server(folder / "linnet", workers=1, settings={"LINNET_TRUSTED_PROXIES": "127.0.0.0/8"}) as running:
        for path in ("spring", "docs", "new"):
            running.create(path, f"https://example.com/{path}")
        some_clicks(folder / "clicks.csv")
        running.run("import", "clicks", str(folder / "clicks.csv"), "--domain", running.domain)
        running.wait(lambda: running.counts(MADE), "the history")
        yield running


@pytest.fixture(scope="module")
def cookies(server: Server, browser: Browser) -> Any:
    """The owner's, who signs in once: who does so many times is asked to wait."""
    context = browser.new_context()
    someone = Reader(context.new_page(), server)
    someone.sign_in()
    state = context.cookies()
    context.close()
    return state


@pytest.fixture
def owner(reader: Reader, cookies: Any) -> Reader:
    """The owner of the installation, signed in."""
    reader.context.add_cookies(cookies)
    return reader


@pytest.fixture
def statistics(server: Server) -> str:
    """The address of the domain's page."""
    return f"/dashboard/domains/{server.domain_id}/statistics"


def link_id(server: Server, path: str) -> str:
    answer = server.api("GET", f"/links/expand?domain={server.domain}&path={path}")
    return str(answer.json["id"])


def settled(page: Page) -> None:
    """Wait until all parts of the page have come and are drawn."""
    expect(page.locator(".stat-waiting:visible")).to_have_count(0)
    expect(page.locator("[data-map] svg path").first).to_be_attached()


def total(page: Page, name: str) -> int:
    text = page.locator(".stat-totals .card").filter(has=page.get_by_text(name, exact=True)).locator("dd").first.inner_text()
    return int(text.replace(",", ""))


def is_drawn(page: Page) -> bool:
    """Whether the canvas of the chart holds more than one colour."""
    count = page.evaluate(
        """() => {
            const canvas = document.querySelector('[data-chart] canvas');
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size;
        }"""
    )
    return int(count) > 10


def test_the_page_of_a_domain_is_drawn_and_readable(owner: Reader, statistics: str):
    owner.open(statistics)
    settled(owner.page)
    assert total(owner.page, "Human clicks") > 500
    assert is_drawn(owner.page)
    coloured = owner.page.locator("[data-map] path[data-country]")
    assert coloured.count() == len({country for country, _, _ in PLACES})
    owner.page.get_by_label("Compare with the time before").check()
    owner.page.wait_for_url("**compare=1**")
    settled(owner.page)
    owner.page.get_by_text("More: versions").click()
    expect(owner.page.get_by_role("heading", name="Days of the week")).to_be_visible()
    expect(owner.page.locator("[data-list=human]")).to_contain_text("Bot")
    shoot(owner.page, "statistics-domain")


def test_the_address_says_all_that_the_page_shows(owner: Reader, statistics: str):
    owner.open(statistics)
    settled(owner.page)
    assert "period=last30" in owner.page.url
    assert "zone=UTC" in owner.page.url
    owner.page.get_by_label("Time zone").select_option("Europe/Berlin")
    owner.page.wait_for_url("**zone=Europe%2FBerlin**")
    owner.open(statistics)
    settled(owner.page)
    assert "zone=Europe%2FBerlin" in owner.page.url
    owner.page.get_by_label("Time zone").select_option("UTC")
    owner.page.wait_for_url("**zone=UTC**")


def test_a_click_on_a_row_filters_and_the_chip_takes_it_back(owner: Reader, statistics: str):
    page = owner.page
    owner.open(statistics)
    settled(page)
    every = total(page, "Human clicks")
    page.locator("[data-list=country]").get_by_role("button", name="Germany", exact=True).click()
    page.wait_for_url("**country=DE**")
    settled(page)
    german = total(page, "Human clicks")
    assert 0 < german < every
    expect(page.locator(".stat-chip")).to_contain_text("Germany")
    assert page.locator("[data-list=city] .stat-name").all_inner_texts() == ["Berlin, Germany", "Munich, Germany"]
    shoot(page, "statistics-filtered")
    page.get_by_role("link", name="Leave out Country Germany").click()
    page.wait_for_url("**not-country=DE**")
    settled(page)
    assert total(page, "Human clicks") == every - german
    page.go_back()
    settled(page)
    assert total(page, "Human clicks") == german
    page.get_by_role("link", name="Remove the filter Country Germany").click()
    settled(page)
    assert total(page, "Human clicks") == every
    assert "country" not in page.url


def test_a_row_can_be_left_out_and_the_map_filters_too(owner: Reader, statistics: str):
    page = owner.page
    owner.open(statistics)
    settled(page)
    every = total(page, "Human clicks")
    page.locator("[data-list=browser]").get_by_role("button", name="Leave out Firefox").click()
    page.wait_for_url("**not-browser=Firefox**")
    settled(page)
    assert total(page, "Human clicks") < every
    page.locator("[data-map] path[data-country=BR]").click()
    page.wait_for_url("**country=BR**")
    settled(page)
    assert page.locator("[data-list=country] .stat-name").all_inner_texts() == ["Brazil"]


def test_bots_are_counted_by_who_asks_for_them(owner: Reader, statistics: str):
    owner.open(f"{statistics}?bots=1")
    settled(owner.page)
    drawn: dict[str, Any] = owner.page.evaluate("JSON.parse(document.querySelector('[data-chart]').dataset.chart)")
    assert sum(drawn["clicks"]) == total(owner.page, "All clicks") > total(owner.page, "Human clicks")


def test_a_list_is_gone_through_by_keys_before_it_is_decided(owner: Reader, statistics: str):
    page = owner.page
    owner.open(f"{statistics}?period=last30&zone=UTC")
    zone = page.get_by_label("Time zone")
    for decision in ("Enter", "Tab"):
        zone.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        chosen = zone.input_value()
        assert chosen not in parse_qs(urlsplit(page.url).query)["zone"]
        page.keyboard.press(decision)
        page.wait_for_url(re.compile(quote(chosen, safe="")))


def test_a_custom_period_is_chosen_by_its_days(owner: Reader, statistics: str):
    page = owner.page
    owner.open(statistics)
    settled(page)
    page.get_by_text("Dates…").click()
    day = datetime.now(UTC).date() - timedelta(days=3)
    page.get_by_label("First day").fill(str(day - timedelta(days=4)))
    page.get_by_label("Last day").fill(str(day))
    page.get_by_role("button", name="Show these days").click()
    page.wait_for_url("**period=custom**")
    settled(page)
    page.get_by_text("The chart as a table").click()
    assert page.locator("#numbers tbody tr").count() == 5


def test_more_of_a_list_comes_in_its_place(owner: Reader, statistics: str):
    page = owner.page
    owner.open(statistics)
    settled(page)
    cities = page.locator("[data-list=city]")
    assert cities.locator(".stat-row").count() == 8
    cities.get_by_role("link", name="Show more").click()
    expect(cities.locator(".stat-row")).to_have_count(10)
    owner.open(f"/dashboard/links/{link_id(owner.server, 'spring')}/statistics/list?column=city&zone=UTC")
    assert page.locator(".stat-row").count() == 10
    shoot(page, "link-statistics-list")


def test_each_empty_page_says_why_it_is_empty(owner: Reader, server: Server, statistics: str):
    owner.open(f"/dashboard/links/{link_id(server, 'new')}/statistics?zone=UTC")
    expect(owner.page.get_by_text("No clicks yet.")).to_be_visible()
    owner.open(f"/dashboard/links/{link_id(server, 'new')}/statistics/reports")
    shoot(owner.page, "link-reports")
    owner.open(f"{statistics}?country=AQ")
    expect(owner.page.get_by_text("No clicks fit these filters.")).to_be_visible()
    owner.open(f"{statistics}?period=custom&from=2001-01-01&to=2001-01-02")
    expect(owner.page.get_by_text("No clicks in this period.")).to_be_visible()


def test_a_visit_appears_in_the_live_view_and_in_the_numbers(owner: Reader, server: Server):
    page = owner.page
    path = f"/dashboard/links/{link_id(server, 'docs')}/statistics?period=today&zone=UTC"
    owner.open(path)
    settled(page)
    before = total(page, "Human clicks")
    with page.expect_response(lambda answer: "clicks/live" in answer.url):
        page.get_by_text("Live clicks").first.click()
    expect(page.locator("[data-live-status]")).to_have_text("Waiting for clicks…")
    pass_by = server.visit("/docs", User_Agent=FIREFOX, X_Forwarded_For="203.0.113.9", Referer="https://friend.example/")
    assert pass_by.status == 302
    rows = page.locator("[data-live-rows] tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("friend.example")
    shoot(page, "statistics-live")
    page.get_by_role("button", name="Pause").click()
    server.visit("/docs", User_Agent=FIREFOX, X_Forwarded_For="203.0.113.10")
    page.wait_for_timeout(2500)
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    expect(rows).to_have_count(2)
    server.visit("/docs", User_Agent=FIREFOX, X_Forwarded_For="203.0.113.11")
    expect(rows).to_have_count(3)
    # Who looks sees the number at once; screen readers are told now and then.
    expect(page.locator("[data-live-shown]")).to_have_text("Clicks since you opened this: 3", timeout=1000)
    owner.open(path)
    settled(page)
    assert total(page, "Human clicks") == before + 3


def test_files_hold_what_the_page_is_about(owner: Reader, statistics: str):
    page = owner.page
    owner.open(f"{statistics}?country=DE&zone=UTC")
    settled(page)
    german = total(page, "Human clicks")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Each click as CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert (len(rows), {row["country"] for row in rows}) == (german, {"DE"})
    with page.expect_download() as download:
        page.get_by_role("link", name="These numbers as CSV").click()
    numbers = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert [row["clicks"] for row in numbers if row["value"] == "human_clicks"] == [str(german)]


def make_report(reader: Reader, address: str, *, name: str, password: str = "") -> str:
    """The address of a new report about what a page shows."""
    page = reader.page
    reader.open(address)
    page.get_by_role("link", name="Share a report").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Make the report").click()
    expect(page.get_by_text("is ready")).to_be_visible()
    return page.locator("#report-address").inner_text()


def test_a_report_opens_elsewhere_with_its_password_until_it_is_revoked(owner: Reader, browser: Browser, statistics: str):
    page = owner.page
    address = make_report(owner, f"{statistics}?country=DE&zone=UTC", name="Spring in Germany", password="open sesame")
    shoot(page, "statistics-reports")
    elsewhere = browser.new_context(viewport=WIDE)
    try:
        other = elsewhere.new_page()
        other.goto(address)
        shoot(other, "report-password")
        other.get_by_label("Password").fill("open barley")
        other.get_by_role("button", name="Show the report").click()
        expect(other.get_by_text("This is not the password")).to_be_visible()
        other.get_by_label("Password").fill("open sesame")
        other.get_by_role("button", name="Show the report").click()
        expect(other.get_by_role("heading", name="Spring in Germany")).to_be_visible()
        settled(other)
        assert other.locator("[data-list=country] .stat-name").all_inner_texts() == ["Germany"]
        assert is_drawn(other)
        assert other.locator("nav, [data-live], a[href*='/clicks']").count() == 0
        other.locator("[data-list=os]").get_by_role("button", name="Linux", exact=True).click()
        other.wait_for_url("**os=Linux**")
        settled(other)
        assert other.locator("[data-list=country] .stat-name").all_inner_texts() == ["Germany"]
        other.set_viewport_size(WIDE)
        shoot(other, "report")
        other.goto(f"{address}/list?column=city&country=DE&zone=UTC")
        assert other.locator(".stat-name").all_inner_texts() == ["Berlin, Germany", "Munich, Germany"]
        shoot(other, "report-list")
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name=re.compile("^Revoke Spring")).click()
        expect(page.get_by_text("has ended")).to_be_visible()
        gone = other.goto(address)
        assert gone is not None
        assert gone.status == 404
    finally:
        elsewhere.close()


def test_the_page_fits_a_narrow_screen_with_everything_open(owner: Reader, statistics: str):
    page = owner.page
    page.set_viewport_size(NARROW)
    owner.open(f"{statistics}?compare=1&browser=Firefox&not-os=Linux&zone=UTC")
    settled(page)
    page.get_by_text("The chart as a table").click()
    page.get_by_text("Dates…").click()
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_chart_takes_the_colours_of_the_other_scheme(owner: Reader, statistics: str):
    page = owner.page
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    owner.open(statistics)
    settled(page)
    light = page.evaluate("document.querySelector('[data-chart] canvas').toDataURL()")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_timeout(500)
    assert page.evaluate("document.querySelector('[data-chart] canvas').toDataURL()") != light


def test_without_scripts_the_numbers_come_with_the_page(owner: Reader, browser: Browser, statistics: str):
    context = browser.new_context(java_script_enabled=False, viewport=WIDE, storage_state=owner.context.storage_state())
    try:
        page = context.new_page()
        page.goto(f"{owner.server.base_url}{statistics}")
        page.get_by_role("link", name="Show the numbers without scripts").click()
        assert total(page, "Human clicks") > 500
        page.locator("[data-list=city]").get_by_role("link", name="Show more").click()
        page.wait_for_url("**/statistics/list?**")
        assert page.locator(".stat-row").count() == 10
        page.go_back()
        page.locator("[data-list=country]").get_by_role("button", name="Germany", exact=True).click()
        page.wait_for_url("**country=DE**")
    finally:
        context.close()
