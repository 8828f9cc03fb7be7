"""Each program of the guides, run as it stands against a real server, and what it did there."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from tests.guides.pages import Page, Program, fits, tasks
from tests.guides.reader import PATH, Reader, page_of
from tests.support.codes import raster, read_code

BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
GERMAN, CALIFORNIAN, JAPANESE = "85.214.132.117", "8.8.8.8", "133.11.0.1"
_tested: set[str] = set()


def programs_of(page: str, *languages: str) -> Callable[[Any], Any]:
    """The test is of each of the page's programs."""
    _tested.add(page)
    return pytest.mark.parametrize("program", Page(page).programs(*languages), ids=str)


def assert_shown(program: Program, *real: Any) -> None:
    """The answers on the program's page are like those of the server, in that order."""
    shown = page_of(program).answers()
    assert len(shown) == len(real)
    for claimed, answered in zip(shown, real, strict=True):
        assert fits(claimed, answered), f"{program.page} shows {claimed}, and the server answered {answered}"


@programs_of("create-a-key")
def test_a_key_is_created_that_can_do_its_domain(reader: Reader, program: Program):
    printed = reader.run(program)
    (key,) = re.findall(r"sk_\w+", printed)
    domains = reader.server.api("GET", "/api/domains", key=key)
    assert [domain["hostname"] for domain in domains.json] == [reader.domain]
    assert_shown(program, reader.ask("POST", "/api/keys", {"type": "secret", "domain": reader.domain, "description": "x"}))


@programs_of("create-a-key", "sh")
def test_a_key_is_created_where_the_server_runs(reader: Reader, program: Program):
    key = json.JSONDecoder().raw_decode(reader.run(program))[0]
    assert key["domainId"] == reader.domain_id
    assert reader.server.api("GET", "/api/domains?limit=1", key=key["key"]).json[0]["id"] == reader.domain_id


@programs_of("create-a-link")
def test_a_link_is_created_that_redirects(reader: Reader, program: Program):
    printed = reader.run(program)
    assert reader.visit(PATH).location == "https://example.com/spring"
    link = reader.link()
    assert link is not None
    assert (link["title"], link["tags"]) == ("Spring sale", ["spring"])
    assert printed.split()[0] == link["shortURL"]
    sent = {"domain": reader.domain, "path": PATH, "originalURL": "https://example.com/spring"}
    assert_shown(program, reader.ask("POST", "/links", sent))


@programs_of("create-many-links")
def test_good_rows_are_created_and_the_bad_one_is_explained(reader: Reader, program: Program):
    printed = reader.run(program).splitlines()
    assert reader.visit("tulips").location == "https://example.com/tulips"
    assert reader.visit("roses").location == "https://example.com/roses"
    assert reader.link("lilies") is None
    assert [line.split()[2].startswith("http") for line in printed[:2]] == [True, True]
    assert printed[2].startswith("lilies was refused: originalURL must be")
    rows = [{"path": "tulips", "originalURL": "https://example.com/tulips"}, {"originalURL": "example dot com"}]
    assert_shown(program, reader.ask("POST", "/links/bulk", {"domain": reader.domain, "links": rows}))


@programs_of("look-up-a-link")
def test_a_link_is_found_by_path_and_by_id(reader: Reader, program: Program):
    link = reader.create()
    by_path, by_id = reader.run(program).splitlines()
    assert by_path == f"By path: {link['idString']} leads to https://example.com/spring"
    assert by_id == f"By id: {link['shortURL']} was made at {link['createdAt']}"
    assert_shown(program, reader.ask("GET", f"/links/{link['idString']}"))


@programs_of("list-links")
def test_all_links_are_listed_over_several_pages(reader: Reader, program: Program):
    rows = [{"path": f"link-{number}", "originalURL": f"https://example.com/{number}"} for number in range(301)]
    made = reader.ask("POST", "/links/bulk", {"domain": reader.domain, "links": rows})
    *listed, total = reader.run(program).splitlines()
    assert sorted(listed) == sorted(f"{link['shortURL']} {link['originalURL']}" for link in made)
    assert total == "301 links"
    assert_shown(program, reader.ask("GET", f"/api/links?domain_id={reader.domain_id}&limit=1"))


@programs_of("update-a-link")
def test_a_link_leads_elsewhere_and_keeps_what_was_not_sent(reader: Reader, program: Program):
    link = reader.create(clicksLimit=100)
    printed = reader.run(program)
    assert printed.strip() == f"{link['shortURL']} leads to https://example.com/summer now"
    assert reader.visit(PATH).location == "https://example.com/summer"
    changed = reader.ask("GET", f"/links/{link['idString']}")
    assert (changed["title"], changed["tags"], changed["clicksLimit"]) == ("Summer sale", [], 100)
    assert_shown(program, changed)


@programs_of("delete-a-link")
def test_a_link_is_gone_and_its_clicks_stay(reader: Reader, program: Program):
    reader.create()
    reader.visit(PATH, User_Agent=BROWSER)
    wait_for_clicks(reader, 1)
    assert "is gone" in reader.run(program)
    assert reader.link() is None
    assert reader.visit(PATH).status == 404
    assert wait_for_clicks(reader, 1)
    other = reader.create("other")
    assert_shown(program, reader.ask("DELETE", f"/links/{other['idString']}"))


