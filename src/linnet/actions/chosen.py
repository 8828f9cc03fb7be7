"""Several links that a request names by their ids."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from linnet.actions.context import known_links
from linnet.model.access import Action, Actor
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, LinkNotFound
from linnet.model.link import Link
from linnet.storage.unit_of_work import UnitOfWork

MAX_CHOSEN = 150


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a request's ids stand for: links by their domains, and the ids that stand for none that the actor may use."""

    by_domain: dict[int, tuple[Domain, list[Link]]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def choose_links(
    work: UnitOfWork, actor: Actor, action: Action, link_ids: Sequence[str], *, domain_id: int | None = None
) -> Chosen:
    """The links with these ids (each once, and of the domain ``domain_id`` where that is given) on which ``actor`` may do
    ``action``.

    Ids of others are told apart from ids that nobody has as little as everywhere. Some that are unknown are left out, so that
    a call that is repeated, or that names a link which somebody else has just removed, still does the rest; when all are,
    LinkNotFound names the first. InvalidField for more than 150.
    """
    if len(link_ids) > MAX_CHOSEN:
        raise InvalidField(
            f"link_ids holds {len(link_ids)} ids; at most {MAX_CHOSEN} are allowed in one call.", field="link_ids"
        )
    known, unknown = known_links(work, actor, action, link_ids, domain_id=domain_id, hold=True)
    if unknown and not known:
        raise LinkNotFound(f"Link {unknown[0][:100]} not found", field="link_ids")
    chosen = Chosen(unknown=unknown)
    for link, domain in known:
        chosen.by_domain.setdefault(domain.id, (domain, []))[1].append(link)
    return chosen


def noted(links: Sequence[Link]) -> dict[str, Any]:
    """What is noted of many links: how many, and their ids."""
    return {"count": len(links), "link_ids": [link.id for link in links]}
