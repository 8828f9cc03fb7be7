"""Permissions for single links: who of the team may read and change a link beyond what the role allows."""

from dataclasses import dataclass

from linnet.actions.context import Context, link_and_domain
from linnet.actions.placing import record_searched
from linnet.actions.teams import Member, members_of
from linnet.model.access import Action, Actor, may_with_link
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import NotAllowed, PermissionNotFound, UserNotFound
from linnet.model.link import Link
from linnet.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class LinkPermission:
    """A user who may read and change a link (contract b.6)."""

    id: int
    domain_id: int
    user_id: int
    link_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a member of the team may do with a link: by its role, and whether it has a permission of its own."""

    member: Member
    sees: bool
    changes: bool
    permitted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Who has to do with a link, as far as the domain is in a team; ``may_decide``: whether the actor may change that."""

    link: Link
    domain: Domain
    shares: tuple[Share, ...]
    may_decide: bool


def link_sharing(context: Context, link_id: str) -> Sharing:
    """Who of the team sees and changes a link, to everybody who may read it."""
    with context.database.read() as work:
        link, domain = link_and_domain(work, context.actor, Action.READ, link_id)
        members = members_of(work, domain.team_id) if domain.team_id is not None else []
        permitted = {each.user_id for each in work.permissions.search(link.number)}
    shares = tuple(_share(each, link, domain, permitted=each.user.id in permitted) for each in members)
    may_decide = may_with_link(context.actor, Action.PERMIT, domain, link.owner_id, permitted=False)
    return Sharing(link=link, domain=domain, shares=shares, may_decide=may_decide)


def _share(member: Member, link: Link, domain: Domain, *, permitted: bool) -> Share:
    actor = Actor(user_id=member.user.id, memberships=(member.membership,))
    sees, changes = (
        may_with_link(actor, action, domain, link.owner_id, permitted=False) for action in (Action.READ, Action.WRITE)
    )
    return Share(member=member, sees=sees, changes=changes, permitted=permitted)


def list_permissions(context: Context, domain_id: int, link_id: str) -> list[LinkPermission]:
    """The permissions for a link, oldest first, to everybody who may read the link."""
    with context.database.read() as work:
        link, domain = link_and_domain(work, context.actor, Action.READ, link_id, domain_id=domain_id)
        return [LinkPermission(each.id, domain.id, each.user_id, link.id) for each in work.permissions.search(link.number)]


def add_permission(context: Context, domain_id: int, link_id: str, user_id: int) -> LinkPermission:
    """Let a member of the domain's team read and change a link; who has the permission already keeps it.

    UserNotFound for everybody else, and so for everybody where the domain is in no team; NotAllowed for an actor who may read
    the link but not decide about it.
    """
    with context.database.write() as work:
        link, domain = _link_to_share(work, context, domain_id, link_id)
        members = work.teams.members(domain.team_id) if domain.team_id is not None else []
        if all(member.user_id != user_id for member in members):
            raise UserNotFound(f"There is no user {user_id} in the team of {domain.hostname}.")
        known = work.permissions.find(link.number, user_id)
        given = known or work.permissions.add(link.number, user_id, context.now())
        if known is None:
            record_searched(work, domain, [link])
            context.note(work, Event.PERMISSION_ADDED, link.id, domain, user_id=user_id)
    context.publish(work.sequence)
    return LinkPermission(given.id, domain.id, user_id, link.id)


def remove_permission(context: Context, domain_id: int, link_id: str, user_id: int) -> None:
    """Take a permission back; PermissionNotFound when the user has none for the link, NotAllowed as for adding one."""
    with context.database.write() as work:
        link, domain = _link_to_share(work, context, domain_id, link_id)
        if not work.permissions.remove(link.number, user_id):
            raise PermissionNotFound(f"User {user_id} has no permission of its own for this link.")
        record_searched(work, domain, [link])
        context.note(work, Event.PERMISSION_REMOVED, link.id, domain, user_id=user_id)
    context.publish(work.sequence)


def _link_to_share(work: UnitOfWork, context: Context, domain_id: int, link_id: str) -> tuple[Link, Domain]:
    """The link, held, if the actor configures its domain or made it; who may only read it is told so, by NotAllowed."""
    actor = context.actor
    link, domain = link_and_domain(work, actor, Action.READ, link_id, domain_id=domain_id, hold=True)
    if not may_with_link(actor, Action.PERMIT, domain, link.owner_id, permitted=False):
        raise NotAllowed("Only who made this link, and the owners and admins of its team, decide who else may change it.")
    return link, domain
