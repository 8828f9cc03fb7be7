"""Fetching an address that a stranger named, without being led into private networks (SSRF)."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

import httpx

from linnet.model.errors import Unfetchable
from linnet.network.guard import IPAddress, IPNetwork, is_allowed, is_reachable

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_ADDRESSES_TRIED: Final = 3
_CHARSET: Final = re.compile(r"(?:^|[;\s])charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
# Name servers can be slow beyond any deadline of ours: whoever waits for them is one of these, and nobody waits for all.
_resolvers = ThreadPoolExecutor(8, thread_name_prefix="resolve")


Refusing = Callable[[str], Unfetchable]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOptions:
    """How far a fetch may go.

    ``allowed_networks`` are reached although they are private, on any port; everything else has to be public and on one of
    ``ports``. ``total_seconds`` bounds the whole: names, redirects, and the last byte.
    """

    allowed_networks: tuple[IPNetwork, ...] = ()
    ports: frozenset[int] = field(default_factory=lambda: frozenset({80, 443}))
    total_seconds: float = 10.0
    max_redirects: int = 3
    user_agent: str = "Linnet (+link management)"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was found: the address after redirects, the media type in lower case without parameters, the body, and the charset
    that its type names ("" for none)."""

    url: str
    media_type: str
    body: bytes
    charset: str = ""


def fetch(
    url: str,
    options: FetchOptions,
    *,
    max_bytes: int,
    media_types: Collection[str],
    name: str | None = None,
    beginning: bool = False,
) -> Fetched:
    """GET ``url``, for a thread that may wait; Unfetchable, with ``name`` as its field, when that is refused or fails. Of a
    larger body than ``max_bytes`` the ``beginning`` will do, or none of it.

    A name is resolved once, every address that it has must be allowed, and the connection goes to one of these; certificates
    are checked for the name. The same holds for each redirect. No cookies, no credentials, no proxies, no compression.
    """
    return asyncio.run(_within(url, options, _Wanted(max_bytes, frozenset(media_types), name, beginning)))


@dataclass(frozen=True, slots=True)
class _Wanted:
    max_bytes: int
    media_types: frozenset[str]
    name: str | None
    beginning: bool

    def refusal(self, reason: str) -> Unfetchable:
        return Unfetchable(f"{self.name or 'The address'} {reason}.", field=self.name)


async def _within(url: str, options: FetchOptions, wanted: _Wanted) -> Fetched:
    try:
        async with asyncio.timeout(options.total_seconds):
            return await _follow(url, options, wanted)
    except TimeoutError:
        raise wanted.refusal(f"was not answered in full within {options.total_seconds:g} seconds") from None


async def _follow(url: str, options: FetchOptions, wanted: _Wanted) -> Fetched:
    target = parsed_address(url, wanted.refusal)
    for _ in range(options.max_redirects + 1):
        addresses = await addresses_of(target, options, wanted.refusal)
        async with _answer(target, addresses, options, wanted) as response:
            if response.status_code not in _REDIRECTS:
                return Fetched(str(target), *await _body(response, wanted))
            location = response.headers.get("location", "")
        target = parsed_address(location, wanted.refusal, relative_to=target)
    raise wanted.refusal(f"redirects more than {options.max_redirects} times")


def parsed_address(url: str, refusal: Refusing, *, relative_to: httpx.URL | None = None) -> httpx.URL:
    """The address that a stranger wrote, or a server to follow up on ``relative_to``; ``refusal`` makes the error of what is
    wrong with it."""
    try:
        parsed = httpx.URL(url) if relative_to is None else relative_to.join(url)
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise refusal("is not a valid address, or redirects to one that is not") from None
    if parsed.scheme not in ("http", "https") or not parsed.raw_host:
        raise refusal("must be, and redirect to, an http:// or https:// address with a host")
    if not 0 < (parsed.port or 80) < 1 << 16:
        raise refusal("names a port that does not exist")
    if parsed.userinfo:
        raise refusal("must hold no user name or password")
    return parsed.copy_with(fragment=None)


async def addresses_of(target: httpx.URL, options: FetchOptions, refusal: Refusing) -> list[IPAddress]:
    """Where the target's name leads; refused when any of it is not to be reached, because a resolver's order is no choice."""
    port = target.port or (443 if target.scheme == "https" else 80)
    host = target.raw_host.decode("ascii").strip("[]")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(_resolvers, socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
    except (OSError, ValueError, UnicodeError):
        raise refusal("names a host that has no address") from None
    if not all(is_reachable(address, options.allowed_networks) for address in addresses):
        raise refusal("leads to an address that is not public, which this server does not connect to")
    if port not in options.ports and not all(is_allowed(address, options.allowed_networks) for address in addresses):
        raise refusal(f"must use one of the ports {', '.join(map(str, sorted(options.ports)))}")
    return addresses[:_ADDRESSES_TRIED]


@asynccontextmanager
async def _answer(
    target: httpx.URL, addresses: list[IPAddress], options: FetchOptions, wanted: _Wanted
) -> AsyncIterator[httpx.Response]:
    """The response of the first address that takes a connection."""
    headers = {
        "Host": target.netloc.decode("ascii"),
        "User-Agent": options.user_agent,
        "Accept": ", ".join(sorted(wanted.media_types)),
        "Accept-Encoding": "identity",
    }
    # The name goes into the TLS handshake, and the certificate has to be this name's.
    extensions = {"sni_hostname": target.raw_host.decode("ascii").strip("[]")}
    timeout = httpx.Timeout(options.total_seconds, connect=options.total_seconds / _ADDRESSES_TRIED)
    async with httpx.AsyncClient(verify=httpx.create_ssl_context(), trust_env=False, timeout=timeout) as client:
        for address in addresses:
            pinned = target.copy_with(host=str(address))
            request = client.build_request("GET", pinned, headers=headers, extensions=extensions)
            try:
                response = await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            except httpx.HTTPError:
                raise wanted.refusal("could not be fetched: the server's answer broke off or is no HTTP") from None
            try:
                yield response
            finally:
                await response.aclose()
            return
    raise wanted.refusal("could not be fetched: no connection, or a certificate that is not this host's")


async def _body(response: httpx.Response, wanted: _Wanted) -> tuple[str, bytes, str]:
    if response.status_code != 200:
        raise wanted.refusal(f"answers with status {response.status_code}")
    media_type, _, parameters = response.headers.get("content-type", "").partition(";")
    media_type = media_type.strip().lower()
    if media_type not in wanted.media_types:
        raise wanted.refusal(f"is '{media_type[:100]}'; it must be one of {', '.join(sorted(wanted.media_types))}")
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise wanted.refusal("answers compressed although it was asked not to")
    body = bytearray()
    try:
        async for part in response.aiter_raw():
            body += part
            if len(body) > wanted.max_bytes:
                if wanted.beginning:
                    break
                raise wanted.refusal(f"is larger than {wanted.max_bytes:,} bytes")
    except httpx.HTTPError:
        raise wanted.refusal("could not be fetched: the answer broke off") from None
    return media_type, bytes(body[: wanted.max_bytes]), _charset(parameters)


def _charset(parameters: str) -> str:
    found = _CHARSET.search(parameters)
    return found[1].lower() if found is not None else ""
