"""The page that asks for a link's password: a form without script, which is sent to the address of the page itself."""

from collections.abc import Mapping
from html import escape
from typing import Final

from linnet.edge.pages import STYLE, TITLES, headers_of, html_page, mail_link, words
from linnet.edge.respond import document
from linnet.model.link import MAX_TEXT
from linnet.model.route import Route

FIELD: Final = "password"
WRONG: Final = "That is not the password."
_STYLE: Final = (
    STYLE + "form{margin:1.5rem 0}label{display:block;margin:0 0 .4rem;font-weight:600}"
    "div{display:flex;flex-wrap:wrap;gap:.6rem}"
    "input,button{box-sizing:border-box;font:inherit;padding:.55rem .8rem;border-radius:.4rem;border:1px solid GrayText}"
    "input{flex:1 1 12rem;min-width:0;background:Canvas;color:CanvasText}"
    "button{background:CanvasText;color:Canvas;border-color:CanvasText;cursor:pointer}"
    ":focus-visible{outline:3px solid #3b82f6;outline-offset:2px}"
    "#problem{margin:.6rem 0 0;opacity:1;color:#b3261e}a{color:inherit}"
    "@media(prefers-color-scheme:dark){#problem{color:#ffb4ab}}"
)
# Browsers hold redirects that follow a form to this policy, too, and the link may lead anywhere.
_POLICY: Final = "form-action 'self' https: http:"
_HEADERS: Final = headers_of(_STYLE, _POLICY)
_USUAL: Final = "Enter the password that you were given with it."


def password_page(
    status: int,
    route: Route,
    texts: Mapping[str, str],
    tail: bytes,
    *,
    head_only: bool = False,
    problem: str = "",
    wait_seconds: int = 0,
) -> bytes:
    """The response that asks for the password of ``route``; ``texts`` are the domain's own words, ``problem`` says what is
    wrong with a password that was sent, and ``wait_seconds`` when another one may be."""
    body = html_page(TITLES["password"], _content(route, words(texts, "password", _USUAL), problem), _STYLE)
    headers = _HEADERS + (b"Retry-After: %d\r\n" % wait_seconds if wait_seconds else b"")
    return document(status, body, headers, tail, head_only=head_only)


def too_many(wait_seconds: int) -> str:
    """What the page says to who has to wait."""
    minutes = -(-wait_seconds // 60)
    after = f"{minutes} minutes" if minutes > 1 else "1 second" if wait_seconds == 1 else f"{wait_seconds} seconds"
    return f"Too many passwords were tried. Try again in {after}."


def _content(route: Route, why: str, problem: str) -> str:
    state = ' aria-invalid="true" aria-describedby="problem"' if problem else ' aria-describedby="why"'
    return (
        f'<p id="why">{why}</p><form method="post"><label for="{FIELD}">Password</label><div>'
        f'<input id="{FIELD}" name="{FIELD}" type="password" maxlength="{MAX_TEXT}" required autofocus autocomplete="off"'
        f' autocapitalize="none" spellcheck="false"{state}><button>Go on</button></div>'
        + (f'<p id="problem" role="alert">{escape(problem)}</p>' if problem else "")
        + f"</form>{_contact(route.contact)}"
    )


def _contact(address: str | None) -> str:
    if address is None:
        return ""
    return f"<p>You do not know it? Ask the owner: {mail_link(address)}</p>"
