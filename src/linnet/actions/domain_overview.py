"""Domains as a list shows them: with their teams, how many links they have, and what the actor may do there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from linnet.actions.context import Context
from linnet.actions.domains import list_domains
from linnet.model.access import Action, Team, may, narrowed_to
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField
from linnet.model.url import ascii_host
from linnet.storage.unit_of_work import UnitOfWork

# Counting all links of a large domain would take longer than the rest of the page.
MAX_COUNTED: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRow:
    """``links`` is how many links there are, counted to 1000, and None for who sees his own alone."""

    domain: Domain
    team: Team | None
    links: int | None
    may_configure: bool


def domain_rows(context: Context, *, search: str = "", limit: int, offset: int = 0) -> list[DomainRow]:
    """The actor's domains whose hostname holds ``search``, in letters of whichever language."""
    found = list_domains(context, pattern=_pattern(search), limit=limit, offset=offset)
    with context.database.read() as work:
        return _rows(context, work, found)


def domain_row(context: Context, domain: Domain) -> DomainRow:
    """The same of one domain, which the actor sees."""
    with context.database.read() as work:
        return _rows(context, work, [domain])[0]


def _rows(context: Context, work: UnitOfWork, found: Sequence[Domain]) -> list[DomainRow]:
    actor = context.actor
    teams = {team_id: work.teams.find(team_id) for team_id in {each.team_id for each in found} if team_id is not None}
    whole = [each.id for each in found if narrowed_to(actor, each) is None]
    counts = work.domains.link_counts(whole, at_most=MAX_COUNTED + 1)
    return [
        DomainRow(
            domain=each,
            team=teams.get(each.team_id) if each.team_id is not None else None,
            links=counts.get(each.id),
            may_configure=may(actor, Action.CONFIGURE, each),
        )
        for each in found
    ]


def _pattern(search: str) -> str:
    text = search.strip().lower()
    if text.isascii():
        return text
    try:
        return ascii_host(text.strip("."), field="search")
    except InvalidField:
        return text
