"""The frame of pages that are made for one visit: HTML, and a policy that lets in what the page needs and nothing else."""

from collections.abc import Iterable, Mapping
from html import escape
from secrets import token_urlsafe
from typing import Final, NamedTuple

from linnet.edge.pages import STYLE, html_document, html_headers, style_source
from linnet.model.route import DomainRoute

# What a policy says of these, sources added to it by directive; each begins as here.
_POLICY: Final[Mapping[str, tuple[str, ...]]] = {
    "default-src": ("'none'",),
    "script-src": (),
    "style-src": (),
    "frame-src": (),
    "connect-src": (),
    # The domain's own icon.
    "img-src": ("'self'",),
    "form-action": ("'none'",),
    "base-uri": ("'none'",),
    "frame-ancestors": ("'none'",),
}
_NONCE_BYTES: Final = 18
Sources = Mapping[str, Iterable[str]]


class Made(NamedTuple):
    """A page for one visit: its header lines but for the length, and its body."""

    headers: bytes
    body: bytes


def fresh_nonce() -> str:
    """What marks the scripts of one response as ours; nobody can guess it."""
    return token_urlsafe(_NONCE_BYTES)


def referrer_policy(domain: DomainRoute) -> str:
    """What the destination learns of where its visitor came from: as after a redirect, or nothing where the domain hides it."""
    return "no-referrer" if domain.hide_referrer else "strict-origin-when-cross-origin"


def made(
    title: str,
    *,
    body: str,
    referrer: str,
    head: str = "",
    style: str = STYLE,
    sources: Sources | None = None,
    robots: bool = False,
) -> Made:
    """A page with this ``title`` (text); ``head`` and ``body`` are HTML, ``sources`` what the policy lets in besides. It is
    kept from search engines unless ``robots`` may have it."""
    html = html_document(escape(title), body, style, head=head, robots=robots)
    return Made(html_headers(_policy(style, sources or {}), referrer), html)


def _policy(style: str, sources: Sources) -> str:
    allowed = {**sources, "style-src": (style_source(style),)}
    directives = {name: (*first, *allowed.get(name, ())) for name, first in _POLICY.items()}
    return "; ".join(f"{name} {' '.join(dict.fromkeys(given))}" for name, given in directives.items() if given)
