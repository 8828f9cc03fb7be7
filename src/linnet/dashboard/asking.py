"""Who asks and from where: the visitor behind trusted proxies, the origin of a form, and the form's fields."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

from litestar import Request

from linnet.visitor.address import Network, client_address, is_trusted

AnyRequest = Request[Any, Any, Any]
_MAX_FORM_BYTES = 64 * 1024
_MAX_FIELDS = 50


def address_of(request: AnyRequest, trusted: Sequence[Network]) -> str:
    """The visitor's address; "" when there is none."""
    return client_address(_peer(request), ",".join(request.headers.getall("x-forwarded-for", [])), trusted)


def is_https(request: AnyRequest, trusted: Sequence[Network]) -> bool:
    """Whether the visitor's browser speaks TLS, to us or to a trusted proxy."""
    if is_trusted(_peer(request), trusted):
        return request.headers.get("x-forwarded-proto", "").lower() == "https"
    return request.url.scheme == "https"


def is_same_origin(request: AnyRequest) -> bool:
    """Whether a form was sent by a page of ours, as every browser tells in Origin."""
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


def form_of(body: bytes) -> dict[str, str]:
    """The fields of a form, the last of each name; none at all when there are more, or longer ones, than our forms have."""
    if len(body) > _MAX_FORM_BYTES:
        return {}
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}


def _peer(request: AnyRequest) -> str:
    return request.client.host if request.client is not None else ""
