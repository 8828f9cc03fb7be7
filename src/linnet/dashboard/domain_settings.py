"""The settings of a domain, a tab for each subject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from litestar import Response

from linnet.actions.domain_overview import domain_row
from linnet.actions.domain_settings import update_settings
from linnet.actions.domains import get_domain
from linnet.dashboard import domain_dns
from linnet.dashboard.domain_fields import OTHER_TABS, TABS, Kind, Setting
from linnet.dashboard.domain_form import merged_values, read_form, shown_values, told_changes, typed_values
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.texts import gettext
from linnet.model.access import Action, Rule, Subject, may, may_remove_domain
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, NotAllowed, SettingsConflict
from linnet.model.setting_marks import marks_of

AT: Final = "/dashboard/domains/{domain_id:int}"
READ: Final = Rule(Subject.DOMAIN, Action.READ)
CONFIGURE: Final = Rule(Subject.DOMAIN, Action.CONFIGURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A form of settings as it is shown: with which values, what is wrong with them, and what others changed."""

    values: Mapping[str, Any]
    errors: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    changes: Sequence[Any] = ()
    status: int = 200


def tab_page(asked: Asked, domain: Domain, tab: str, template: str, *, status: int = 200, **values: Any) -> Response[Any]:
    """A page under one of the tabs of a domain's settings."""
    tabs = [(f"/dashboard/domains/{domain.id}/settings", "general", gettext(TABS["general"][0]))]
    others = [(name, label) for name, (label, _) in TABS.items() if name != "general"]
    for name, label in (*others, *OTHER_TABS.items()):
        tabs.append((f"/dashboard/domains/{domain.id}/settings/{name}", name, gettext(label)))
    may_configure = may(asked.context.actor, Action.CONFIGURE, domain)
    shown = {"domain": domain, "tab": tab, "tabs": tabs, "may_configure": may_configure} | values
    return asked.page(template, status=status, **shown)


def configured(asked: Asked) -> Domain:
    """The domain of the page, for who may change its settings; NotAllowed for who may only see them."""
    domain = asked.domain()
    if not may(asked.context.actor, Action.CONFIGURE, domain):
        raise NotAllowed(gettext("Only owners and admins of the team may change a domain's settings."))
    return domain


def _show(tab: str, asked: Asked) -> Response[Any]:
    domain = asked.domain()
    return _form(asked, domain, tab, Shown(values=shown_values(TABS[tab][1], domain)))


def _form(asked: Asked, domain: Domain, tab: str, shown: Shown) -> Response[Any]:
    settings = TABS[tab][1]
    names = tuple(dict.fromkeys(each.name.partition(".")[0] for each in settings))
    return tab_page(
        asked,
        domain,
        tab,
        "domain_settings.html",
        status=shown.status,
        settings=settings,
        shown=shown,
        marks=marks_of(domain, names),
        has_files=any(each.kind is Kind.ICON for each in settings),
    )


def _save(tab: str, asked: Asked) -> Response[Any]:
    settings, form, domain = TABS[tab][1], asked.form, configured(asked)
    typed = read_form(settings, form)
    try:
        if typed.errors:
            return _form(asked, domain, tab, _mistaken(settings, asked, typed.errors, ""))
        update_settings(asked.context, domain.id, typed.sent, marks=form.raw("marks") or "{}")
    except SettingsConflict as refusal:
        now = get_domain(asked.context, domain.id)
        values = merged_values(settings, form, now, typed.sent, refusal.changes)
        shown = Shown(values=values, changes=told_changes(settings, refusal.changes), status=409)
        return _form(asked, now, tab, shown)
    except InvalidField as refusal:
        known = {each.name for each in settings}
        errors = {refusal.field: refusal.message} if refusal.field in known else {}
        return _form(asked, domain, tab, _mistaken(settings, asked, errors, "" if errors else refusal.message))
    return asked.go_to(asked.request.url.path, notice=gettext("The settings were saved."))


def _mistaken(settings: Sequence[Setting], asked: Asked, errors: Mapping[str, str], message: str) -> Shown:
    return Shown(values=typed_values(settings, asked.form), errors=errors, message=message, status=400)


def _dns(asked: Asked) -> Response[Any]:
    domain = asked.domain()
    records = domain_dns.expected_records(asked, domain)
    return tab_page(asked, domain, "dns", "domain_dns.html", records=records, state=domain_dns.STATES[domain.state])


def _danger(asked: Asked) -> Response[Any]:
    return danger_page(asked, asked.domain())


def danger_page(
    asked: Asked, domain: Domain, *, errors: Mapping[str, str] | None = None, message: str = "", status: int = 200
) -> Response[Any]:
    """What cannot be undone."""
    row, may_remove = domain_row(asked.context, domain), may_remove_domain(asked.context.actor, domain)
    values = {"errors": errors or {}, "message": message, "links": row.links, "may_remove": may_remove}
    return tab_page(asked, domain, "danger", "domain_danger.html", status=status, **values)


PAGES: Final = (
    Page("GET", f"{AT}/settings", partial(_show, "general"), READ),
    Page("POST", f"{AT}/settings", partial(_save, "general"), CONFIGURE),
    *(Page("GET", f"{AT}/settings/{tab}", partial(_show, tab), READ) for tab in TABS if tab != "general"),
    *(Page("POST", f"{AT}/settings/{tab}", partial(_save, tab), CONFIGURE) for tab in TABS if tab != "general"),
    Page("GET", f"{AT}/settings/dns", _dns, READ),
    Page("GET", f"{AT}/settings/dns/state", domain_dns.state_part, CONFIGURE),
    Page("GET", f"{AT}/settings/danger", _danger, READ),
)
