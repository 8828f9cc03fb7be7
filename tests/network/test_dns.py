"""What is found out from name servers, asked over real sockets."""

import ipaddress
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from linnet.model.domain_state import NameFindings
from linnet.network.dns import NameServers
from linnet.network.here import Here
from tests.support.name_server import NameServer, running_name_server

OURS = "192.0.2.10"
OURS_6 = "2001:db8::10"
THEIRS = "198.51.100.7"
HERE = Here(
    names=frozenset({"links.example.net"}),
    addresses=frozenset({ipaddress.ip_address(OURS), ipaddress.ip_address(OURS_6)}),
)


@pytest.fixture
def server() -> Iterator[NameServer]:
    with running_name_server() as running:
        yield running


def found(server: NameServer, hostname: str = "go.example.com", *, here: Here = HERE, **options: float) -> NameFindings:
    return NameServers([("127.0.0.1", server.port)], here).findings(hostname, **options)


def test_slow_name_servers_hold_up_a_few_and_tell_everybody_else_nothing(server: NameServer):
    server.zones = {"go.example.com": [("A", OURS)]}
    server.silent = {"slow.example.com"}
    servers = NameServers([("127.0.0.1", server.port)], HERE)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(servers.findings, "slow.example.com", seconds=1.0) for _ in range(8)]
        time.sleep(0.3)
        began = time.monotonic()
        assert not servers.findings("go.example.com").answered
        assert time.monotonic() - began < 0.3
        assert not any(each.result().answered for each in waiting)
    assert servers.findings("go.example.com").answered


def test_an_address_of_ours_leads_here(server: NameServer):
    server.zones = {"go.example.com": [("A", OURS), ("AAAA", OURS_6)]}
    assert found(server) == NameFindings(answered=True, here=(OURS, OURS_6))


def test_an_address_of_somebody_else_leads_elsewhere(server: NameServer):
    server.zones = {"go.example.com": [("A", THEIRS)]}
    assert found(server) == NameFindings(answered=True, elsewhere=(THEIRS,))


def test_further_addresses_are_told_apart(server: NameServer):
    server.zones = {"go.example.com": [("A", OURS), ("AAAA", "2001:db8:ffff::1")]}
    assert found(server) == NameFindings(answered=True, here=(OURS,), elsewhere=("2001:db8:ffff::1",))


@pytest.mark.parametrize("lazy", [False, True], ids=["recursive server", "authoritative server"])
def test_a_chain_of_aliases_is_followed_to_its_addresses(server: NameServer, lazy: bool):
    server.lazy = lazy
    server.zones = {
        "go.example.com": [("CNAME", "a.example.org.")],
        "a.example.org": [("CNAME", "B.example.org.")],
        "b.example.org": [("A", OURS)],
    }
    assert found(server) == NameFindings(answered=True, here=(OURS,))


@pytest.mark.parametrize("lazy", [False, True], ids=["recursive server", "authoritative server"])
def test_an_alias_of_a_public_name_leads_here_whatever_its_addresses_are(server: NameServer, lazy: bool):
    server.lazy = lazy
    server.zones = {"go.example.com": [("CNAME", "links.example.net.")], "links.example.net": [("A", THEIRS)]}
    assert found(server) == NameFindings(answered=True, here=(THEIRS,))


def test_an_address_that_a_public_name_has_leads_here(server: NameServer):
    server.zones = {"go.example.com": [("A", "203.0.113.5")], "links.example.net": [("A", "203.0.113.5")]}
    assert found(server) == NameFindings(answered=True, here=("203.0.113.5",))


def test_an_address_is_not_judged_while_our_own_names_cannot_be_asked(server: NameServer):
    server.zones = {"go.example.com": [("A", "203.0.113.5")]}
    server.failing = {"links.example.net"}
    assert not found(server).answered


@pytest.mark.parametrize("lazy", [False, True], ids=["recursive server", "authoritative server"])
def test_an_alias_that_ends_in_nothing_leads_elsewhere(server: NameServer, lazy: bool):
    server.lazy = lazy
    server.zones = {"go.example.com": [("CNAME", "gone.example.org.")]}
    assert found(server) == NameFindings(answered=True, elsewhere=("gone.example.org",))


@pytest.mark.parametrize("lazy", [False, True], ids=["recursive server", "authoritative server"])
def test_aliases_in_a_circle_lead_nowhere(server: NameServer, lazy: bool):
    server.lazy = lazy
    server.zones = {"go.example.com": [("CNAME", "a.example.org.")], "a.example.org": [("CNAME", "go.example.com.")]}
    findings = found(server)
    assert (findings.answered, findings.registered, findings.here) == (True, True, ())
    assert len(server.asked) <= 4


@pytest.mark.parametrize("lazy", [False, True], ids=["recursive server", "authoritative server"])
def test_a_chain_without_an_end_is_given_up(server: NameServer, lazy: bool):
    server.lazy = lazy
    server.zones = {f"n{i}.example.com": [("CNAME", f"n{i + 1}.example.com.")] for i in range(100)}
    server.zones["n100.example.com"] = [("A", OURS)]
    findings = found(server, "n0.example.com")
    assert (findings.answered, findings.here) == (True, ())
    assert len(server.asked) <= 20


