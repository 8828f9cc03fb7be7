"""What a page is: a row of a table with an address, a rule, and the function that answers."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from litestar import Response

from linnet.actions.context import Context
from linnet.actions.domain_checks import get_domain
from linnet.actions.domains import list_domains
from linnet.actions.notes import count_unread
from linnet.dashboard.asking import AnyRequest, is_https
from linnet.dashboard.cookies import OwnCookie
from linnet.dashboard.forms import Form
from linnet.dashboard.notices import notice_cookie
from linnet.dashboard.options import DashboardOptions
from linnet.dashboard.render import go_to, page
from linnet.dashboard.session import Session
from linnet.model.access import Action, Rule, may, narrowed_to
from linnet.model.domain import Domain
from linnet.model.errors import NotAllowed
from linnet.visitor.address import subscriber_of

MAX_FORM_BYTES: Final = 1 << 20
# The domain whose links were looked at last.
LAST_DOMAIN: Final = OwnCookie("linnet_domain", 365 * 24 * 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request for a page. ``context`` is that of who is signed in, or of nobody; ``path`` are the parameters of the
    address, ``query`` its query, ``form`` what a POST sent; ``notice`` is a sentence that an earlier request left for this
    page."""

    request: AnyRequest
    options: DashboardOptions
    context: Context
    session: Session | None
    path: Mapping[str, Any]
    query: Form
    form: Form = field(default_factory=Form)
    notice: str = ""

    @property
    def signed_in(self) -> Session:
        """The session, on pages that need one."""
        if self.session is None:
            raise NotAllowed("Please sign in first.")
        return self.session

    @property
    def https(self) -> bool:
        """Whether the browser speaks TLS."""
        return is_https(self.request, self.options.trusted_proxies)

    @property
    def address(self) -> str:
        """Where this server is, as the browser calls it: scheme and host."""
        return f"{'https' if self.https else 'http'}://{self.request.headers.get('host', 'localhost')}"

    @property
    def visitor(self) -> str:
        """Whose attempts are counted together: who has an address of IPv6 has 2**64 of them."""
        return subscriber_of(self.context.address)

    @property
    def by_script(self) -> bool:
        """Whether a script asks for a part of a page, rather than the browser for a whole one."""
        return "hx-request" in self.request.headers

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response[Any]:
        """The page of a template."""
        shown = {"asked": self, "session": self.session, "notice": self.notice, "once": secrets.token_urlsafe(12)}
        return page(template, status=status, language=self.language, **shown | values)

    def go_to(self, path: str, *, notice: str = "") -> Response[Any]:
        """The way to another page, which shows ``notice``."""
        return go_to(path, notice_cookie(self.options.session_key, notice, https=self.https) if notice else None)

    def domain(self) -> Domain:
        """The domain of the address, if it may be seen; DomainNotFound otherwise."""
        return get_domain(self.context, self.path["domain_id"])

    def domain_to_change(self) -> Domain:
        """The domain of the address, if its links may be changed; NotAllowed for who may only look at them, DomainNotFound for
        others."""
        domain = self.domain()
        if not may(self.context.actor, Action.WRITE, domain):
            raise NotAllowed(f"You may see the links of {domain.hostname}, but not change them.")
        return domain

    def domains(self) -> Sequence[Domain]:
        """The domains to choose from, at the top of every page."""
        return list_domains(self.context, limit=300)

    @property
    def last_domain(self) -> str:
        """The id of the domain whose links were looked at last in this browser, as it tells it; "" for none."""
        return LAST_DOMAIN.read(self.request, https=self.https)

    def link_maker(self, known: Sequence[Domain], here: Domain | None) -> Domain | None:
        """Where a URL that is pasted into the page becomes a link: the domain that it is about, else the one used last, else
        the first of those ``known``; of them, only where who is signed in may make links."""
        last = self.last_domain
        likely = [here] if here is not None else sorted(known, key=lambda each: str(each.id) != last)
        return next((each for each in likely if may(self.context.actor, Action.CREATE, each)), None)

    def reaches(self, domain: Domain) -> frozenset[str]:
        """Which of the pages that the navigation names for a domain are there for the reader, beside those for everybody."""
        actor = self.context.actor
        of_all = may(actor, Action.READ_STATISTICS, domain) and narrowed_to(actor, domain) is None
        named = (("statistics", of_all), ("webhooks", may(actor, Action.CONFIGURE, domain)))
        return frozenset(name for name, reached in named if reached)

    def unread(self) -> int:
        """How many notes wait for being read."""
        return count_unread(self.context)

    @property
    def language(self) -> str:
        """The language of the interface, by its code."""
        return self.session.language if self.session is not None else "en"


Answer = Callable[[Asked], Response[Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """``path`` is in Litestar's spelling (``{domain_id:int}``); ``max_bytes`` bounds a form with files. What ``repeats`` may
    be sent again and again: it changes nothing, and answers with a file."""

    method: Literal["GET", "POST"]
    path: str
    answer: Answer
    rule: Rule
    max_bytes: int = MAX_FORM_BYTES
    repeats: bool = False
