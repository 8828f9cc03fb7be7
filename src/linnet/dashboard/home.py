"""The start page: the links of the domain that was used last, or all domains with their clicks and latest links."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response

from linnet.actions import domains, link_queries
from linnet.actions.click_ranks import clicks_of
from linnet.actions.link_table import link_counts
from linnet.actions.statistics import StatisticsRequest, domain_report
from linnet.actions.team_settings import list_teams
from linnet.dashboard.pages import Asked, Page
from linnet.model.access import Rule, Subject, narrowed_to
from linnet.model.domain import Domain
from linnet.model.errors import DomainNotFound, NotAllowed, StatisticsUnavailable
from linnet.model.link import Link
from linnet.model.statistics import Period

_LATEST: Final = 10
# Domains beyond these are listed without their clicks and latest links, which cost a question each.
_DOMAINS_ASKED: Final = 20
_LAST_30: Final = StatisticsRequest(period=Period.LAST_30, skip_tops=True)


@dataclass(frozen=True, slots=True)
class LatestLink:
    """A row of the list; ``clicks`` are people's of all time, None when the statistics cannot be asked."""

    short_url: str
    link: Link
    domain: Domain
    clicks: int | None


def _root(asked: Asked) -> Response[Any]:
    return asked.go_to("/dashboard")


def _open(asked: Asked) -> Response[Any]:
    """The links of the domain that was chosen at the top of a page."""
    domain_id = asked.query.number("domain")
    return asked.go_to(f"/dashboard/domains/{domain_id}/links" if domain_id is not None else "/dashboard/overview")


def _start(asked: Asked) -> Response[Any]:
    """Where to begin: with the domain used last, with the only one there is, or with all of them."""
    known = domains.list_domains(asked.context, limit=300)
    if not known:
        return _no_domains(asked)
    last = asked.last_domain
    chosen = next((each.id for each in known if str(each.id) == last), known[0].id if len(known) == 1 else None)
    return asked.go_to(
        f"/dashboard/domains/{chosen}/links" if chosen is not None else "/dashboard/overview", notice=asked.notice
    )


def _no_domains(asked: Asked) -> Response[Any]:
    """What to do first; for who is in a team that waits for a second factor, that one."""
    locked = [each.team for each in list_teams(asked.context) if each.locked]
    return asked.page("no_domains.html", locked=locked)


def _overview(asked: Asked) -> Response[Any]:
    context = asked.context
    known = domains.list_domains(context, limit=300)
    if not known:
        return _no_domains(asked)
    first = known[:_DOMAINS_ASKED]
    whole = [each.id for each in known if narrowed_to(context.actor, each) is None]
    return asked.page(
        "home.html",
        domains=known,
        clicks=_lately(asked, first),
        links=link_counts(asked.options.search, whole),
        latest=_latest(asked, first),
    )


def _latest(asked: Asked, asked_domains: Sequence[Domain]) -> list[LatestLink]:
    context, engine = asked.context, asked.options.statistics
    pages = (link_queries.list_links(context, domain.id, limit=_LATEST) for domain in asked_domains)
    newest = sorted((each for page in pages for each in page.links), key=lambda each: each.link.created_at, reverse=True)
    newest = newest[:_LATEST]
    clicks: dict[int, int] = {}
    with suppress(StatisticsUnavailable):
        for domain_id in {each.domain.id for each in newest}:
            numbers = [each.link.number for each in newest if each.domain.id == domain_id]
            found = clicks_of(engine, domain_id, numbers, context.now())
            clicks |= {number: told.total for number, told in found.items()}
    short_url = asked.options.short_url
    return [
        LatestLink(short_url(each.domain, each.link.path), each.link, each.domain, clicks.get(each.link.number))
        for each in newest
    ]


def _lately(asked: Asked, shown: Sequence[Domain]) -> dict[int, int]:
    """People's clicks of the last 30 days on each domain whose statistics the user may see; of those before the statistics stop
    answering."""
    told: dict[int, int] = {}
    for domain in shown:
        try:
            report = domain_report(asked.context, asked.options.statistics, domain.id, _LAST_30)
        except (DomainNotFound, NotAllowed):
            continue
        except StatisticsUnavailable:
            break
        told[domain.id] = report.overview.totals.human_clicks
    return told


PAGES: Final = (
    Page("GET", "/", _root, Rule(Subject.SELF)),
    Page("GET", "/dashboard", _start, Rule(Subject.SELF)),
    Page("GET", "/dashboard/overview", _overview, Rule(Subject.SELF)),
    Page("GET", "/dashboard/open", _open, Rule(Subject.SELF)),
)