def test_a_name_that_nobody_bought_is_not_registered(server: NameServer):
    server.zones = {"other.com": [("A", THEIRS)]}
    assert found(server) == NameFindings(answered=True, registered=False)
    assert ("example.com", "SOA") in server.asked
    assert found(server, "example.com") == NameFindings(answered=True, registered=False)
    assert found(server, "brand.co.uk") == NameFindings(answered=True, registered=False)


@pytest.mark.parametrize("records", [{"example.com": []}, {"go.example.com": [("TXT", '"x"')]}])
def test_a_name_without_address_below_one_that_exists_leads_nowhere(server: NameServer, records: dict):
    server.zones = records
    assert found(server) == NameFindings(answered=True)


def test_only_the_proof_that_is_asked_for_is_read(server: NameServer):
    server.zones = {
        "go.example.com": [("A", OURS)],
        "_linnet.go.example.com": [("TXT", '"linnet-" "verification=abc"'), ("TXT", '"other"'), ("TXT", '"\\255"')],
    }
    assert found(server).texts is None
    assert sorted(found(server, proof=True).texts or ()) == ["linnet-verification=abc", "other", "\xff"]


def test_the_proof_may_be_an_alias(server: NameServer):
    server.zones = {"_linnet.go.example.com": [("CNAME", "proof.example.org.")], "proof.example.org": [("TXT", '"word"')]}
    assert found(server, proof=True).texts == ("word",)


def test_no_proof_and_no_answer_about_it_are_told_apart(server: NameServer):
    server.zones = {"go.example.com": [("A", OURS)]}
    assert found(server, proof=True).texts == ()
    server.failing = {"_linnet.go.example.com"}
    findings = found(server, proof=True)
    assert (findings.texts, findings.here) == (None, (OURS,))


def test_a_name_too_long_for_a_proof_has_none(server: NameServer):
    hostname = ".".join(["a" * 61] * 4)
    server.zones = {hostname: [("A", OURS)]}
    assert len(hostname) == 247
    assert found(server, hostname, proof=True) == NameFindings(answered=True, here=(OURS,), texts=())


def test_a_failing_server_has_not_answered(server: NameServer):
    server.failing = {"go.example.com"}
    assert not found(server).answered


def test_a_server_that_fails_for_one_kind_of_address_is_believed_for_the_other(server: NameServer):
    server.zones = {"go.example.com": [("A", OURS)]}
    server.failing_kinds = {("go.example.com", "AAAA")}
    assert found(server) == NameFindings(answered=True, here=(OURS,))
    server.zones = {"go.example.com": [("TXT", '"no address"')]}
    assert not found(server).answered


def test_rubbish_is_no_answer(server: NameServer):
    server.broken = {"go.example.com"}
    assert not found(server, seconds=0.5).answered


def test_silence_ends_in_time(server: NameServer):
    server.silent = {"go.example.com"}
    for asked, most in ((0.3, 0.6), (60.0, 3.4)):
        began = time.monotonic()
        assert not found(server, seconds=asked, proof=True).answered
        assert time.monotonic() - began < most


def test_the_next_server_is_asked_when_one_is_silent(server: NameServer):
    server.zones = {"go.example.com": [("A", OURS)]}
    with running_name_server(silent={"go.example.com"}) as silent:
        servers = NameServers([("127.0.0.1", silent.port), ("127.0.0.1", server.port)], HERE)
        assert servers.findings("go.example.com").here == (OURS,)


def test_a_port_without_server_is_no_answer(server: NameServer):
    unused = server.port
    with running_name_server() as other:
        unused = other.port
    assert not NameServers([("127.0.0.1", unused)], HERE).findings("go.example.com", seconds=1).answered


def test_a_huge_answer_is_fetched_whole_and_kept_bounded(server: NameServer):
    server.zones = {"go.example.com": [("A", f"10.0.{i // 250}.{i % 250}") for i in range(2000)]}
    findings = found(server)
    assert findings.answered
    assert findings.here == ()
    assert 0 < len(findings.elsewhere) <= 64


def test_localhost_leads_here_unasked_where_the_loopback_is_listened_on(server: NameServer):
    local = Here(loopback=True)
    for hostname in ("localhost", "go.localhost", "a.b.localhost"):
        assert found(server, hostname, here=local) == NameFindings(answered=True, here=(hostname,))
        assert found(server, hostname, here=Here()).here == ()
    assert server.asked == []


def test_the_machines_own_addresses_lead_here_where_they_count(server: NameServer):
    server.zones = {"go.example.com": [("A", "127.0.0.1")], "no.example.com": [("A", "0.0.0.0"), ("A", "192.0.2.1")]}
    assert found(server, here=Here(machine=True)).here == ()
    assert found(server, here=Here(machine=True, loopback=True)).here == ("127.0.0.1",)
    assert found(server, "no.example.com", here=Here(machine=True, loopback=True)).here == ()