@programs_of("make-qr-codes")
def test_codes_are_drawn_in_the_colours_asked_for_and_shown_in_public(reader: Reader, program: Program):
    link = reader.create()
    printed = reader.run(program)
    for kind in ("png", "svg"):
        drawn = reader.made_by(program, f"spring-sale.{kind}")
        read = read_code(drawn)
        assert read is not None
        assert read.startswith(link["shortURL"])
        assert {color for _, color in raster(drawn).getcolors() or []} == {(0x1B, 0x43, 0x32, 255), (255, 255, 255, 255)}
    address = printed.split()[-1]
    shown = reader.server.request("GET", urlsplit(address).path)
    assert (shown.status, shown.headers["content-type"]) == (200, "image/png")
    assert shown.body == reader.made_by(program, "spring-sale.png")
    assert_shown(program, {"url": address})


@programs_of("send-visitors-by-country")
def test_a_link_gets_destinations_for_a_country_and_a_region(reader: Reader, program: Program):
    link = reader.create()
    assert reader.run(program).splitlines() == [
        "DE goes to https://example.com/de",
        "US CA goes to https://example.com/california",
    ]
    countries, regions = (reader.ask("GET", f"/link_{kind}/{link['idString']}") for kind in ("country", "region"))
    assert [(rule["country"], rule["originalURL"]) for rule in countries] == [("DE", "https://example.com/de")]
    assert [(rule["country"], rule["region"]) for rule in regions] == [("US", "CA")]
    assert_shown(program, regions)


@programs_of("send-visitors-by-country")
def test_visitors_go_where_their_country_or_region_says(reader: Reader, program: Program):
    reader.create()
    reader.run(program)
    locations = [reader.visit(PATH, X_Forwarded_For=address).location for address in (GERMAN, CALIFORNIAN, JAPANESE)]
    assert locations == ["https://example.com/de", "https://example.com/california", "https://example.com/spring"]


@programs_of("change-domain-settings")
def test_settings_of_a_domain_are_changed(reader: Reader, program: Program):
    printed = reader.run(program)
    domain = reader.ask("GET", f"/domains/{reader.domain_id}")
    assert (domain["linkType"], domain["hideVisitorIp"]) == ("eight-char", True)
    assert f"linkType of {reader.domain} is eight-char" in printed
    assert reader.visit("nowhere").location == "https://example.com/"
    made = reader.ask("POST", "/links", {"domain": reader.domain, "originalURL": "https://example.com/made-up"})
    assert len(made["path"]) == 8
    assert_shown(program, domain)


@programs_of("read-statistics")
def test_statistics_count_what_was_clicked(reader: Reader, program: Program):
    reader.create()
    reader.create("other")
    for path, address in ((PATH, GERMAN), (PATH, CALIFORNIAN), ("other", GERMAN)):
        reader.visit(path, User_Agent=BROWSER, X_Forwarded_For=address)
    wait_for_clicks(reader, 3)
    printed = reader.run(program).splitlines()
    assert printed[0] == f"{reader.domain}: 3 clicks, 3 by people"
    assert {"  Germany: 2", "  United States: 1"} <= set(printed)
    assert printed[-2].startswith("  day that begins at ")
    assert printed[-1] == f"/{PATH}: 2 clicks, 2 by people"
    query = "period=last30&tz=Europe/Berlin&clicksChartInterval=day"
    assert_shown(program, reader.ask("GET", f"/statistics/domain/{reader.domain_id}?{query}"))


@programs_of("find-popular-links")
def test_paths_come_in_the_order_of_their_clicks(reader: Reader, program: Program):
    for count, path in ((1, "tulips"), (3, PATH), (2, "roses")):
        reader.create(path)
        for _ in range(count):
            reader.visit(path, User_Agent=BROWSER)
    wait_for_clicks(reader, 6)
    assert reader.run(program).splitlines() == [f"3 /{PATH}", "2 /roses", "1 /tulips"]
    question = {"column": "path", "limit": 5, "period": "last30"}
    assert_shown(program, reader.ask("POST", f"/statistics/domain/{reader.domain_id}/top", question))


@programs_of("coming-from-short-io", "js")
def test_the_official_client_lists_the_domains_of_the_server_it_is_pointed_at(reader: Reader, program: Program):
    printed = reader.run(program)
    assert reader.domain in printed.removeprefix("This key may use ").strip().split(", ")


def test_every_program_fails_with_a_wrong_key_and_says_so(reader: Reader):
    every = [program for page in tasks() for program in page.programs()]
    assert unsuccessful(reader, every, "401", LINNET_KEY="sk_no_such_key") == []


def test_programs_that_look_for_the_domain_say_when_it_is_not_there(reader: Reader):
    looking = [program for page in tasks() for program in page.programs() if "/api/domains" in program.source]
    assert len(looking) >= 9
    assert unsuccessful(reader, looking, "may not use the domain no.localhost", LINNET_DOMAIN="no.localhost") == []


def test_the_programs_of_every_task_are_run():
    assert [page.name for page in tasks() if page.name not in _tested] == []


def wait_for_clicks(reader: Reader, count: int) -> bool:
    """Wait until the domain's statistics hold that many clicks."""

    def arrived() -> bool:
        target = f"/statistics/domain/{reader.domain_id}?period=total&skipTops=true"
        return bool(reader.ask("GET", target)["clicks"] == count)

    reader.server.wait(arrived, f"{count} clicks in the statistics")
    return True


def unsuccessful(reader: Reader, programs: list[Program], reason: str, **changed: str) -> list[str]:
    """Run programs that must fail; those are returned that did not, or for another reason than this one."""
    with ThreadPoolExecutor(4) as threads:
        ended = list(threads.map(lambda program: reader.start(program, **changed), programs))
    return [
        f"{program} ended with {done.returncode}: {done.stderr}"
        for program, done in zip(programs, ended, strict=True)
        if done.returncode == 0 or reason not in done.stderr
    ]
