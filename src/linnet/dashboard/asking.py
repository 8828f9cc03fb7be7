"""Who asks and from where: the visitor behind trusted proxies, and the origin of a form."""

from collections.abc import Sequence
from typing import Any

from litestar import Request

from linnet.visitor.address import Network, client_address, is_trusted

AnyRequest = Request[Any, Any, Any]


def address_of(request: AnyRequest, trusted: Sequence[Network]) -> str:
    """The visitor's address; "" when there is none."""
    return client_address(_peer(request), ",".join(request.headers.getall("x-forwarded-for", [])), trusted)


def is_https(request: AnyRequest, trusted: Sequence[Network]) -> bool:
    """Whether the visitor's browser speaks TLS, to us or to a trusted proxy."""
    if is_trusted(_peer(request), trusted):
        return request.headers.get("x-forwarded-proto", "").lower() == "https"
    return request.url.scheme == "https"


def is_same_origin(request: AnyRequest) -> bool:
    """Whether a form was sent by a page of ours, as every browser tells in Origin, and today's in Sec-Fetch-Site as well."""
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return False
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


def _peer(request: AnyRequest) -> str:
    return request.client.host if request.client is not None else ""
