"""Keys held to their limits, and addresses that send wrong ones, over the whole API."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from linnet.actions.context import Context
from linnet.actions.installation import Installed
from linnet.actions.keys import Authenticator
from linnet.api.app import create_app
from linnet.api.front import Front
from linnet.api.health import Readiness
from linnet.api.limits import read_rate_limits
from linnet.api.options import ApiOptions
from linnet.api.throttle import Throttle
from linnet.compose.limits import NodeLimiter
from linnet.edge.rates import NodeRates
from linnet.storage.database import Database
from tests.api.conftest import Api, NoStatistics

LIMITS = "create=3/10,link=2/10,general=4/10,unauthorized=3/60"
Opened = Callable[..., Api]


@contextmanager
def limited_api(directory: Path, installation: tuple[Path, Installed], limits: str, peer: str) -> Iterator[Api]:
    original, installed = installation
    database = Database(f"sqlite:///{shutil.copy(original, directory / 'linnet.db')}")
    rates = NodeRates(directory / "rates")
    throttle = Throttle(read_rate_limits(limits), keys=NodeLimiter(rates.keys), addresses=NodeLimiter(rates.addresses))
    app = create_app(
        ApiOptions(trusted_proxies=(ip_network("10.0.0.0/8"),)),
        authenticator=Authenticator(database),
        make_context=lambda actor: Context(actor=actor, database=database, publish=lambda _: None, signing_key=b"k" * 32),
        statistics=NoStatistics(),  # type: ignore[arg-type]
        readiness=lambda: Readiness(True, {}),
        render_metrics=lambda: (b"", "text/plain"),
        throttle=throttle,
    )

    async def from_peer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["client"] = (peer, 50_000)
        await Front(app)(scope, receive, send)

    with TestClient(from_peer, raise_server_exceptions=False) as client:
        yield Api(client, database, installed)
    rates.close()
    database.close()


@pytest.fixture
def opened(tmp_path: Path, installation: tuple[Path, Installed]) -> Iterator[Opened]:
    with ExitStack() as stack:
        yield lambda limits=LIMITS, peer="192.0.2.1": stack.enter_context(limited_api(tmp_path, installation, limits, peer))


def limit_of(answer: Any) -> tuple[int, int]:
    return int(answer.headers["x-ratelimit-limit"]), int(answer.headers["x-ratelimit-remaining"])


def test_a_call_over_the_limit_is_refused_in_the_universal_shape_and_does_nothing(opened: Opened):
    api = opened()
    assert [limit_of(api.create(path=f"p{number}")) for number in range(3)] == [(3, 2), (3, 1), (3, 0)]
    refused = api.create(path="p3")
    assert refused.status_code == 429
    assert limit_of(refused) == (3, 0)
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert 0 <= int(refused.headers["x-ratelimit-reset"]) - time.time() <= 11
    wait = refused.headers["retry-after"]
    assert refused.json() == {
        "success": False,
        "statusCode": 429,
        "error": "Too Many Requests",
        "message": f"This key may make 3 calls in 10 seconds of this kind; please wait {wait} seconds.",
        "code": "too_many_requests",
    }
    with api.database.read() as work:
        assert work.links.count(1) == 3


def test_operations_of_a_bucket_share_a_count_and_other_buckets_go_on(opened: Opened):
    api = opened()
    link = api.created(path="abc")["idString"]
    assert api.request("GET", f"/links/{link}").status_code == 200
    assert api.request("POST", f"/links/{link}", json={"title": "a"}).status_code == 200
    assert api.request("DELETE", f"/links/{link}").status_code == 429
    assert api.request("GET", "/links/expand", params={"domain": "go.example", "path": "abc"}).status_code == 429
    assert limit_of(api.create(path="def")) == (3, 1)


def test_operations_without_a_limit_of_their_own_share_the_general_one(opened: Opened):
    api = opened()
    paths = ["/api/domains", "/domains/1", "/api/links?domain_id=1", "/api/domains", "/domains/1"]
    assert [api.request("GET", path).status_code for path in paths] == [200, 200, 200, 200, 429]


def test_refusals_of_the_work_are_counted_and_say_how_the_limit_stands(opened: Opened):
    api = opened()
    assert limit_of(api.request("GET", "/links/lnk_unknown")) == (2, 1)
    invalid = api.create(originalURL="javascript:1")
    assert (invalid.status_code, limit_of(invalid)) == (400, (3, 2))


def test_each_key_has_a_count_of_its_own(opened: Opened):
    api = opened()
    other_key, _ = api.other_owner()
    for _ in range(5):
        api.request("GET", "/api/domains")
    assert api.request("GET", "/api/domains", key=other_key).status_code == 200


def test_a_window_renews_after_the_time_that_retry_after_says(opened: Opened):
    api = opened("general=1/1")
    assert api.request("GET", "/api/domains").status_code == 200
    refused = api.request("GET", "/api/domains")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    time.sleep(1)
    assert api.request("GET", "/api/domains").status_code == 200


def test_a_lifted_limit_shows_no_headers(opened: Opened):
    api = opened("off")
    answers = [api.request("GET", "/api/domains") for _ in range(150)]
    assert {answer.status_code for answer in answers} == {200}
    assert not any(name.startswith("x-ratelimit") for name in answers[-1].headers)


class TestWrongKeys:
    def test_an_address_that_sends_too_many_is_refused_whatever_key_it_tries_next(self, opened: Opened):
        api = opened()
        wrong = [api.request("GET", "/api/domains", key=f"sk_wrong{number}").status_code for number in range(3)]
        assert wrong == [401] * 3
        refused = api.request("GET", "/api/domains", key="sk_wrong9")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert api.request("GET", "/api/domains").status_code == 429
        assert api.client.get("/api/domains").status_code == 401

    def test_a_key_that_worked_lately_is_not_held_up_by_others_at_its_address(self, opened: Opened):
        api = opened()
        assert api.request("GET", "/api/domains").status_code == 200
        for number in range(5):
            api.request("GET", "/api/domains", key=f"sk_wrong{number}")
        assert api.request("GET", "/api/domains").status_code == 200
        assert api.request("GET", "/api/domains", key="sk_wrong9").status_code == 429

    @pytest.mark.parametrize(
        ("peer", "forwarded", "refused"),
        [
            ("192.0.2.1", ["198.51.100.1", "198.51.100.2"], True),
            ("10.0.0.1", ["198.51.100.1", "198.51.100.2"], False),
            ("10.0.0.1", ["2001:db8::1", "2001:db8::ffff:2"], True),
            ("10.0.0.1", ["2001:db8:0:1::1", "2001:db8:0:2::1"], False),
        ],
    )
    def test_addresses_are_told_apart_as_trusted_proxies_say(
        self, opened: Opened, peer: str, forwarded: list[str], refused: bool
    ):
        api = opened(peer=peer)
        first, second = forwarded
        for number in range(3):
            api.request("GET", "/api/domains", key=f"sk_wrong{number}", headers={"x-forwarded-for": first})
        answer = api.request("GET", "/api/domains", headers={"x-forwarded-for": second})
        assert answer.status_code == (429 if refused else 200)

    def test_strangers_cannot_spend_a_keys_calls(self, opened: Opened):
        api = opened()
        for number in range(3):
            api.request("GET", "/api/domains", key=f"sk_wrong{number}")
        answer = api.request("GET", "/api/domains", headers={"x-forwarded-for": "203.0.113.1"})
        assert answer.status_code == 429  # the address, which an untrusted peer cannot choose
        assert answer.headers["x-ratelimit-limit"] == "3"
