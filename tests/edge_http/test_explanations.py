"""What a link is explained to do is what its visitors get: links and visits at random, asked at both ends."""

import random
import re
from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.server import Answer, Server, running_server

AGENTS = (
    "",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)",
    "Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "facebookexternalhit/1.1",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
)
ADDRESSES = ("8.8.8.8", "85.214.132.117", "133.11.0.1", "10.0.0.1", "2a00:1450:4001:800::200e", "192.0.2.9")
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"language": ["de"]},
    {"device": ["mobile"]},
    {"query": {"name": "q"}},
    {"referrer": {"hosts": ["ref.example"]}},
    {"not": {"country": ["US"]}},
)
DOMAINS: tuple[dict[str, Any], ...] = (
    {"ipExclusions": ["192.0.2.0/24"]},
    {"httpsLevel": "redirect", "enableConversionTracking": True},
    {"cloaking": True, "qrScanTracking": False},
)
_CLICK_ID = re.compile(r"(?:[?&]|&amp;)clid=[\w-]+")


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that believes this machine's forwarding headers, with the domains d0 to d2."""
    settings = {"LINNET_TRUSTED_PROXIES": "127.0.0.0/8"}
    with running_server(tmp_path_factory.mktemp("explanations") / "linnet", settings=settings) as running:
        for number, wanted in enumerate(DOMAINS):
            made = running.api("POST", "/domains", {"hostname": f"d{number}.localhost"})
            assert made.status == 200, made
            assert running.api("POST", f"/domains/settings/{made.json['id']}", wanted).status == 200
        yield running


def url(chance: random.Random, name: str) -> str:
    return f"{chance.choice(('https', 'http'))}://example.com/{name}{chance.choice(('', '?u=1', '#f', '?q=0&z'))}"


def add_link(server: Server, chance: random.Random, host: str, path: str) -> str:
    """A link with some fields; its id."""
    own = "https://example.com/$1" if "*" in path else "shortsecure://AAAA?BBBB" if chance.random() < 0.1 else url(chance, "o")
    possible: dict[str, Any] = {
        "iphoneURL": url(chance, "i"),
        "androidURL": url(chance, "a"),
        "splitURL": url(chance, "s"),
        "splitPercent": chance.randint(1, 99),
        "expiresAt": chance.choice(("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z")),
        "expiredURL": url(chance, "x"),
        "clicksLimit": chance.randint(1, 3),
        "password": "secret",
        "cloaking": chance.random() < 0.5,
        "integrationGA": "G-ABC123",
        "skipQS": True,
        "redirectType": chance.choice((301, 307, 308)),
    }
    fields = {name: value for name, value in possible.items() if chance.random() < 0.15}
    made = server.api("POST", "/links", {"domain": host, "path": path, "originalURL": own, "allowDuplicates": True, **fields})
    assert made.status == 200, made
    link_id, domain_id = made.json["idString"], made.json["DomainId"]
    targeting: list[tuple[str, str, Any]] = [
        ("POST", f"/link_country/{link_id}", {"country": chance.choice(("US", "EU", "JP")), "originalURL": url(chance, "c")}),
        ("PUT", f"/link_rules/{link_id}", [{"condition": chance.choice(CONDITIONS), "originalURL": url(chance, "r")}]),
        ("PUT", f"/link_variants/{link_id}", [{"weight": 1}, {"weight": 2, "originalURL": url(chance, "v")}]),
        ("PUT", f"/links/opengraph/{domain_id}/{link_id}", [["title", "T"]]),
    ]
    for method, target, value in targeting:
        if chance.random() < 0.25:
            assert server.api(method, target, value).status in (200, 201)
    return str(link_id)


def shown(answer: Answer, destination: str | None) -> str | None:
    """Where an answer leads, without the click's id: its Location, or else ``destination`` where the page has it."""
    if answer.location is not None:
        return _CLICK_ID.sub("", answer.location)
    page = _CLICK_ID.sub("", answer.body.decode())
    whole = destination if destination is None or destination.startswith("http") else destination.partition("//")[2]
    return destination if whole is not None and (escape(whole) in page or whole in page) else None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_visitors_get_what_is_explained(proxied: Server, seed: int):
    chance = random.Random(seed)
    outcomes = set()
    for number in range(40):
        host = f"d{chance.randrange(len(DOMAINS))}.localhost"
        path = f"{seed}-{number}" + ("/*" if chance.random() < 0.2 else "")
        link_id = add_link(proxied, chance, host, path)
        for _ in range(4):
            visit = {
                "address": chance.choice(ADDRESSES),
                "userAgent": chance.choice(AGENTS),
                "language": chance.choice(("", "de", "en;q=0.8,de;q=0.9")),
                "referrer": chance.choice(("", "https://a.ref.example/x")),
                "query": chance.choice(("", "q=1", "a=%20b&q", "_qr&x=1")),
                "rest": chance.choice(("a/b", "a%20b", "%C3%BC", "")) if "*" in path else "",
                "https": chance.choice(("true", "false")),
            }
            told = proxied.api("GET", f"/links/explain/{link_id}?{urlencode(visit)}").json
            headers = {
                "X-Forwarded-For": visit["address"],
                "X-Forwarded-Proto": "https" if visit["https"] == "true" else "http",
                "User-Agent": visit["userAgent"],
                "Accept-Language": visit["language"],
                "Referer": visit["referrer"],
            }
            target = f"/{path.replace('*', visit['rest'])}" + (f"?{visit['query']}" if visit["query"] else "")
            got = proxied.request("GET", target, host=host, headers=headers)
            assert (got.status, shown(got, told["destination"])) == (told["status"], told["destination"]), (visit, told)
            assert told["steps"][-1]["decides"]
            assert told["steps"][-1]["step"] == told["decidedBy"]
            outcomes.add(told["outcome"])
    assert {"redirect", "tracked", "password", "https", "cloaked"} <= outcomes
