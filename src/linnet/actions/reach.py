"""What people and service accounts are in which teams, of those that are open to them."""

from collections.abc import Callable

from linnet.model.access import Membership
from linnet.storage.unit_of_work import UnitOfWork


def memberships_of(
    work: UnitOfWork, user_id: int, *, second_factor: Callable[[], bool]
) -> tuple[tuple[Membership, ...], tuple[Membership, ...]]:
    """The memberships that grant something, and those that do not, because their teams require a second factor.

    ``second_factor`` is asked where a team requires one.
    """
    mine = work.teams.memberships_of(user_id)
    demanding = work.teams.demanding(user_id) if mine else set()
    if not demanding or second_factor():
        return mine, ()
    granted = tuple(each for each in mine if each.team_id not in demanding)
    return granted, tuple(each for each in mine if each.team_id in demanding)


def holds_second_factor(work: UnitOfWork, user_id: int) -> bool:
    """Whether a user's API keys reach teams that require a second factor: it has one, or is no person."""
    user = work.users.find(user_id)
    return user is not None and (user.service or work.second_factors.is_on(user_id))
