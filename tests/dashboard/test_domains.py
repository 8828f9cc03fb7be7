"""The list of domains, new ones, and what name servers say of them."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from linnet.model.domain_state import NameFindings
from tests.dashboard.conftest import Site
from tests.dashboard.people import browser_of, join


@dataclass
class Names:
    """Name servers that say what a test tells them to."""

    said: NameFindings = field(default_factory=lambda: NameFindings(answered=True))

    def findings(self, hostname: str, *, proof: bool = False, seconds: float = 3.0) -> NameFindings:
        return self.said


HERE = NameFindings(answered=True, here=("192.0.2.10",))


@pytest.fixture
def owner(site: Site) -> Site:
    site.enter()
    site.names = Names()
    return site


def add(site: Site, **fields: str) -> Any:
    return site.post("/dashboard/domains/new", fields)


def test_the_list_says_what_is_missing_and_how_much_there_is(owner: Site):
    owner.add_link("a")
    add(owner, hostname="kurz.bücher.example")
    owner.names.said = HERE
    add(owner, hostname="ready.example")
    page = owner.get("/dashboard/domains").text
    for words in ("go.example", "kurz.bücher.example", "kurz.xn--bcher-kva.example", "Ready", "Does not lead here"):
        assert words in page
    assert owner.get("/dashboard/domains/1/clicks").text.strip() == "7"


def test_domains_are_found_by_a_part_of_their_name(owner: Site):
    add(owner, hostname="kurz.bücher.example")
    for search, found in (("go.ex", "go.example"), ("kurz.bücher.example", "kurz.bücher.example")):
        page = owner.get(f"/dashboard/domains?search={search}").text
        assert f">{found}</a>" in page
    assert "No domain has such a name." in owner.get("/dashboard/domains?search=%25%22><script>").text


def test_clicks_that_cannot_be_told_leave_the_list_whole(owner: Site):
    owner.engine.away = True
    assert owner.get("/dashboard/domains/1/clicks").text.strip() == "–"


def test_a_new_domain_leads_to_the_records_to_enter(owner: Site):
    answer = add(owner, hostname=" https://Links.Example.com/ ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/domains/2/settings/dns")
    page = owner.get("/dashboard/domains/2/settings/dns").text
    for words in ("CNAME", "links.example.com", "linnet.example", "links.example.com was added."):
        assert words in page
    assert "TXT" not in page


def test_the_name_that_one_buys_gets_addresses_and_a_proof_where_several_have_accounts(owner: Site):
    join(owner, "b@example.com", team=False)
    add(owner, hostname="example.org")
    page = owner.get("/dashboard/domains/2/settings/dns").text
    for words in ("TXT", "_linnet.example.org", "linnet-verification=", "192.0.2.10", "Proof is missing"):
        assert words in page


@pytest.mark.parametrize(
    ("hostname", "says"),
    [
        ("", "must be"),
        ("localhost", "host name such as"),
        ("go.example", "already registered"),
        ("linnet.example", "own"),
        ("1.2.3.4", "not an IP address"),
        ("<script>alert(1)</script>", "host name such as"),
        ("\u202egro.elpmaxe", ""),
        ("x" * 10_000, ""),
    ],
)
def test_a_name_that_cannot_be_is_refused_beside_the_field_and_kept(owner: Site, hostname: str, says: str):
    answer = add(owner, hostname=hostname)
    assert answer.status_code in (400, 409)
    assert 'id="hostname-error"' in answer.text
    assert says in answer.text
    assert "<script>alert" not in answer.text
    if hostname.isascii() and hostname.isalnum():
        assert f'value="{hostname}"' in answer.text


def test_the_state_is_told_again_when_it_changes_and_not_before(owner: Site):
    add(owner, hostname="links.example.com")
    owner.later += timedelta(seconds=10)
    names: Names = owner.names
    names.said = NameFindings(answered=True, elsewhere=("198.51.100.7",))
    answer = owner.get("/dashboard/domains/2/settings/dns/state?seen=")
    assert answer.status_code == 200
    assert "198.51.100.7" in answer.text
    assert "elsewhere" in answer.text
    seen = answer.text.partition("seen=")[2].partition('"')[0]
    owner.later += timedelta(seconds=5)
    assert owner.get(f"/dashboard/domains/2/settings/dns/state?seen={seen}").status_code == 204
    owner.later += timedelta(seconds=5)
    names.said = HERE
    answer = owner.get(f"/dashboard/domains/2/settings/dns/state?seen={seen}")
    assert "Ready" in answer.text
    assert "hx-get" not in answer.text


def test_name_servers_are_left_in_peace_for_a_moment(owner: Site):
    add(owner, hostname="links.example.com")
    assert owner.get("/dashboard/domains/2/settings/dns/state?seen=").status_code == 204


def test_who_reads_only_sees_the_domain_and_asks_no_name_servers(owner: Site):
    join(owner, "b@example.com")
    with browser_of(owner, "b@example.com"):
        assert "go.example" in owner.get("/dashboard/domains").text
        page = owner.get("/dashboard/domains/1/settings/dns")
        assert page.status_code == 200
        assert "hx-get" not in page.text
        assert owner.get("/dashboard/domains/1/settings/dns/state").status_code == 403


def test_who_sees_own_links_alone_is_told_nothing_of_all_of_them(owner: Site):
    join(owner, "b@example.com", own_links_only=True)
    with browser_of(owner, "b@example.com"):
        assert owner.get("/dashboard/domains/1/clicks").text.strip() == "–"
        page = owner.get("/dashboard/domains").text
        assert "go.example" in page


@pytest.mark.parametrize(
    "path", ["/clicks", "/settings", "/settings/dns", "/settings/team", "/settings/danger", "/settings/dns/state"]
)
def test_a_foreign_domain_is_answered_like_an_unknown_one(owner: Site, path: str):
    join(owner, "b@example.com", team=False)
    with browser_of(owner, "b@example.com"):
        assert owner.get(f"/dashboard/domains/1{path}").status_code == 404
        assert owner.get(f"/dashboard/domains/99{path}").status_code == 404


def test_many_domains_come_in_pages(owner: Site):
    for number in range(30):
        owner.add_domain(f"d{number}.example")
    page = owner.get("/dashboard/domains").text
    assert ">d23.example</a>" in page
    assert ">d24.example</a>" not in page
    assert "offset=25" in page
    page = owner.get("/dashboard/domains?offset=25").text
    assert ">d23.example</a>" not in page
    assert "d29.example" in page
