"""What clients send carelessly and production forgives (contract a.2, a.3), over sockets."""

import json

import pytest

from tests.support.server import Server
from tests.support.wire import wire


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/api/domains", 200),
        ("GET", "/links/{id}", 200),
        ("POST", "/links/{id}", 200),
        ("POST", "/statistics/domain/{domain}", 200),
        ("POST", "/links", 400),
        ("DELETE", "/links/{id}", 200),
    ],
)
@pytest.mark.parametrize("body", [None, b"", b" \r\n"])
def test_a_content_type_without_content_is_forgiven(server: Server, method: str, target: str, status: int, body: bytes | None):
    link = server.create()["idString"]
    headers = {"Authorization": server.secret_key, "Content-Type": "application/json"}
    path = target.format(id=link, domain=server.domain_id)
    answer = server.request(method, path, headers=headers, body=body)
    assert answer.status == status, answer
    assert answer.json is not None


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/octet-stream",
        "nonsense",
    ],
)
def test_json_is_read_whatever_it_is_declared_to_be(server: Server, content_type: str | None):
    body = json.dumps({"domain": server.domain, "originalURL": "https://example.com/ä", "allowDuplicates": True}).encode()
    headers = {"Authorization": server.secret_key} | ({"Content-Type": content_type} if content_type else {})
    answer = server.request("POST", "/links", headers=headers, body=body)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json["originalURL"].startswith("https://example.com/")


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION", "aUTHORIZATION"])
def test_the_keys_header_is_found_in_any_case(server: Server, name: str):
    with wire(server.port) as connection:
        connection.send(f"GET /api/domains HTTP/1.1\r\nHost: localhost\r\n{name}: {server.secret_key}\r\n\r\n".encode())
        assert connection.answer().status == 200


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "Basic ", "Token "])
def test_a_key_behind_a_scheme_is_no_key(server: Server, scheme: str):
    answer = server.api("GET", "/api/domains", key=scheme + server.secret_key)
    assert (answer.status, answer.json["error"]) == (401, "Unauthorized")


def test_a_delete_may_have_a_body_and_the_connection_goes_on(server: Server):
    link = server.create()["idString"]
    body = json.dumps({"link_ids": [link]})
    head = f"Host: localhost\r\nAuthorization: {server.secret_key}\r\nContent-Type: application/json\r\n"
    with wire(server.port) as connection:
        connection.send(f"DELETE /links/{link} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        deleted = connection.answer()
        assert (deleted.status, json.loads(deleted.body)["success"]) == (200, True)
        connection.send(f"GET /api/domains HTTP/1.1\r\n{head}\r\n".encode())
        assert connection.answer().status == 200
