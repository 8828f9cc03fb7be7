"""What a visit of a link would come to."""

from typing import Annotated, Any

from litestar import Controller, Request, get
from litestar.params import FromPath, FromQuery, QueryParameter

from linnet.actions.explain import Explainer, Explanation, Visit, explain_link
from linnet.api.auth import desk_of
from linnet.api.wire import iso, moment

# The framework keeps the bare name for itself.
_Query = Annotated[str, QueryParameter(name="query")]
_UserAgent = Annotated[str, QueryParameter(name="userAgent")]


class ExplainController(Controller):
    """Our own: which rule fires for a visit, and why."""

    tags = ("Targeting",)

    @get("/links/explain/{link_id:str}", sync_to_thread=True)
    def explain_link(
        self,
        request: Request[Any, Any, Any],
        link_id: FromPath[str],
        country: FromQuery[str | None] = None,
        region: FromQuery[str | None] = None,
        address: FromQuery[str] = "",
        user_agent: _UserAgent = "",
        language: FromQuery[str] = "",
        referrer: FromQuery[str] = "",
        visit_query: _Query = "",
        rest: FromQuery[str] = "",
        at: FromQuery[str | None] = None,
        password: FromQuery[bool] = False,
        https: FromQuery[bool | None] = None,
    ) -> dict[str, Any]:
        """explainLink: the decision for a visit as the query describes it, and the steps that lead to it."""
        desk = desk_of(request)
        visit = Visit(
            country=country or None,
            region=region or None,
            address=address.strip(),
            user_agent=user_agent,
            language=language,
            referrer=referrer,
            query=visit_query.removeprefix("?"),
            rest=rest,
            at=moment(at, field="at") if at else None,
            password_given=password,
            https=https,
        )
        explainer: Explainer = request.app.state.explainer
        found = explain_link(desk.context(request), explainer, link_id, visit)
        return explanation_json(found, desk.options.short_url(found.domain, found.link.path))


def explanation_json(found: Explanation, short_url: str) -> dict[str, Any]:
    """An explanation as the API returns it; "" and [] of a visitor are what no step asked for, or nobody knows."""
    facts, end = found.facts, found.end
    traits = facts.traits
    return {
        "linkId": found.link.id,
        "shortURL": short_url,
        "at": iso(found.at),
        "outcome": str(end.outcome),
        "status": end.status,
        "destination": end.destination,
        "variant": end.variant,
        "decidedBy": str(end.rule),
        "steps": [{"step": str(each.step), "decides": each.decides, "why": each.why} for each in found.steps],
        "afterwards": found.touches,
        "visitor": {
            "country": facts.country,
            "region": facts.region,
            "phone": facts.handheld.value,
            "languages": list(traits.languages),
            "os": traits.os,
            "browser": traits.browser,
            "device": traits.device,
            "referrerHost": traits.referrer_host,
            "clicksUsed": facts.clicks_used,
        },
    }
