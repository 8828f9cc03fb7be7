"""Who uses up a click limit, and who is led on without doing so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from linnet.edge.counters import NodeCounters
from linnet.edge.facts import Visitor, VisitorFacts
from linnet.edge.following import Asked, Following
from linnet.model.opengraph import Tag
from linnet.model.route import DomainRoute, Needs, Route

CHROME = b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
SLACK = b"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"
GOOGLE = b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
TAGS: tuple[Tag, ...] = (("title", "Offer"),)


class Door:
    """A link with a limit of two clicks."""

    def __init__(self, counters: NodeCounters) -> None:
        self._following = Following(counters, VisitorFacts([], lambda: pytest.fail("nobody asks for places")), b"key")
        self.domain = DomainRoute(domain_id=1, hostname="go.example")
        self.route = Route(
            link_number=7,
            domain_id=1,
            destination="https://example.com/",
            needs=int(Needs.CLICK_LIMIT),
            clicks_limit=2,
        )

    def visit(self, agent: bytes = CHROME, method: str = "GET", head: bytes = b"", *, excluded: bool = False) -> int:
        visitor = Visitor("192.0.2.7", b"", agent)
        head = b"GET /a HTTP/1.1\r\nHost: go.example\r\n" + head + b"\r\n"
        asked = Asked(method, b"", "", 1_777_636_800.0, visitor, head, False, b"\r\n\r\n", excluded=excluded)
        return self._following.answer(self.domain, self.route, asked).status


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    counters = NodeCounters(tmp_path / "counters.mdb")
    yield Door(counters)
    counters.close()


UNCOUNTED = {
    "HEAD": {"method": "HEAD"},
    "prefetch": {"head": b"Sec-Purpose: prefetch\r\n"},
    "prerender": {"head": b"sec-purpose: prefetch;prerender\r\n"},
    "prefetch of old": {"head": b"Purpose: prefetch\r\n"},
    "prefetch of Firefox": {"head": b"X-Moz: prefetch\r\n"},
    "top sites": {"head": b"X-Purpose: preview\r\n"},
    "chat": {"agent": SLACK},
    "search engine": {"agent": GOOGLE},
}


@pytest.mark.parametrize("name", UNCOUNTED)
def test_what_nobody_meant_to_follow_is_led_on_and_uses_up_nothing(door: Door, name: str):
    assert [door.visit(**UNCOUNTED[name]) for _ in range(5)] == [302] * 5
    assert [door.visit() for _ in range(3)] == [302, 302, 410]
    assert door.visit(**UNCOUNTED[name]) == 410


@pytest.mark.parametrize(
    "head", [b"Sec-Purpose: navigate\r\n", b"Purpose: shopping\r\n", b"Referer: https://a.example/prefetch\r\n"]
)
def test_other_headers_do_not_keep_a_click_from_counting(door: Door, head: bytes):
    assert [door.visit(head=head) for _ in range(3)] == [302, 302, 410]


@pytest.mark.parametrize("agent", [b"", b"curl/8.5.0", b"python-requests/2.32.3"])
def test_programs_that_somebody_runs_on_purpose_count(door: Door, agent: bytes):
    assert [door.visit(agent) for _ in range(3)] == [302, 302, 410]


def test_robots_count_on_a_domain_that_says_so_as_they_do_at_short_io(door: Door):
    door.domain = DomainRoute(domain_id=1, hostname="go.example", limit_counts_robots=True)
    assert [door.visit(SLACK), door.visit(GOOGLE), door.visit(GOOGLE), door.visit()] == [302, 302, 410, 410]


def test_an_excluded_address_is_led_on_and_uses_up_nothing(door: Door):
    assert [door.visit(excluded=True) for _ in range(5)] == [302] * 5
    assert [door.visit() for _ in range(3)] == [302, 302, 410]
    assert door.visit(excluded=True) == 410


def test_a_page_in_place_of_a_redirect_uses_up_the_limit_too(door: Door):
    for needs in (Needs.CLOAKING, Needs.TRACKING, Needs.ENCRYPTION):
        number, needed = door.route.link_number + 1, int(Needs.CLICK_LIMIT | needs)
        door.route = Route(link_number=number, domain_id=1, destination="https://example.com/", needs=needed, clicks_limit=1)
        assert [door.visit() == 410 for _ in range(2)] == [False, True], needs


def test_previews_of_a_link_with_tags_are_shown_until_the_limit_is_reached(door: Door):
    needs = int(Needs.CLICK_LIMIT | Needs.PREVIEW)
    door.route = Route(
        link_number=9, domain_id=1, destination="https://example.com/", needs=needs, clicks_limit=1, opengraph=TAGS
    )
    assert [door.visit(SLACK) == 410 for _ in range(3)] == [False] * 3
    assert [door.visit(), door.visit()] == [302, 410]
    assert door.visit(SLACK) == 410


def test_asking_how_often_a_link_was_clicked_changes_nothing(tmp_path: Path):
    counters = NodeCounters(tmp_path / "counters.mdb")
    assert [counters.clicks(1), counters.claim_click(1, 5), counters.clicks(1), counters.clicks(2)] == [0, 0, 1, 0]
    counters.close()
