"""Host names that stand for the API alone."""

import json

import pytest

from tests.support.server import Server
from tests.support.wire import get, wire

HOSTS = ["api.short.io", "statistics.short.io", "API.Short.io", "api.short.cm:443", "api.short.io."]


@pytest.mark.parametrize("host", HOSTS)
def test_an_api_host_serves_the_api(server: Server, host: str):
    headers = {"Authorization": server.secret_key, "Content-Type": "application/json"}
    body = json.dumps({"domain": server.domain, "originalURL": f"https://example.com/{host}"}).encode()
    made = server.request("POST", "/links", host=host, headers=headers, body=body)
    assert made.status == 200
    assert server.visit("/" + made.json["path"]).location == f"https://example.com/{host}"
    assert server.request("GET", f"/statistics/domain/{server.domain_id}", host=host, headers=headers).status == 200


@pytest.mark.parametrize("path", ["/", "/sign-in", "/dashboard/links", "/static/style.css", "/metrics", "/health/ready"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_api_host_has_no_pages(server: Server, method: str, path: str):
    answer = server.request(method, path, host="api.short.io", body=b"" if method == "POST" else None)
    assert answer.status == 404
    assert answer.json == {
        "success": False,
        "statusCode": 404,
        "error": f"Route {method}:{path} not found",
        "message": f"Route {method}:{path} not found",
        "code": "route_not_found",
    }


@pytest.mark.parametrize("target", ["/links/../sign-in", "/links/%2e%2e/sign-in", "//sign-in", "/./sign-in", "/links//sign-in"])
def test_no_spelling_of_a_path_leads_from_an_api_host_to_a_page(server: Server, target: str):
    with wire(server.port) as connection:
        connection.send(get(target, "api.short.io"))
        answer = connection.answer()
    assert answer.status in (401, 404)
    assert answer.headers["content-type"] == "application/json"


def test_an_absolute_target_counts_by_the_host_that_it_names(server: Server):
    with wire(server.port) as connection:
        connection.send(get("http://api.short.io/sign-in", f"localhost:{server.port}"))
        assert connection.answer().status == 404
        connection.send(get(f"http://localhost:{server.port}/sign-in", "api.short.io"))
        assert connection.answer().status == 200


def test_the_administrators_host_has_pages_and_other_hosts_nothing(server: Server):
    assert server.request("GET", "/sign-in").status == 200
    for host in ("api.short.com", "short.io", "x.api.short.io"):
        assert server.request("GET", "/links", host=host).status == 421


def test_an_api_host_cannot_become_a_domain_for_links(server: Server):
    for host in ("api.short.io", "API.SHORT.CM", "localhost"):
        answer = server.api("POST", "/domains", {"hostname": host})
        assert (answer.status, answer.json["field"]) == (400, "hostname"), answer
