"""Domains that go to a team, to another one, or back to who registered them."""

from dataclasses import dataclass

from linnet.actions.context import Context
from linnet.actions.domain_checks import domain_to_configure
from linnet.actions.domain_settings import update_settings
from linnet.model.access import Team, managed_team_ids, may_transfer
from linnet.model.domain import Domain


@dataclass(frozen=True, slots=True)
class Destinations:
    """Where the actor may move a domain: to which teams, and whether out of its team, back to the actor itself."""

    teams: tuple[Team, ...]
    back: bool


def transfer_domain(context: Context, domain_id: int, team_id: int | None) -> Domain:
    """Move a domain to a team, or (None) back to who registered it; it is where it was already without a word.

    Links, folders, statistics and addresses stay as they are, and the edge does not notice. Who is not in the team that gets
    the domain loses the permissions for its links, and keys reach it as far as their owners and restrictions do: one that is
    restricted to the former team does not. TeamNotFound for a team that the actor does not manage, NotAllowed where the domain
    is not the actor's to move (``model.access.may_transfer``).
    """
    return update_settings(context, domain_id, {"teamId": team_id})


def transfer_destinations(context: Context, domain_id: int) -> Destinations:
    """Where the actor may move a domain that it configures; DomainNotFound for any other."""
    actor = context.actor
    with context.database.read() as work:
        domain = domain_to_configure(work, actor, domain_id)
        found = [work.teams.find(each) for each in managed_team_ids(actor) if may_transfer(actor, domain, each)]
    return Destinations(tuple(team for team in found if team is not None), may_transfer(actor, domain, None))


def teams_to_fill(context: Context) -> list[Team]:
    """The teams to which the actor may add domains."""
    with context.database.read() as work:
        return list(work.teams.find_many(managed_team_ids(context.actor)))
