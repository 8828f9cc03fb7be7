"""Domains on a real server with a name server of the test's own: found, proved, and served."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from linnet.actions.keys import new_key
from linnet.model.access import KeyKind
from linnet.storage.database import Database
from tests.support.moments import NOON
from tests.support.name_server import NameServer, running_name_server
from tests.support.official import OfficialClient
from tests.support.server import Server, running_server


@dataclass
class World:
    """A server that asks a name server of ours about domains every second."""

    server: Server
    names: NameServer
    client: OfficialClient

    def visit(self, hostname: str, path: str = "/x") -> int:
        return self.server.request("GET", path, host=f"{hostname}:{self.server.port}").status

    def link(self, hostname: str, key: str | None = None) -> None:
        draft = {"domain": hostname, "originalURL": "https://example.com/", "path": "x"}
        assert self.server.api("POST", "/links", draft, key=key).status == 200

    def state(self, domain_id: int) -> str:
        return str(self.server.api("GET", f"/domains/{domain_id}").json["state"])

    def verified(self, path: str, key: str) -> bool:
        return bool(self.server.api("POST", path, {}, key=key).json["state"] == "configured")

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "linnet", "domain", *arguments],
            env=self.server.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation of one person."""
    yield from new_world(tmp_path_factory)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation of several people."""
    for world in new_world(tmp_path_factory):
        person(world, "somebody@example.com")
        yield world


def new_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_name_server() as names:
        settings = {"LINNET_DNS_SERVERS": names.address, "LINNET_DOMAIN_CHECK_SECONDS": "1", "LINNET_MAX_DOMAINS": "10"}
        with running_server(tmp_path_factory.mktemp("domains") / "linnet", workers=1, settings=settings) as server:
            client = OfficialClient(server.base_url, server.secret_key)
            yield World(server, names, client)
            client.close()


def person(world: World, email: str) -> str:
    """Another person with an account, by the secret key."""
    database = Database(f"sqlite:///{world.server.directory / 'linnet.db'}")
    with database.write() as work:
        user = work.users.add(email=email, name=None, password_hash="none", created_at=NOON)
        raw_key, _ = new_key(work, owner_id=user.id, kind=KeyKind.SECRET, now=NOON)
    database.close()
    return raw_key


def test_the_first_domain_is_configured_without_asking_anybody(world: World):
    assert world.state(world.server.domain_id) == "configured"
    assert not [name for name, _ in world.names.asked if name.endswith("localhost")]


def test_a_domain_becomes_configured_when_its_name_leads_here(world: World):
    world.names.zones["go.brand.org"] = [("A", "198.51.100.7")]
    domain = world.client.ask("createDomain", body={"hostname": "go.brand.org", "linkType": "secure"})
    assert (domain["state"], domain["linkType"]) == ("not_configured", "secure")
    world.link("go.brand.org")
    assert world.visit("go.brand.org") == 302
    for records, state in (
        ([("A", "127.0.0.1")], "configured"),
        ([("A", "127.0.0.1"), ("A", "198.51.100.7")], "extra_records"),
        (None, "not_registered"),
        ([("A", "127.0.0.1")], "configured"),
    ):
        world.names.zones.pop("go.brand.org", None)
        world.names.zones |= {"go.brand.org": records} if records else {}
        world.server.wait(lambda expected=state: world.state(domain["id"]) == expected, state)  # type: ignore[misc]
    world.names.failing = {"go.brand.org"}
    asked = len(world.names.asked)
    world.server.wait(lambda: len(world.names.asked) > asked + 6, "more checks")
    assert world.state(domain["id"]) == "configured"
    world.names.failing = set()


def test_a_second_persons_domain_is_served_only_once_it_is_proved(crowd: World):
    second_key = person(crowd, "second@example.com")
    crowd.names.zones |= {"mine.example.com": [("A", "127.0.0.1")], "late.example.com": [("A", "127.0.0.1")]}
    for hostname in ("mine.example.com", "late.example.com"):
        domain = crowd.server.api("POST", "/domains", {"hostname": hostname}, key=second_key).json
        assert domain["state"] == "not_verified"
        crowd.link(hostname, second_key)
        assert crowd.visit(hostname) in (404, 421)
        proof = domain["dnsRecords"][0]
        assert (proof["type"], proof["name"]) == ("TXT", f"_linnet.{hostname}")
        verify = f"/domains/verify/{domain['id']}"
        assert crowd.server.api("POST", verify, {}, key=second_key).json["state"] == "not_verified"
        assert crowd.visit(hostname) in (404, 421)
        assert crowd.server.api("POST", verify, {}).status == 404
        crowd.names.zones[proof["name"]] = [("TXT", f'"{proof["value"]}"')]
        if hostname == "mine.example.com":
            # The person asks, and housekeeping may have been faster; the other domain is left to it.
            crowd.server.wait(lambda path=verify: crowd.verified(path, second_key), "the proof to be found")  # type: ignore[misc]
        crowd.server.wait(lambda name=hostname: crowd.visit(name) == 302, "the domain to be served", seconds=10)  # type: ignore[misc]


def test_the_officials_clients_schemas_fit_every_answer(world: World):
    world.client.ask("createDomain", body={"hostname": "official.localhost"})
    listed = world.client.ask("listDomains", query={"limit": 300})
    chosen = next(each for each in listed if each["hostname"] == "official.localhost")
    settings: dict[str, Any] = {
        "httpsLevel": "none",
        "robots": "noindex",
        "segmentKey": "key",
        "linkType": "random",
        "cloaking": False,
        "hideReferer": True,
        "hideVisitorIp": True,
        "httpsLinks": None,
        "webhookURL": "",
        "integrationGA": "G-1",
        "integrationFB": "1",
        "integrationTT": "2",
        "integrationAdroll": "3",
        "integrationGTM": "GTM-A",
        "enableConversionTracking": True,
        "qrScanTracking": False,
        "clientStorage": {"a": 1},
        "purgeExpiredLinks": True,
        "enableAI": True,
        "caseSensitive": True,
    }
    assert world.client.ask("updateDomainSettings", path={"domainId": chosen["id"]}, body=settings) == {"success": True}
    whole = world.client.ask("getDomain", path={"domainId": chosen["id"]})
    expected = settings | {"httpsLinks": False, "userPlan": "large", "ipExclusions": []}
    del expected["webhookURL"]
    assert {name: whole[name] for name in expected} == expected
    refused = world.client.call("updateDomainSettings", path={"domainId": chosen["id"]}, body={"webhookURL": "ftp://x/"})
    assert (refused.status, refused.error["field"]) == (400, "webhookURL")


def test_settings_are_at_the_edge_when_the_call_returns(world: World):
    chosen = next(each for each in world.client.ask("listDomains") if each["hostname"] == "go.localhost")
    for number in range(5):
        url = f"https://example.com/missing-{number}"
        body = {"redirect404": url, "caseSensitive": number % 2 == 0}
        assert world.server.api("POST", f"/domains/settings/{chosen['id']}", body).status == 200
        assert world.server.visit(f"/nothing-{number}").location == url
    lost = world.server.create("lost")
    home = f"http://{world.server.host}/lost"
    assert world.server.api("POST", f"/domains/settings/{chosen['id']}", {"redirect404": home}).status == 200
    assert world.server.visit("/nothing").location == home
    assert world.server.api("DELETE", f"/links/{lost['id']}").status == 200
    # The link that took the lost is lost itself: an end, and no circle.
    assert world.server.visit("/nothing").location == home
    assert world.server.visit("/lost").status == 404
    world.server.create("Cased")
    for sensitive, status in ((True, 302), (False, 302), (True, 302)):
        assert world.server.api("POST", f"/domains/settings/{chosen['id']}", {"caseSensitive": sensitive}).status == 200
        assert world.server.visit("/Cased").location == "https://example.com/"
        assert (world.server.visit("/cased").location == "https://example.com/") is not sensitive
        assert world.server.visit("/Cased").status == status


def test_a_quota_of_domains_is_402(crowd: World):
    key = person(crowd, "third@example.com")
    answers = [crowd.server.api("POST", "/domains", {"hostname": f"q{number}.localhost"}, key=key) for number in range(11)]
    assert [answer.status for answer in answers] == [200] * 10 + [402]
    assert answers[-1].json["code"] == "quota_reached"


def test_the_command_line_lists_adds_verifies_and_checks(world: World):
    world.names.zones["cli.example.com"] = [("A", "127.0.0.1")]
    world.names.zones["away.example.com"] = [("A", "198.51.100.7")]
    added = world.command("add", "cli.example.com", "--json")
    domain = json.loads(added.stdout)
    assert (domain["state"], domain["verified"], domain["dnsRecords"]) == ("configured", True, [])
    world.server.wait(lambda: world.visit("cli.example.com", "/") == 404, "the server to know it", seconds=5)
    assert "cli.example.com" in [each["hostname"] for each in json.loads(world.command("list", "--json").stdout)]
    assert "cli.example.com\tconfigured" in world.command("list").stdout
    assert world.command("add", "cli.example.com").returncode == 1
    assert json.loads(world.command("check", "cli.example.com", "--json").stdout)["here"] == ["127.0.0.1"]
    away = world.command("check", "away.example.com", "--json")
    assert (away.returncode, json.loads(away.stdout)["state"]) == (1, "not_configured")
    assert world.command("verify", "unknown.example.com").returncode == 1


def test_the_command_line_takes_the_administrators_word_for_a_proof(crowd: World):
    key = person(crowd, "fourth@example.com")
    hostname = "internal.example.com"
    crowd.names.zones[hostname] = [("A", "127.0.0.1")]
    assert crowd.server.api("POST", "/domains", {"hostname": hostname}, key=key).json["state"] == "not_verified"
    unproved = crowd.command("verify", hostname)
    assert unproved.returncode == 1
    assert f"_linnet.{hostname}  TXT  linnet-verification=" in unproved.stdout
    vouched = crowd.command("verify", hostname, "--vouch", "--json")
    assert (vouched.returncode, json.loads(vouched.stdout)["state"]) == (0, "configured")
    crowd.link(hostname, key)
    crowd.server.wait(lambda: crowd.visit(hostname) == 302, "the domain to be served", seconds=5)
