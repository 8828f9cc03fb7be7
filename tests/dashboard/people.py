"""Several people before one dashboard."""

from collections.abc import Iterator
from contextlib import contextmanager

from linnet.actions import teams, users
from linnet.actions.context import Context
from linnet.actions.domain_settings import update_settings
from linnet.model.access import Role, Team, User
from tests.dashboard.conftest import Site
from tests.support.installed import PASSWORD


def context_of(site: Site, user_id: int = 1, *, second_factor: bool = True) -> Context:
    """What a user may do now."""
    context: Context = site.options.make_context(site.options.find_actor(user_id, second_factor))
    return context


def add_user(site: Site, email: str, name: str | None = None) -> User:
    """Somebody with an account, whose password is the usual one."""
    return users.create_user(context_of(site), email=email, password=PASSWORD, name=name)[0]


def add_team(site: Site, name: str = "Shop") -> Team:
    """A team of the owner."""
    return teams.create_team(context_of(site), name)


def add_member(site: Site, team: Team, role: Role, email: str = "b@example.com", *, own_links_only: bool = False) -> User:
    """Somebody with an account, in a team of the owner."""
    user = add_user(site, email)
    teams.save_member(context_of(site), team.id, email, role, own_links_only=own_links_only)
    return user


def sign_in_as(site: Site, email: str) -> None:
    """The browser is somebody else's from now on."""
    with site.database.read() as work:
        user = work.users.find_by_email(email)
    assert user is not None
    site.client.cookies.clear()
    site.enter(user.id)


def join(site: Site, email: str, *, role: Role = Role.READ_ONLY, own_links_only: bool = False, team: bool = True) -> int:
    """Somebody with an account who, in a ``team`` to which go.example goes, has a role there; the number of the user."""
    if not team:
        return add_user(site, email).id
    created = add_team(site)
    update_settings(context_of(site), 1, {"teamId": created.id})
    chosen = Role.USER if own_links_only else role
    return add_member(site, created, chosen, email, own_links_only=own_links_only).id


@contextmanager
def browser_of(site: Site, email: str) -> Iterator[None]:
    """Another's browser, until the block ends."""
    before = dict(site.client.cookies.items())
    sign_in_as(site, email)
    yield
    site.client.cookies.clear()
    for name, value in before.items():
        site.client.cookies.set(name, value)
