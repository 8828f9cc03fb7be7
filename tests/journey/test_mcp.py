"""An assistant at work: the protocol's own client, against a whole server."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from linnet.api.mcp_tools import MAX_FOUND, TOOLS
from tests.support.server import Server

T = TypeVar("T")
URL = "https://example.com/assisted"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148"
)


def assisted(
    server: Server, work: Callable[[Client], Awaitable[T]], *, authorization: str | None = None, mode: Any = "auto"
) -> T:
    """What ``work`` gives, done with a client that is connected."""

    async def connected() -> T:
        sent = {"Authorization": authorization or server.secret_key}
        async with create_mcp_http_client(headers=sent) as http:
            transport = streamable_http_client(f"{server.base_url}/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                return await work(client)

    return asyncio.run(connected())


def call(server: Server, tool: str, **arguments: Any) -> dict[str, Any]:
    """A tool's answer, which must be one."""
    result = assisted(server, lambda client: client.call_tool(tool, arguments))
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content
    answer: dict[str, Any] = result.structured_content
    return answer


def refusal(server: Server, tool: str, arguments: dict[str, Any], **options: Any) -> str:
    """Why a tool refused."""
    result = assisted(server, lambda client: client.call_tool(tool, arguments), **options)
    assert result.is_error
    text: str = result.content[0].text
    return text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("scheme", ["", "Bearer "])
def test_an_assistant_sees_four_tools_none_of_which_changes_or_removes(server: Server, mode: str, scheme: str):
    listed = assisted(server, lambda client: client.list_tools(), authorization=scheme + server.secret_key, mode=mode)
    assert [tool.name for tool in listed.tools] == [
        "create_link",
        "create_device_targeted_link",
        "search_links",
        "get_popular_links",
        "get_statistics",
    ]
    for tool in listed.tools:
        assert tool.description
        assert tool.annotations.destructive_hint is False
        assert all("description" in each for each in tool.input_schema["properties"].values()), tool.input_schema


def test_a_link_that_an_assistant_makes_is_followed_at_once_and_found_again(server: Server):
    made = call(server, "create_link", originalURL=URL, domain=server.domain, path="assisted", title="Made", tags=["help"])
    assert made["shortURL"] == f"http://{server.host}/assisted"
    assert (made["title"], made["tags"], made["duplicate"]) == ("Made", ["help"], False)
    assert server.visit("/assisted").location == URL
    for named in ({}, {"domain": server.domain}):
        (found,) = call(server, "search_links", originalURL=URL, **named)["links"]
        assert (found["idString"], found["domain"]) == (made["idString"], server.domain)
    assert call(server, "search_links", originalURL="https://example.com/nowhere")["links"] == []
    assert call(server, "create_link", originalURL=URL)["duplicate"] is True


def test_a_device_targeted_link_has_destinations_by_device_and_one_for_all_others(server: Server):
    stores = {"iphoneURL": "https://example.com/ios", "androidURL": "https://example.com/android"}
    made = call(server, "create_device_targeted_link", originalURL=URL, path="app", **stores)
    assert {name: made[name] for name in stores} == stores
    assert server.visit("/app", user_agent=AGENT).location == URL
    kept = server.api("GET", f"/links/{made['idString']}").json
    assert {name: kept[name] for name in stores} == stores


