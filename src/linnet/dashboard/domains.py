"""Domains: the list, and a new one."""

from typing import Any, Final

from litestar import Response

from linnet.actions.domain_overview import domain_rows
from linnet.actions.domains import create_domain
from linnet.actions.statistics import StatisticsRequest, domain_report
from linnet.actions.transfers import teams_to_fill
from linnet.dashboard.domain_dns import STATES
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.texts import gettext
from linnet.model.access import Action, Rule, Subject
from linnet.model.errors import DomainTaken, InvalidField, NotAllowed, QuotaReached, StatisticsUnavailable, TeamNotFound
from linnet.model.statistics import Period

_PAGE: Final = 25
_MAX_OFFSET: Final = 1_000_000
_LAST_30: Final = StatisticsRequest(period=Period.LAST_30, skip_tops=True)


def _list(asked: Asked) -> Response[Any]:
    search = asked.query.text("search")[:253]
    offset = min(asked.query.number("offset") or 0, _MAX_OFFSET)
    rows = domain_rows(asked.context, search=search, limit=_PAGE + 1, offset=offset)
    return asked.page(
        "domains.html",
        rows=rows[:_PAGE],
        states=STATES,
        search=search,
        before=max(offset - _PAGE, 0) if offset else None,
        after=offset + _PAGE if len(rows) > _PAGE else None,
    )


def _clicks(asked: Asked) -> Response[Any]:
    """How many human clicks a domain had in 30 days, for the list, which does not wait for it."""
    domain_id = asked.path["domain_id"]
    try:
        clicks = domain_report(asked.context, asked.options.statistics, domain_id, _LAST_30).overview.totals.human_clicks
    except (NotAllowed, StatisticsUnavailable):
        # Who sees the statistics of his own links only is told nothing of all of them.
        return asked.page("domain_clicks.html", clicks=None)
    return asked.page("domain_clicks.html", clicks=clicks)


def _form(asked: Asked) -> Response[Any]:
    return _new(asked, {"hostname": asked.query.text("hostname")[:500], "team": ""}, {}, status=200)


def _new(asked: Asked, values: dict[str, str], errors: dict[str, str], *, status: int, message: str = "") -> Response[Any]:
    teams = [("", gettext("No team: mine alone")), *((str(team.id), team.name) for team in teams_to_fill(asked.context))]
    return asked.page("domain_new.html", status=status, values=values, errors=errors, message=message, teams=teams)


def _create(asked: Asked) -> Response[Any]:
    form, options = asked.form, asked.options
    team_id = form.number("team")
    try:
        domain = create_domain(asked.context, _bare(form.text("hostname")), team_id=team_id, reserved=options.reserved_hosts)
    except (InvalidField, DomainTaken, QuotaReached, TeamNotFound) as refusal:
        field = "team" if refusal.field == "teamId" else "hostname"
        values = {name: form.text(name) for name in ("hostname", "team")}
        return _new(asked, values, {field: refusal.message}, status=options.status_of(refusal))
    notice = gettext("%s was added.") % domain.unicode_hostname
    return asked.go_to(f"/dashboard/domains/{domain.id}/settings/dns", notice=notice)


def _bare(typed: str) -> str:
    """The host name in what was typed: people paste addresses."""
    scheme, found, rest = typed.partition("://")
    return rest.partition("/")[0] if found and scheme.lower() in ("http", "https") else typed.removesuffix("/")


PAGES: Final = (
    Page("GET", "/dashboard/domains", _list, Rule(Subject.SELF)),
    Page("GET", "/dashboard/domains/new", _form, Rule(Subject.SELF)),
    Page("POST", "/dashboard/domains/new", _create, Rule(Subject.SELF)),
    Page("GET", "/dashboard/domains/{domain_id:int}/clicks", _clicks, Rule(Subject.DOMAIN, Action.READ_STATISTICS)),
)
