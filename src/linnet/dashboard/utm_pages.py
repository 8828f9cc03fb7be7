"""The page of a domain's UTM templates."""

from typing import Any, Final

from litestar import Response

from linnet.actions.utm_templates import list_templates, may_save_templates, remove_template, save_template
from linnet.dashboard.forms import errors_of
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.texts import gettext as _
from linnet.model.access import Action, Rule, Subject
from linnet.model.errors import InvalidField, QuotaReached
from linnet.model.link import wire_name
from linnet.model.statistics import UTM_FIELDS


def show_templates(asked: Asked) -> Response[Any]:
    """The templates, and a form for one more."""
    return _page(asked, {})


def save(asked: Asked) -> Response[Any]:
    """Save a template."""
    values = {name: asked.form.text(wire_name(name)) for name in UTM_FIELDS}
    number, form = asked.path["domain_id"], asked.form
    try:
        save_template(asked.context, number, form.text("templateName"), values, for_team=form.flag("forTeam"))
    except (InvalidField, QuotaReached) as refusal:
        return _page(asked, errors_of(refusal, "templateName"), status=400)
    return asked.go_to(f"/dashboard/domains/{number}/utm-templates", notice=_("Template saved."))


def remove(asked: Asked) -> Response[Any]:
    """Remove a template."""
    number = asked.path["domain_id"]
    remove_template(asked.context, number, asked.path["template_id"])
    return asked.go_to(f"/dashboard/domains/{number}/utm-templates", notice=_("Template removed."))


def _page(asked: Asked, errors: dict[str, str], *, status: int = 200) -> Response[Any]:
    domain = asked.domain()
    return asked.page(
        "utm_templates.html",
        status=status,
        domain=domain,
        sent=asked.form,
        errors=errors,
        templates=list_templates(asked.context, domain.id),
        may_save=may_save_templates(asked.context, domain),
        may_save_for_team=domain.team_id is not None and may_save_templates(asked.context, domain, domain.team_id),
    )


_ADDRESS: Final = "/dashboard/domains/{domain_id:int}/utm-templates"
PAGES: Final = (
    Page("GET", _ADDRESS, show_templates, Rule(Subject.DOMAIN, Action.READ)),
    Page("POST", _ADDRESS, save, Rule(Subject.DOMAIN, Action.WRITE)),
    Page("POST", f"{_ADDRESS}/{{template_id:int}}/delete", remove, Rule(Subject.DOMAIN, Action.WRITE)),
)
