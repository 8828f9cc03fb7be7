"""``/mcp``: the Model Context Protocol, by which assistants use the installation; stateless, with JSON responses."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import structlog
from litestar import Controller, Response, delete, get, post
from litestar.concurrency import sync_to_thread

from linnet import __version__
from linnet.api.auth import AnyRequest, desk_of
from linnet.api.errors import error_body
from linnet.api.mcp_tools import BY_NAME, TOOLS, Room
from linnet.model.errors import Refusal

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel.server import Server
    from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

MAX_BODY: Final = 256 * 1024
_ROOM: Final = "linnet.room"
_INSTRUCTIONS: Final = "Creates short links, finds them by destination, and tells which are followed most."
_log = structlog.get_logger("linnet.mcp")


class McpController(Controller):
    """Contract e and f. Every request stands for itself: there are no sessions, and no stream to listen to."""

    path = "/mcp"

    @post(status_code=200)
    async def mcp(self, request: AnyRequest) -> Response[bytes]:
        """Whatever the protocol sends: a request, answered with JSON, or a notification, answered with 202."""
        desk = desk_of(request)
        context = await sync_to_thread(desk.context, request, bearer=True)
        # Of a worker that no assistant ever asks, the library would take a third of the memory.
        server = await asyncio.to_thread(_server)
        scope: MutableMapping[str, Any] = {**request.scope, _ROOM: Room(context, desk.options, request.app.state.statistics)}
        return await _answer(server, scope, request)

    @get()
    async def mcp_stream(self, request: AnyRequest) -> Response[bytes]:
        """There is no stream of the server's own messages, which the protocol says so."""
        return _not_allowed()

    @delete(status_code=200)
    async def mcp_session(self, request: AnyRequest) -> Response[bytes]:
        """There is no session to end, which the protocol says so."""
        return _not_allowed()


def _not_allowed() -> Response[bytes]:
    body = error_body(405, "This server keeps no sessions: send every message with POST.", "method_not_allowed")
    return Response(msgspec.json.encode(body), status_code=405, media_type="application/json", headers={"Allow": "POST"})


async def _answer(server: "Server[Any]", scope: MutableMapping[str, Any], request: AnyRequest) -> Response[bytes]:
    """What the library answers, whole: JSON responses are small."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    status, headers, body = 500, {}, bytearray()

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.update({name.decode("latin-1"): value.decode("latin-1") for name, value in message.get("headers", ())})
        else:
            body.extend(message.get("body", b""))

    # A manager for one request: it has nothing to remember, and nothing of it outlives the request.
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True, max_request_body_size=MAX_BODY)
    async with manager.run():
        await manager.handle_request(scope, cast("Receive", request.receive), send)
    media_type = headers.pop("content-type", "application/json")
    headers.pop("content-length", None)
    return Response(bytes(body), status_code=status, media_type=media_type, headers=headers)


@lru_cache(1)
def _server() -> "Server[Any]":
    from mcp.server.lowlevel.server import Server

    return Server("linnet", version=__version__, instructions=_INSTRUCTIONS, on_list_tools=_list_tools, on_call_tool=_call_tool)


async def _list_tools(context: "ServerRequestContext[Any, Any]", params: "PaginatedRequestParams | None") -> "ListToolsResult":
    import mcp_types

    return mcp_types.ListToolsResult(
        tools=[
            mcp_types.Tool(
                name=tool.name,
                title=tool.title,
                description=tool.description,
                input_schema=tool.schema(),
                annotations=mcp_types.ToolAnnotations(
                    read_only_hint=tool.reads_only, destructive_hint=False, open_world_hint=False
                ),
            )
            for tool in TOOLS
        ]
    )


async def _call_tool(context: "ServerRequestContext[Any, Any]", params: "CallToolRequestParams") -> "CallToolResult":
    tool = BY_NAME.get(params.name)
    if tool is None:
        return _refused(f"There is no tool '{params.name[:64]}'; there are {', '.join(BY_NAME)}.")
    # The transport always hands on the request; it is a part of the type for those that have none.
    room: Room = cast("Any", context.request).scope[_ROOM]
    try:
        answer = await sync_to_thread(tool.call, room, params.arguments or {})
    except Refusal as refusal:
        return _refused(refusal.message)
    except Exception:
        _log.exception("mcp.failed", tool=tool.name)
        return _refused("The server failed to do this.")
    return _result(msgspec.json.encode(answer).decode(), structured=msgspec.to_builtins(answer))


def _refused(message: str) -> "CallToolResult":
    return _result(message, is_error=True)


def _result(text: str, *, structured: dict[str, Any] | None = None, is_error: bool = False) -> "CallToolResult":
    import mcp_types

    content = mcp_types.TextContent(type="text", text=text)
    return mcp_types.CallToolResult(content=[content], structured_content=structured, is_error=is_error)
