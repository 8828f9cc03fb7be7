"""Several people before one dashboard."""

from linnet.actions import teams, users
from linnet.actions.context import Context
from linnet.model.access import Role, Team, User
from tests.dashboard.conftest import PASSWORD, Site


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
    site.client.cookies.clear()
    assert site.sign_in(email=email).status_code == 303
