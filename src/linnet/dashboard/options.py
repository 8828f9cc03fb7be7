"""What the dashboard is handed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from linnet.actions.context import Context
from linnet.model.access import Actor, User
from linnet.model.domain import Domain
from linnet.model.errors import Refusal
from linnet.statistics.engine import StatisticsEngine
from linnet.visitor.address import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardOptions:
    """``admit`` says whether another sign-in attempt under a name may be made now; ``short_url`` gives a link's address;
    ``find_user`` gives a user with the stamp of the password, ``find_actor`` the actor that it is, with or without a second
    factor; ``status_of`` gives the HTTP status of a refusal; what ``trusted_proxies`` say of the visitor is believed."""

    session_key: bytes
    make_context: Callable[[Actor], Context]
    statistics: StatisticsEngine
    admit: Callable[[str], bool]
    short_url: Callable[[Domain, str], str]
    find_user: Callable[[int], tuple[User, str] | None]
    find_actor: Callable[[int, bool], Actor]
    status_of: Callable[[Refusal], int]
    trusted_proxies: Sequence[Network] = ()
