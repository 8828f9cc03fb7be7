"""Explaining visits, with what the edge would know of the visitors."""

from linnet.actions.explain import Explainer, Visit
from linnet.edge.counters import NodeCounters
from linnet.edge.facts import Visitor, VisitorFacts
from linnet.model.redirect import VisitFacts
from linnet.model.route import Route


def explainer(facts: VisitorFacts, counters: NodeCounters) -> Explainer:
    """An explainer that asks ``facts`` and ``counters``."""

    def facts_of(route: Route, visit: Visit) -> VisitFacts:
        headers = [(b"accept-language", visit.language.encode()), (b"referer", visit.referrer.encode())]
        known = facts.of(route, Visitor(visit.address, b"", visit.user_agent.encode()), headers)
        return VisitFacts(**known._asdict())

    return Explainer(facts_of, counters.clicks)
