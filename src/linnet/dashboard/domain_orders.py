"""What is done to a domain as a whole: given to a team, its clicks forgotten, removed; and what is stored of a visitor."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response

from linnet.actions.click_counts import clear_statistics
from linnet.actions.domain_overview import domain_row
from linnet.actions.domain_removal import check_typed_name, remove_domain
from linnet.actions.transfers import Destinations, transfer_destinations, transfer_domain
from linnet.actions.visitors import erase_visitor, visitor_clicks
from linnet.dashboard.domain_settings import AT, CONFIGURE, READ, configured, danger_page, tab_page
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.texts import gettext, ngettext
from linnet.model.access import Action, may
from linnet.model.domain import Domain
from linnet.model.errors import DomainInUse, InvalidField, NotAllowed, Refusal, TeamNotFound
from linnet.network.sending import file_of

_OUT: Final = "none"
_WITH_NETWORK: Final[Mapping[str, bool | None]] = {"": None, "yes": True, "no": False}


def _team(asked: Asked) -> Response[Any]:
    return _team_page(asked, asked.domain())


def _team_page(asked: Asked, domain: Domain, *, error: str = "", status: int = 200) -> Response[Any]:
    context = asked.context
    mine = may(context.actor, Action.CONFIGURE, domain)
    to = transfer_destinations(context, domain.id) if mine else Destinations((), back=False)
    choices = [(str(team.id), team.name) for team in to.teams]
    choices += [(_OUT, gettext("No team: mine alone"))] if to.back else []
    team, errors = domain_row(context, domain).team, {"team": error} if error else {}
    return tab_page(asked, domain, "team", "domain_team.html", status=status, choices=choices, team=team, errors=errors)


def _transfer(asked: Asked) -> Response[Any]:
    domain = configured(asked)
    wanted = asked.form.text("team")
    try:
        team_id = None if wanted == _OUT else asked.form.number("team")
        if team_id is None and wanted != _OUT:
            raise InvalidField(gettext("Choose where the domain goes."), field="team")
        moved = transfer_domain(asked.context, domain.id, team_id)
    except (InvalidField, NotAllowed, TeamNotFound) as refusal:
        return _team_page(asked, domain, error=refusal.message, status=400)
    notice = gettext("The domain belongs to another team now.") if moved.team_id else gettext("The domain is yours alone now.")
    return asked.go_to(f"/dashboard/domains/{domain.id}/settings/team", notice=notice)


def _clear(asked: Asked) -> Response[Any]:
    domain = configured(asked)
    try:
        check_typed_name(domain, asked.form.text("clear"))
    except InvalidField as refusal:
        return danger_page(asked, domain, errors={"clear": refusal.message}, status=400)
    clear_statistics(asked.context, asked.options.statistics, domain.id)
    return asked.go_to(f"/dashboard/domains/{domain.id}/settings/danger", notice=gettext("All clicks were forgotten."))


def _remove(asked: Asked) -> Response[Any]:
    domain = configured(asked)
    try:
        remove_domain(asked.context, asked.options.statistics, domain.id, asked.form.text("remove"))
    except InvalidField as refusal:
        return danger_page(asked, domain, errors={"remove": refusal.message}, status=400)
    except (DomainInUse, NotAllowed) as refusal:
        # Who may configure the domain sees the page, which says what stands against it.
        return danger_page(asked, domain, message=refusal.message, status=409)
    return asked.go_to("/dashboard/domains", notice=gettext("%s was removed.") % domain.unicode_hostname)


def _visitor(asked: Asked) -> Response[Any]:
    return _visitor_page(asked, configured(asked))


def _visitor_page(asked: Asked, domain: Domain, *, error: Refusal | None = None) -> Response[Any]:
    errors = {error.field or "address": error.message} if error is not None else {}
    values = {"address": asked.form.text("address")[:100], "network": asked.form.text("network")}
    return tab_page(
        asked, domain, "privacy", "domain_visitor.html", status=400 if errors else 200, errors=errors, values=values
    )


def _visitor_order(asked: Asked) -> Response[Any]:
    """Hand out or erase what is stored under a visitor's address, which travels in the body: addresses are in no log."""
    domain, options, form = configured(asked), asked.options, asked.form
    visitors, exports = options.visitors, options.exports
    address, network = form.text("address"), _WITH_NETWORK.get(form.text("network"))
    try:
        if form.text("order") != "erase":
            parts = visitor_clicks(asked.context, visitors, exports, domain.id, address, with_network=network)
            return file_of(parts, "application/x-ndjson", f"visitor-{domain.id}.ndjson")
        erased = erase_visitor(asked.context, visitors, domain.id, address, with_network=network)
    except InvalidField as refusal:
        return _visitor_page(asked, domain, error=refusal)
    told = ngettext("%(num)d click was made anonymous.", "%(num)d clicks were made anonymous.", erased)
    return asked.go_to(f"/dashboard/domains/{domain.id}/settings/privacy", notice=told % {"num": erased})


PAGES: Final = (
    Page("GET", f"{AT}/settings/team", _team, READ),
    Page("POST", f"{AT}/settings/team", _transfer, CONFIGURE),
    Page("POST", f"{AT}/clear", _clear, CONFIGURE),
    Page("POST", f"{AT}/remove", _remove, CONFIGURE),
    Page("GET", f"{AT}/settings/privacy/visitor", _visitor, CONFIGURE),
    Page("POST", f"{AT}/settings/privacy/visitor", _visitor_order, CONFIGURE),
)
