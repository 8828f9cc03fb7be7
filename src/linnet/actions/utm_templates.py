"""UTM templates of domains and teams."""

from collections.abc import Mapping

from linnet.actions.context import Context, domain_by_id
from linnet.model.access import Action, may, may_manage
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, NotAllowed, QuotaReached, TemplateNotFound
from linnet.model.utm import MAX_TEMPLATES, UtmTemplate, clean_template


def list_templates(context: Context, domain_id: int) -> list[UtmTemplate]:
    """The templates for links of a domain: its own, and its team's."""
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
        return work.utm_templates.search(domain.id, domain.team_id)


def save_template(
    context: Context, domain_id: int, name: str, values: Mapping[str, str], *, for_team: bool = False
) -> UtmTemplate:
    """A template of a domain or, ``for_team``, of all domains of its team; one that has the name already is replaced.

    Who may change links of the domain saves its templates, who manages the team those of the team; NotAllowed otherwise.
    """
    with context.database.write() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
        if for_team and domain.team_id is None:
            raise InvalidField(f"{domain.hostname} belongs to no team.", field="forTeam")
        owner_id, team_id = (None, domain.team_id) if for_team else (domain.id, None)
        _refuse_others(context, domain, team_id)
        name, cleaned = clean_template(name, values)
        known = work.utm_templates.find_by_name(name, domain_id=owner_id, team_id=team_id)
        if known is None and work.utm_templates.count(domain_id=owner_id, team_id=team_id) >= MAX_TEMPLATES:
            raise QuotaReached(f"There are {MAX_TEMPLATES} templates already, which is as many as there may be.")
        template = UtmTemplate(
            id=0 if known is None else known.id,
            name=name,
            created_at=context.now() if known is None else known.created_at,
            domain_id=owner_id,
            team_id=team_id,
            **cleaned,
        )
        saved = work.utm_templates.save(template)
        context.note(work, Event.UTM_TEMPLATE_SAVED, str(saved.id), domain, name=name)
    return saved


def remove_template(context: Context, domain_id: int, template_id: int) -> UtmTemplate:
    """Remove a template of a domain or its team; TemplateNotFound, and NotAllowed as for saving it."""
    with context.database.write() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
        template = work.utm_templates.find(template_id, domain.id, domain.team_id)
        if template is None:
            raise TemplateNotFound(f"There is no UTM template {template_id} for {domain.hostname}.")
        _refuse_others(context, domain, template.team_id)
        work.utm_templates.remove(template.id)
        context.note(work, Event.UTM_TEMPLATE_REMOVED, str(template.id), domain, name=template.name)
    return template


def may_save_templates(context: Context, domain: Domain, team_id: int | None = None) -> bool:
    """Whether the actor may save and remove templates of the domain or, with ``team_id``, of its team."""
    if team_id is not None:
        return may_manage(context.actor, team_id)
    return may(context.actor, Action.WRITE, domain)


def _refuse_others(context: Context, domain: Domain, team_id: int | None) -> None:
    if not may_save_templates(context, domain, team_id):
        whose = "Only owners and admins of the team" if team_id is not None else "Only who may change links"
        raise NotAllowed(f"{whose} may save and remove these templates.")
