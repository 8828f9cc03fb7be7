"""What visitors get is what ``decide`` says of the link and of them, whichever way their bytes take through the edge.

The expected decision is made of the link's own fields and of a visitor whose every fact is known beforehand: no index, no
prerendered bytes, no look-ups and no HTTP have a part in it.
"""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.conditions import Traits
from linnet.model.link import Link
from linnet.model.redirect import Decision, Outcome, VisitFacts, decide
from linnet.model.route import Route
from linnet.model.rules import Rule
from linnet.model.targeting import Handheld, Place, split_share
from linnet.model.variants import WeightedVariant, lots_of
from tests.support.conditions import conditions
from tests.support.edge import NOON, Bench, responses
from tests.support.routes import route_of

NOON_AT = datetime.fromtimestamp(NOON, UTC)
NUMBERS = itertools.count(1_000)


class Somebody(NamedTuple):
    """A visitor, and what anybody who saw the headers would know."""

    address: str
    country: str
    region: str


class Agent(NamedTuple):
    """A User-Agent header, and what it means."""

    text: str
    handheld: Handheld
    os: str
    browser: str
    device: str
    previews: bool = False


PEOPLE = [
    Somebody("192.0.2.7", "DE", "BY"),
    Somebody("192.0.2.8", "DE", ""),
    Somebody("198.51.100.7", "US", "CA"),
    Somebody("203.0.113.1", "", ""),
    Somebody("2001:db8::1", "", ""),
]
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0"
AGENTS = [
    Agent(f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {SAFARI}", Handheld.APPLE, "ios", "safari", "mobile"),
    Agent(f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", Handheld.ANDROID, "android", "chrome", "mobile"),
    Agent(f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36", Handheld.NONE, "windows", "chrome", "desktop"),
    Agent(
        "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", Handheld.NONE, "linux", "firefox", "desktop"
    ),
    Agent("facebookexternalhit/1.1", Handheld.NONE, "other", "other", "desktop", previews=True),
]
LANGUAGES: list[tuple[str, tuple[str, ...]]] = [("", ()), ("de-AT", ("de-at",)), ("en", ("en",))]
REFERRERS = [("", ""), ("https://News.example.com/a?b", "news.example.com")]

urls = st.sampled_from(
    ["https://e.example/", "https://e.example/a?x=1#f", "https://bücher.example/ß?ä=ö", "http://e.example:8080/p/$1"]
)
some_urls = st.none() | urls
link_fields = st.fixed_dictionaries(
    {
        "original_url": urls,
        "redirect_type": st.sampled_from([None, 301, 302, 307, 308]),
        "skip_query": st.booleans(),
        "expires_at": st.sampled_from([None, NOON_AT, NOON_AT + timedelta(milliseconds=1), NOON_AT - timedelta(days=1)]),
        "expired_url": some_urls,
        "clicks_limit": st.sampled_from([None, None, 1, 9]),
        "password_hash": st.sampled_from([None, None, None, "$argon2id$"]),
        "iphone_url": some_urls,
        "android_url": some_urls,
        "split_url": some_urls,
        "split_percent": st.sampled_from([None, 1, 50, 100]),
    }
)
places = st.dictionaries(st.sampled_from([("DE", ""), ("DE", "BY"), ("US", "CA"), ("EU", "")]), urls, max_size=3)
rules = st.lists(st.builds(Rule, condition=conditions, original_url=urls), max_size=2)
variants = st.lists(
    st.tuples(urls, st.integers(1, 1000), st.sampled_from("abcdef")), max_size=3, unique_by=lambda each: each[2]
).map(lambda rows: tuple(WeightedVariant(original_url=url, weight=weight, label=label) for url, weight, label in rows))
tags = st.sampled_from([(), (), (("title", "Größe"),)])
queries = st.text("abc=&%41+.~", max_size=12)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(Path(tmp_path_factory.mktemp("oracle")))
    yield bench
    bench.close()


def stored(bench: Bench, route: Route, path: str) -> None:
    with bench.index.writing() as writer:
        writer.set_route(1, path, route)


def location_of(decision: Decision) -> bytes | None:
    if decision.outcome in (Outcome.REDIRECT, Outcome.EXPIRED) and decision.destination is not None:
        return decision.destination.encode()
    return None


@given(
    fields=link_fields,
    there=places,
    own_rules=rules,
    ways=variants,
    opengraph=tags,
    somebody=st.sampled_from(PEOPLE),
    agent=st.sampled_from(AGENTS),
    language=st.sampled_from(LANGUAGES),
    referrer=st.sampled_from(REFERRERS),
    query=queries,
    in_pieces=st.integers(0, 40),
    bare=st.booleans(),
)
def test_a_visitor_gets_what_the_link_says(
    bench: Bench,
    fields: dict[str, Any],
    there: dict[tuple[str, str], str],
    own_rules: list[Rule],
    ways: tuple[WeightedVariant, ...],
    opengraph: tuple[tuple[str, str], ...],
    somebody: Somebody,
    agent: Agent,
    language: tuple[str, tuple[str, ...]],
    referrer: tuple[str, str],
    query: str,
    in_pieces: int,
    bare: bool,
):
    if bare:
        # A plain link, which has a way of its own.
        fields = {name: fields[name] for name in ("original_url", "redirect_type", "skip_query")}
        there, own_rules, ways, opengraph = {}, [], (), ()
    number = next(NUMBERS)
    made = {"id": "lnk_1_a", "domain_id": 1, "owner_id": 1, "path": "oracle", "created_at": NOON_AT, "updated_at": NOON_AT}
    link = Link(number=number, **made, **fields)
    listed = [Place(country=country, region=region, original_url=url) for (country, region), url in there.items()]
    route = route_of(link, listed, opengraph=opengraph, rules=tuple(own_rules), variants=ways)
    assert (route.needs == 0) >= (bare and "$1" not in link.original_url)
    stored(bench, route, "oracle")
    facts = VisitFacts(
        query=query,
        country=somebody.country,
        region=somebody.region,
        handheld=agent.handheld,
        share=split_share(number, somebody.address, agent.text.encode()),
        previews=agent.previews,
        lots=lots_of(number, somebody.address, agent.text.encode()),
        traits=Traits(somebody.address, language[1], agent.os, agent.browser, agent.device, referrer[1]),
    )
    expected = decide(route, facts, int(NOON * 1000))
    head = f"GET /oracle{'?' + query if query else ''} HTTP/1.1\r\nHost: go.example\r\nUser-Agent: {agent.text}\r\n"
    if language[0]:
        head += f"Accept-Language: {language[0]}\r\n"
    if referrer[0]:
        head += f"Referer: {referrer[0]}\r\n"
    whole = f"{head}\r\n".encode()
    pieces = [whole] if in_pieces == 0 else [whole[:in_pieces], whole[in_pieces:]]
    sent = bench.run(bench.exchange(*pieces, peer=somebody.address)).sent
    (answer,) = responses(sent)
    assert (answer.status, dict(answer.headers).get(b"location")) == (expected.status, location_of(expected))
    record = bench.journal.records[-1]
    assert (record[2], record[3]) == (number, expected.status)
