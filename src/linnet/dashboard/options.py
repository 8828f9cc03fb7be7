"""What the dashboard is handed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from linnet.actions.context import Context
from linnet.actions.explain import Explainer
from linnet.actions.link_table import LinkSearch
from linnet.actions.qr import Studio
from linnet.actions.sessions import SignedIn
from linnet.clicks.visitors import OrderedVisitors
from linnet.model.access import Actor
from linnet.model.domain import Domain
from linnet.model.errors import Refusal
from linnet.network.here import Here
from linnet.network.openid import OpenidProvider
from linnet.statistics.engine import StatisticsEngine
from linnet.statistics.exports import ClickExports
from linnet.visitor.address import Network


class Admission(Protocol):
    """Counts an attempt under a name: 0 when it may be made, ``limit`` times in a window; else the seconds to the next one."""

    def __call__(self, name: str, /, *, limit: int = 10, window_seconds: int = 300) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardOptions:
    """``admit`` bounds attempts to sign in; ``short_url`` gives a link's address; ``find_session`` gives the session of a
    cookie's token, ``find_actor`` the actor that a user is, with or without a second factor; ``status_of`` gives the HTTP
    status of a refusal; ``search`` finds links; ``explainer`` tells what visitors would get, and
    ``find_picture`` fetches the picture at an address, made anew; what ``trusted_proxies`` say of the visitor is believed.
    ``sends_mail`` is whether
    letters leave this installation, ``provider`` where people sign in otherwise (``admits_new``: also who has no
    account yet), and ``setup_token`` what the first start has printed. ``studio`` draws codes. ``here`` is where visitors
    reach the installation, ``reserved_hosts`` are its own; ``visitors`` and ``exports`` find and hand out what is stored of a
    visitor."""

    session_key: bytes
    make_context: Callable[[Actor], Context]
    statistics: StatisticsEngine
    admit: Admission
    short_url: Callable[[Domain, str], str]
    find_session: Callable[[str], SignedIn | None]
    find_actor: Callable[[int, bool], Actor]
    status_of: Callable[[Refusal], int]
    search: LinkSearch
    studio: Studio
    visitors: OrderedVisitors
    exports: ClickExports
    explainer: Explainer
    find_picture: Callable[[str], bytes]
    trusted_proxies: Sequence[Network] = ()
    sends_mail: bool = False
    provider: OpenidProvider | None = None
    admits_new: bool = False
    setup_token: str = ""
    here: Here = field(default_factory=Here)
    reserved_hosts: frozenset[str] = frozenset()
