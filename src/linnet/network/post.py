"""Posting to an address that a stranger named: as guarded as fetching, and without following where an answer leads."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from ssl import SSLContext
from typing import Final

import httpx

from linnet.model.errors import Unfetchable
from linnet.network.fetch import FetchOptions, addresses_of, parsed_address
from linnet.network.guard import IPAddress

EXCERPT_BYTES: Final = 1024
# How long the beginning of an answer's body is waited for: what counts is its status.
_EXCERPT_SECONDS: Final = 2.0
_MOST_RETRY_AFTER: Final = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Posted:
    """What a server answered: the status, the beginning of the body, and how many seconds it wants to be left alone."""

    status: int
    beginning: bytes
    retry_after_seconds: int | None


async def post(url: str, body: bytes, headers: Mapping[str, str], options: FetchOptions) -> Posted:
    """POST ``body`` to ``url``; Unfetchable when that is refused, or nobody answers within ``options.total_seconds``.

    A name is resolved once, every address that it has must be allowed, and the connection goes to one of these; certificates
    are checked for the name. Redirects are answers like others. No cookies, no credentials, no proxies, no compression.
    """
    try:
        async with asyncio.timeout(options.total_seconds):
            target = parsed_address(url, _refusal)
            addresses = await addresses_of(target, options, _refusal)
            return await _sent(target, addresses, body, headers, options)
    except TimeoutError:
        raise _refusal(f"did not answer within {options.total_seconds:g} seconds") from None


def _refusal(reason: str) -> Unfetchable:
    return Unfetchable(f"The address {reason}.")


async def _sent(
    target: httpx.URL, addresses: Sequence[IPAddress], body: bytes, headers: Mapping[str, str], options: FetchOptions
) -> Posted:
    own = {"Host": target.netloc.decode("ascii"), "Accept-Encoding": "identity", "Connection": "close"}
    extensions = {"sni_hostname": target.raw_host.decode("ascii").strip("[]")}
    timeout = httpx.Timeout(options.total_seconds)
    async with httpx.AsyncClient(verify=_certificates(), trust_env=False, timeout=timeout) as client:
        for address in addresses:
            pinned = target.copy_with(host=str(address))
            named = {"User-Agent": options.user_agent, "Accept": "*/*"} | dict(headers) | own
            request = client.build_request("POST", pinned, content=body, headers=named, extensions=extensions)
            try:
                response = await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            except httpx.HTTPError:
                raise _refusal("gave no answer: the connection broke off, or what came is no HTTP") from None
            try:
                return Posted(response.status_code, await _beginning(response), _retry_after(response))
            finally:
                await response.aclose()
    raise _refusal("could not be reached: no connection, or a certificate that is not this host's")


@cache
def _certificates() -> SSLContext:
    # Reading the authorities takes longer than all the rest.
    return httpx.create_ssl_context()


async def _beginning(response: httpx.Response) -> bytes:
    found = bytearray()
    try:
        async with asyncio.timeout(_EXCERPT_SECONDS):
            async for part in response.aiter_raw():
                found += part
                if len(found) >= EXCERPT_BYTES:
                    break
    except (TimeoutError, httpx.HTTPError):
        pass
    return bytes(found[:EXCERPT_BYTES])


def _retry_after(response: httpx.Response) -> int | None:
    """What ``Retry-After`` asks for (RFC 9110, 10.2.3), within reason; None for nothing that can be read."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), _MOST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    seconds = (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - time.time()
    return min(max(0, round(seconds)), _MOST_RETRY_AFTER)
