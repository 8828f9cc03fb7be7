"""The start page: domains, and the latest links with their clicks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from litestar import Response

from linnet.actions import domains, link_queries
from linnet.actions.statistics import Report, StatisticsRequest, domain_report, link_report
from linnet.dashboard.pages import Asked, Page
from linnet.model.access import Rule, Subject
from linnet.model.errors import DomainNotFound, LinkNotFound, NotAllowed, StatisticsUnavailable
from linnet.model.link import Link
from linnet.model.statistics import Period

_LATEST: Final = 20
# Domains beyond these are listed without their clicks and latest links, which cost a question each.
_DOMAINS_ASKED: Final = 20
_LAST_30: Final = StatisticsRequest(period=Period.LAST_30, skip_tops=True)
_ALL_TIME: Final = StatisticsRequest(period=Period.TOTAL, skip_tops=True)
K = TypeVar("K", int, str)


@dataclass(frozen=True, slots=True)
class LatestLink:
    """A row of the list; ``clicks`` of all time, None when the statistics cannot be asked."""

    short_url: str
    link: Link
    clicks: int | None


def _root(asked: Asked) -> Response[Any]:
    return asked.go_to("/dashboard")


def _open(asked: Asked) -> Response[Any]:
    """The links of the domain that was chosen at the top of a page."""
    domain_id = asked.query.number("domain")
    return asked.go_to(f"/dashboard/domains/{domain_id}/links" if domain_id is not None else "/dashboard")


def _home(asked: Asked) -> Response[Any]:
    context, engine = asked.context, asked.options.statistics
    owned = domains.list_domains(context, limit=300)
    first = owned[:_DOMAINS_ASKED]
    found = [each for domain in first for each in link_queries.list_links(context, domain.id, limit=_LATEST).links]
    newest = sorted(found, key=lambda each: each.link.created_at, reverse=True)[:_LATEST]
    of_domain = _clicks((each.id for each in first), lambda number: domain_report(context, engine, number, _LAST_30))
    of_link = _clicks((each.link.id for each in newest), lambda link_id: link_report(context, engine, link_id, _ALL_TIME))
    short_url = asked.options.short_url
    latest = [LatestLink(short_url(each.domain, each.link.path), each.link, of_link.get(each.link.id)) for each in newest]
    return asked.page("home.html", domains=owned, clicks=of_domain, latest=latest)


def _clicks(keys: Iterable[K], ask: Callable[[K], Report]) -> dict[K, int]:
    """The clicks of each that is still there and the user's to see; of those before the statistics stop answering."""
    told: dict[K, int] = {}
    for key in keys:
        try:
            told[key] = ask(key).overview.totals.clicks
        except (DomainNotFound, LinkNotFound, NotAllowed):
            continue
        except StatisticsUnavailable:
            break
    return told


PAGES: Final = (
    Page("GET", "/", _root, Rule(Subject.SELF)),
    Page("GET", "/dashboard", _home, Rule(Subject.SELF)),
    Page("GET", "/dashboard/open", _open, Rule(Subject.SELF)),
)
