"""The ASGI side of the edge: a visit that waited behind another request of its connection, and the way to the application."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from linnet.edge.facts import Visitor
from linnet.edge.forms import Receive
from linnet.edge.hosts import Host, HostKind
from linnet.edge.ordinary import forwarding
from linnet.edge.password import PasswordForms
from linnet.edge.visit import Edge
from linnet.model.conversion import PATH as BEACON

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class EdgeApplication:
    """Answers visits as the protocol class does, from the same ``Edge``; the administrator's hosts go to ``admin``, and those
    of the API alone to ``api``. Forms for links go to ``passwords``; without them no link takes any."""

    def __init__(
        self,
        edge: Edge,
        admin: Application,
        api: Application,
        trusts: Callable[[str], bool],
        passwords: PasswordForms | None = None,
    ) -> None:
        self._edge = edge
        self._admin = admin
        self._applications = {HostKind.ADMIN: admin, HostKind.API: api}
        self._trusts = trusts
        self._passwords = passwords

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._admin(scope, receive, send)
        headers = dict(reversed(scope["headers"]))
        host = self._edge.host(headers.get(b"host", b""))
        application = self._applications.get(host) if isinstance(host, HostKind) else None
        if application is not None:
            # Let go of the index as it is now: this request may change it, and the next visit must see that.
            self._edge.end_tick()
            return await application(scope, receive, send)
        response = await self._answer(scope, receive, host, headers)
        # The record first, then the response.
        self._edge.end_tick()
        head, _, body = response.partition(b"\r\n\r\n")
        status_line, *lines = head.split(b"\r\n")
        fields = [tuple(line.split(b": ", 1)) for line in lines if not line.startswith(b"Date:")]
        await send({"type": "http.response.start", "status": int(status_line.split(b" ")[1]), "headers": fields})
        await send({"type": "http.response.body", "body": body})
        return None

    async def _answer(self, scope: Scope, receive: Receive, host: Host | HostKind, headers: dict[bytes, bytes]) -> bytes:
        method: str = scope["method"]
        head_only = method == "HEAD"
        told: dict[str, Any] = scope["state"]
        if "refusal" in told:
            return self._edge.refuse(told["refusal"], close=True, head_only=head_only)
        if not isinstance(host, Host):
            return self._edge.refuse(421, close=False, head_only=head_only)
        target: bytes = told["visit"]
        peer: str = scope["client"][0] if scope["client"] else ""
        forwarded, https = forwarding(scope["headers"]) if self._trusts(peer) else (b"", False)
        agent, referrer = headers.get(b"user-agent", b""), headers.get(b"referer", b"")
        if method == "POST" and target.partition(b"?")[0] == BEACON:
            return self._edge.convert(host, method, target, False, peer, agent, forwarded, https)
        if method == "POST" and self._passwords is not None:
            return await self._passwords.answer(host, target, Visitor(peer, forwarded, agent), https, headers, receive)
        if method not in ("GET", "HEAD"):
            return self._edge.refuse(405, close=False, host=host, https=https)
        return self._edge.answer(host, method, target, False, peer, agent, referrer, scope["headers"], forwarded, https)
