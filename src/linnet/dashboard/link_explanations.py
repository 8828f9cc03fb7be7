"""The page that tells what a visitor of a saved link would get."""

from typing import Any, Final

from litestar import Response

from linnet.actions.editing import open_link
from linnet.actions.explain import explain_link
from linnet.dashboard.link_explain import DEVICES, VISIT_FIELDS, visit_of
from linnet.dashboard.link_places import countries
from linnet.dashboard.pages import Asked, Page
from linnet.model.access import Action, Rule, Subject
from linnet.model.errors import NotAllowed, Refusal, StorageUnavailable


def explain(asked: Asked) -> Response[Any]:
    """The form for a visit, and what comes of it."""
    opened = open_link(asked.context, asked.path["link_id"])
    zone = asked.signed_in.time_zone
    errors: dict[str, str] = {}
    explanation = None
    if any(name.startswith("visit.") for name in asked.query.values):
        try:
            visit = visit_of(asked.query, zone)
            explanation = explain_link(asked.context, asked.options.explainer, opened.link.id, visit)
        except (NotAllowed, StorageUnavailable):
            raise
        except Refusal as refusal:
            errors[f"visit.{refusal.field}" if refusal.field in VISIT_FIELDS else ""] = refusal.message
    return asked.page(
        "link_explain.html",
        status=400 if errors else 200,
        domain=opened.domain,
        link=opened.link,
        short_url=asked.options.short_url(opened.domain, opened.link.path),
        sent=asked.query,
        errors=errors,
        first_error=next(iter(errors), ""),
        focus="",
        zone=zone,
        devices=DEVICES,
        countries=countries(),
        explanation=explanation,
        editor=None,
    )


PAGES: Final = (Page("GET", "/dashboard/links/{link_id:str}/explain", explain, Rule(Subject.LINK, Action.READ)),)
