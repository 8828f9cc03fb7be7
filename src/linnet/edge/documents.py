"""What a domain answers by itself: robots.txt, its icon, and the documents of apps that open its links."""

from typing import Final

from linnet.edge.respond import Pages, document, page
from linnet.model.favicon import SVG, icon_of
from linnet.model.route import DomainRoute

ROBOTS: Final = b"/robots.txt"
FAVICON: Final = b"/favicon.ico"
APPLE_ASSOCIATION: Final = b"/.well-known/apple-app-site-association"
ASSET_LINKS: Final = b"/.well-known/assetlinks.json"

_HOUR: Final = "public, max-age=3600"
_DAY: Final = "public, max-age=86400"
# An SVG that is opened by itself is a document: nothing in it may run or load.
_SVG_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


def own_paths(domain: DomainRoute) -> frozenset[bytes]:
    """The paths that the domain answers by itself, unless they have links. Documents that it does not have are left to a
    catch-all link, where there is one; icons are not, because browsers ask for them beside every page."""
    documents = ((APPLE_ASSOCIATION, domain.apple_association), (ASSET_LINKS, domain.asset_links))
    caught = 0 in domain.wildcard_depths
    return frozenset((ROBOTS, FAVICON, *(path for path, content in documents if content is not None or not caught)))


def own_answer(domain: DomainRoute, path: bytes, tail: bytes, pages: Pages, *, head_only: bool) -> bytes:
    """The response to a visit of one of ``own_paths``, a page with status 404 for what the domain does not have."""
    if path == ROBOTS:
        headers = _headers("text/plain; charset=utf-8", _HOUR)
        return document(200, robots_txt(domain.robots), headers, tail, head_only=head_only)
    if path == FAVICON and domain.favicon is not None:
        kind, content = icon_of(domain.favicon)
        headers = _headers(kind, _DAY, _SVG_POLICY if kind == SVG else "")
        return document(200, content, headers, tail, head_only=head_only)
    text = {APPLE_ASSOCIATION: domain.apple_association, ASSET_LINKS: domain.asset_links}.get(path)
    if text is not None:
        return document(200, text.encode(), _headers("application/json", _HOUR), tail, head_only=head_only)
    return page(404, tail, head_only=head_only, pages=pages)


def robots_txt(robots: str) -> bytes:
    """robots.txt (RFC 9309) for a domain's setting. What shall not be found (``noindex``) must be crawled, so that crawlers
    see the header that says so."""
    return b"User-agent: *\nDisallow: /\n" if robots == "disallow" else b"User-agent: *\nAllow: /\n"


def robots_header(robots: str) -> bytes:
    """What each response of the domain says to search engines: a line of its head, or nothing."""
    return b"" if robots == "allow" else b"X-Robots-Tag: noindex\r\n"


def _headers(media_type: str, caching: str, policy: str = "") -> bytes:
    security = f"Content-Security-Policy: {policy}\r\n" if policy else ""
    return (
        f"Content-Type: {media_type}\r\nCache-Control: {caching}\r\n{security}"
        "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
    ).encode()
