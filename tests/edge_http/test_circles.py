"""Circles that were made behind the back of the check at saving: visitors are told, and not sent round."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from linnet.storage.database import Database
from tests.support.server import Server, running_server

GERMAN, JAPANESE = "85.214.132.117", "133.11.0.1"


@pytest.fixture(scope="module")
def circles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that believes this machine's forwarding headers, for visitors from anywhere."""
    settings = {"LINNET_TRUSTED_PROXIES": "127.0.0.0/8"}
    with running_server(tmp_path_factory.mktemp("circles") / "linnet", settings=settings) as running:
        yield running


def create(server: Server, host: str, path: str, url: str) -> dict[str, Any]:
    answer = server.api("POST", "/links", {"domain": host, "originalURL": url, "path": path, "allowDuplicates": True})
    assert answer.status == 200, answer
    created: dict[str, Any] = answer.json
    return created


def follow(server: Server, host: str, path: str, **headers: str) -> list[int]:
    """The statuses that a browser sees, on domains of the server, until it is elsewhere or has had enough."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    statuses = []
    for _ in range(21):
        answer = server.request("GET", path, host=f"{host}:{server.port}", headers=sent)
        statuses.append(answer.status)
        location = answer.location or ""
        name, _, rest = location.removeprefix("http://").removeprefix("https://").partition("/")
        if answer.status != 302 or not name.partition(":")[0].endswith(".localhost"):
            break
        host, path = name.partition(":")[0], f"/{rest}"
    return statuses


def test_a_domain_that_was_added_later_closes_no_circle(circles: Server):
    create(circles, "go.localhost", "early", f"http://later.localhost:{circles.port}/back")
    assert follow(circles, "go.localhost", "/early") == [302, 421]
    assert circles.api("POST", "/domains", {"hostname": "later.localhost"}).status == 200
    refused = {"domain": "later.localhost", "originalURL": "https://go.localhost/early", "path": "back"}
    assert circles.api("POST", "/links", refused).json["code"] == "invalid_field"
    link = create(circles, "later.localhost", "back", "https://example.com/")
    assert follow(circles, "go.localhost", "/early") == [302, 302]
    store_url(circles, link, f"http://go.localhost:{circles.port}/early")
    # The older link was stored when nobody here had that host: it redirects, and the newer one does not.
    assert follow(circles, "go.localhost", "/early") == [302, 508]
    assert follow(circles, "later.localhost", "/back") == [508]


def store_url(server: Server, link: dict[str, Any], url: str) -> None:
    """Write a destination into the database as nothing but a defect could, and wait for the edge to have it."""
    database = Database(f"sqlite:///{server.directory / 'linnet.db'}")
    with database.write() as work:
        found = work.links.find(link["idString"])
        assert found is not None
        work.connection.exec_driver_sql("UPDATE links SET original_url = ? WHERE number = ?", (url, found.number))
        work.changes.record(found.domain_id, found.path)
    database.close()
    # A change that is made through the server is applied after ours.
    server.create()


def explained(server: Server, link: dict[str, Any], address: str) -> tuple[str, int, str]:
    """What the API says of a visit, and the command line too."""
    found = server.api("GET", f"/links/explain/{link['idString']}?address={address}").json
    told = json.loads(server.run("link", "explain", link["idString"], "--address", address, "--json").stdout)
    ends = [(each["outcome"], each["status"], each["destination"]) for each in (found, told)]
    assert ends[0] == ends[1]
    return ends[0]


def test_a_circle_for_visitors_of_one_country_is_none_for_others(circles: Server):
    first = create(circles, "go.localhost", "c1", "https://example.com/")
    second = create(circles, "go.localhost", "c2", "https://example.com/")
    there = {"country": "DE", "originalURL": "https://go.localhost/c2"}
    assert circles.api("POST", f"/link_country/{first['idString']}", there).status in (200, 201)
    store_url(circles, second, "https://go.localhost/c1")
    assert follow(circles, "go.localhost", "/c1", X_Forwarded_For=GERMAN) == [508]
    assert follow(circles, "go.localhost", "/c2", X_Forwarded_For=GERMAN) == [508]
    assert follow(circles, "go.localhost", "/c2", X_Forwarded_For=JAPANESE) == [302, 302]
    assert explained(circles, second, address=GERMAN) == ("circle", 508, "https://go.localhost/c1")
    assert explained(circles, second, address=JAPANESE) == ("redirect", 302, "https://go.localhost/c1")


def test_what_a_wildcard_captured_makes_a_circle_only_where_it_does(circles: Server):
    create(circles, "go.localhost", "to/*", "https://$1")
    link = create(circles, "go.localhost", "w", "https://example.com/")
    store_url(circles, link, "https://go.localhost/to/go.localhost/w")
    assert follow(circles, "go.localhost", "/w") == [508]
    assert follow(circles, "go.localhost", "/to/example.com/x") == [302]


def test_visits_that_would_go_round_are_clicks_with_their_status(circles: Server):
    link = create(circles, "go.localhost", "self", "https://example.com/")
    store_url(circles, link, "https://go.localhost/self")
    assert [follow(circles, "go.localhost", "/self")[0] for _ in range(3)] == [508] * 3
    assert circles.wait(lambda: circles.metric("linnet_redirects_total", 'status="508"') >= 3, "the metrics") >= 0
    circles.wait(lambda: circles.link_clicks(link["idString"]) == 3, "three clicks")