def test_the_most_popular_links_come_with_their_clicks_and_where_they_lead(server: Server):
    for path, times in (("popular", 5), ("less", 2)):
        call(server, "create_link", originalURL=f"https://example.com/{path}", path=path)
        for _ in range(times):
            server.visit(f"/{path}", user_agent=AGENT)

    def ranked() -> list[dict[str, Any]]:
        links: list[dict[str, Any]] = call(server, "get_popular_links", period="today", limit=50)["links"]
        return [link for link in links if link["path"] in ("/popular", "/less")]

    server.wait(lambda: sum(link["clicks"] for link in ranked()) == 7, "the clicks in the statistics", step=0.3)
    assert [(link["path"], link["clicks"], link["originalURL"]) for link in ranked()] == [
        ("/popular", 5, "https://example.com/popular"),
        ("/less", 2, "https://example.com/less"),
    ]

    of_link = call(server, "get_statistics", path="popular", period="today")
    assert (of_link["originalURL"], of_link["clicks"], of_link["humanClicks"]) == ("https://example.com/popular", 5, 5)
    assert (of_link["scans"], of_link["conversions"], of_link["conversionValue"]) == (0, 0, 0.0)
    of_domain = call(server, "get_statistics", period="today", domain=server.domain)
    assert (of_domain["domain"], of_domain["clicks"] >= 7, "originalURL" in of_domain) == (server.domain, True, False)


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("create_link", {}, "originalURL"),
        ("create_link", {"originalURL": "nonsense"}, "originalURL"),
        ("create_link", {"originalURL": URL, "domain": "no.example"}, "no.example"),
        ("create_link", {"originalURL": URL, "password": "x"}, "password"),
        ("create_link", {"originalURL": 5}, "originalURL"),
        ("create_link", {"originalURL": URL, "tags": "one"}, "tags"),
        ("create_device_targeted_link", {"originalURL": URL}, "iphoneURL"),
        ("search_links", {"originalURL": URL, "limit": MAX_FOUND + 1}, "limit"),
        ("search_links", {"originalURL": URL, "domain": "\x00"}, "domain"),
        ("get_popular_links", {"period": "decade"}, "period"),
        ("get_popular_links", {"timeZone": "Mars/Base"}, "tz"),
        ("get_popular_links", {"domain": "no.example"}, "no.example"),
        ("get_statistics", {"path": "nowhere"}, "not found"),
        ("get_statistics", {"period": "custom"}, "period"),
        ("get_statistics", {"domain": "no.example"}, "no.example"),
        ("delete_link", {}, "no tool"),
    ],
)
def test_what_cannot_be_done_is_a_tools_error_that_says_why(server: Server, tool: str, arguments: dict[str, Any], words: str):
    assert words in refusal(server, tool, arguments)


def test_with_several_domains_the_assistant_is_told_to_choose(server: Server):
    second = server.api("POST", "/domains", {"hostname": "second.localhost"})
    assert second.status == 200, second
    for tool, arguments in (("create_link", {"originalURL": URL}), ("get_popular_links", {})):
        told = refusal(server, tool, arguments)
        assert server.domain in told
        assert "second.localhost" in told
    restricted = server.api("POST", "/api/keys", {"type": "secret", "domain": "second.localhost"}).json["key"]
    made = assisted(server, lambda client: client.call_tool("create_link", {"originalURL": URL}), authorization=restricted)
    assert made.structured_content["domain"] == "second.localhost"
    assert server.domain in refusal(
        server, "create_link", {"originalURL": URL, "domain": server.domain}, authorization=restricted
    )


@pytest.mark.parametrize("which", ["wrong", "public"])
def test_wrong_and_public_keys_are_let_in_by_no_door(server: Server, which: str):
    key = {"wrong": "sk_" + "w" * 43, "public": server.public_key}[which]
    with pytest.raises(BaseException) as caught:  # noqa: PT011 (the client wraps it in groups)
        assisted(server, lambda client: client.list_tools(), authorization=key)
    assert isinstance(caught.value, Exception)


def post(server: Server, body: bytes, **headers: str) -> Any:
    sent = {"Authorization": server.secret_key, "Content-Type": "application/json", "Accept": "application/json"}
    return server.request("POST", "/mcp", headers=sent | headers, body=body)


def test_there_is_no_stream_and_no_session(server: Server):
    for method in ("GET", "DELETE"):
        answer = server.request(method, "/mcp", headers={"Authorization": server.secret_key})
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
    answer = post(server, json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}).encode())
    assert (answer.status, answer.body) == (202, b"")


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (b"", {400}),
        (b"nonsense", {400}),
        (b"[]", {400}),
        (b"\xff\xfe", {400}),
        (b"[" * 100_000, {400}),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "nothing"}', {200, 404}),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call"}', {200, 400}),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "x", "arguments": []}}', {200, 400}),
        (b" " * 300_000, {413}),
    ],
    ids=range(9),
)
def test_what_is_not_the_protocol_is_refused(server: Server, body: bytes, statuses: set[int]):
    answer = post(server, body)
    assert answer.status in statuses, answer
    if answer.status in (200, 404):
        assert answer.json["error"]["message"]


def test_the_door_is_on_the_administrators_hosts_alone(server: Server):
    answer = server.request("POST", "/mcp", host=server.host, headers={"Authorization": server.secret_key}, body=b"{}")
    assert (answer.status, answer.json) == (405, None)


def test_the_guide_names_every_tool_and_argument():
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "mcp.md").read_text()
    for tool in TOOLS:
        assert f"`{tool.name}`" in guide
        assert [name for name in tool.schema()["properties"] if f"`{name}`" not in guide] == []
