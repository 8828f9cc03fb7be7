"""The dashboard over a real database."""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.testing import TestClient

from linnet.actions import links
from linnet.actions.click_ranks import ClickRanks
from linnet.actions.context import Context
from linnet.actions.drawings import Drawings
from linnet.actions.link_table import LinkSearch
from linnet.actions.logos import Logos
from linnet.actions.names import SILENT
from linnet.actions.pictures import Pictures
from linnet.actions.qr import Studio
from linnet.actions.raw_clicks import link_ids
from linnet.actions.sessions import begin_session, find_session
from linnet.actions.sign_in import user_actor
from linnet.api.errors import on_http_exception_or_page, status_of
from linnet.compose.explaining import explainer
from linnet.dashboard.app import create_routers, page_finder
from linnet.dashboard.options import DashboardOptions
from linnet.edge.counters import NodeCounters
from linnet.edge.facts import VisitorFacts
from linnet.model.access import Actor
from linnet.model.account import SignInMethod
from linnet.model.audit import Entry
from linnet.model.domain import Domain
from linnet.model.errors import StatisticsUnavailable
from linnet.model.link import Link, LinkDraft
from linnet.model.statistics import Clearing, Overview, Point, Question, Top, Totals
from linnet.network.fetch import FetchOptions
from linnet.network.here import Here
from linnet.network.mail import Letter, Mail
from linnet.statistics.exports import Exporter
from linnet.storage.database import Database
from linnet.storage.sealing import Seal
from linnet.storage.search_feed import SearchFeed
from linnet.storage.search_follower import SearchFollower
from linnet.storage.search_index import SearchIndex
from linnet.visitor.geo import GeoLookup
from tests.support.installed import PASSWORD, install, migrated
from tests.support.moments import NOON

PROXY = "10.0.0.1"


class FewClicks:
    """A statistics engine that knows of seven clicks by people on each domain and one on each link, and of two by bots, until
    it is told to be away."""

    away = False

    def __init__(self) -> None:
        self.ranks: dict[int, int] = {}
        self.cleared: list[int] = []

    def overview(self, question: Question, /) -> Overview:
        if self.away:
            raise StatisticsUnavailable("away")
        people = 7 if question.link_number is None else 1
        return Overview(totals=Totals(clicks=people + 2, human_clicks=people))

    def counts(self, question: Question, /) -> tuple[int, ...]:
        if self.away:
            raise StatisticsUnavailable("away")
        return tuple(1 for _ in question.counted)

    def top(self, question: Question, /) -> tuple[Top, ...]:
        if self.away:
            raise StatisticsUnavailable("away")
        return tuple(Top(value="", score=score, detail=str(number)) for number, score in self.ranks.items())

    def clear(self, clearing: Clearing, /) -> None:
        if self.away:
            raise StatisticsUnavailable("away")
        self.cleared.append(clearing.domain_id)

    def by_interval(self, question: Question, /) -> tuple[Point, ...]:
        if self.away:
            raise StatisticsUnavailable("away")
        return ()

    def link_paths(self, question: Question, /) -> dict[int, str]:
        return {}

    def last_clicks(self, question: Question, /) -> list[Any]:
        return []

    def clicks(self, question: Question, /) -> Generator[list[Any]]:
        yield []


@dataclass
class Attempts:
    """Admits a number of attempts, and keeps under which names; after them one has to wait for 170 seconds."""

    left: int = 100
    names: list[str] = field(default_factory=list)

    def __call__(self, name: str, *, limit: int = 10, window_seconds: int = 300) -> int:
        self.names.append(name)
        self.left -= 1
        return 0 if self.left >= 0 else 170


@dataclass
class Site:
    """A browser before the dashboard; ``peer`` is the address that its requests come from."""

    client: TestClient[Any]
    database: Database
    file: Path
    attempts: Attempts = field(default_factory=Attempts)
    engine: FewClicks = field(default_factory=FewClicks)
    names: Any = SILENT
    visitors: Any = None
    peer: str = "192.0.2.1"
    options: Any = None
    later: timedelta = timedelta()
    letters: list[Mail] = field(default_factory=list)

    def now(self) -> datetime:
        """The time, ``later`` than it is."""
        return datetime.now(UTC) + self.later

    def context_of(self, actor: Actor) -> Context:
        return Context(
            actor=actor,
            database=self.database,
            publish=lambda _: None,
            signing_key=b"k",
            now=self.now,
            seal=Seal(b"s" * 32),
            send_mail=self._send,
            names=self.names,
            dashboard_url="http://testserver.local",
        )

    def _send(self, letter: Letter) -> bool:
        mail = letter if isinstance(letter, Mail) else letter()
        if mail is not None:
            self.letters.append(mail)
        return True

    def sign_in(
        self, password: str = PASSWORD, email: str = "Owner@Example.com", *, back: str = "", kept: str = "", **headers: str
    ) -> Any:
        fields = {"email": email, "password": password, "back": back, "kept": kept}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/sign-in", data=fields, headers=sent, follow_redirects=False)

    def enter(self, user_id: int = 1) -> None:
        """A session of a user, as the sign-in page begins them."""
        context = self.context_of(Actor(user_id=user_id))
        token = begin_session(context, method=SignInMethod.PASSWORD, second_factor=False, agent="testclient")
        self.client.cookies.set("linnet_session", token, domain="testserver.local")

    def form_token(self) -> str:
        found = re.search(r'name="form_token" value="(\w+)"', self.client.get("/dashboard/overview").text)
        assert found is not None
        return found[1]

    def get(self, path: str, **headers: str) -> Any:
        """A page; where it leads to is not followed."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=sent, follow_redirects=False)

    def post(self, path: str, fields: Any = (), **headers: str) -> Any:
        """A form of this session, without the field that tells a second sending."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        body = {"form_token": self.form_token()} | dict(fields)
        return self.client.post(path, data=body, headers=sent, follow_redirects=False)

    def add_link(self, path: str, *, hostname: str = "go.example", url: str = "https://example.com/", **fields: Any) -> Link:
        """A link of the owner."""
        context = self.options.make_context(self.options.find_actor(1, True))
        return links.create_link(context, hostname, LinkDraft(original_url=url, path=path, **fields), source="test").link

    def entries(self) -> list[Entry]:
        """The audit log, newest first."""
        with self.database.read() as work:
            return list(work.audit.search(user_id=1, domain_ids=(), team_ids=(), limit=100))

    def add_domain(self, hostname: str) -> None:
        with self.database.write() as work:
            work.domains.add(Domain(id=0, hostname=hostname, owner_id=1, created_at=NOON, updated_at=NOON))


def new_installation(file: Path) -> None:
    """A database in ``file`` with the owner and ``go.example``."""
    database = migrated(file)
    install(database)
    database.close()


@contextmanager
def open_site(file: Path, *, url: str = "", clicks: Any = None, **wired: Any) -> Iterator[Site]:
    """The dashboard over the SQLite database in ``file``, or the one at ``url``; ``clicks`` answers questions about clicks, and
    ``wired`` are further options."""
    database = Database(url or f"sqlite:///{file}")
    opened = Site(client=None, database=database, file=file)  # type: ignore[arg-type]
    opened.engine = clicks or opened.engine
    index = SearchIndex(file.with_name("search.db"))
    engine: Any = opened.engine
    search = LinkSearch(index, SearchFollower(SearchFeed(database), index), ClickRanks(engine), patience_seconds=5.0)
    studio = Studio(database, Logos(FetchOptions()), Drawings(), lambda domain, path: f"http://{domain.hostname}/{path}")
    options = DashboardOptions(
        session_key=b"k" * 32,
        make_context=opened.context_of,
        statistics=opened.engine,
        admit=opened.attempts,
        short_url=lambda domain, path: f"http://{domain.hostname}/{path}",
        find_session=lambda token: find_session(database, token, opened.now()),
        find_actor=lambda user_id, second_factor: user_actor(database, user_id, second_factor=second_factor),
        status_of=status_of,
        search=search,
        studio=studio,
        explainer=explainer(
            VisitorFacts([], GeoLookup),
            NodeCounters(file.with_name("counters.mdb")),
            None,
            ports=frozenset({80, 443}),
            https_port=443,
        ),
        find_picture=Pictures(FetchOptions(allowed_networks=(ip_network("127.0.0.0/8"),))).fetch,
        trusted_proxies=(ip_network("10.0.0.0/8"),),
        here=Here(names=frozenset({"linnet.example"}), addresses=frozenset({ip_address("192.0.2.10")})),
        reserved_hosts=frozenset({"linnet.example"}),
        visitors=opened.visitors,
        exports=opened.visitors or Exporter(opened.engine, lambda numbers: link_ids(database, numbers)),
        **wired,
    )
    opened.options = options
    unanswered: Any = on_http_exception_or_page(page_finder(options))
    application = Litestar(route_handlers=create_routers(options), exception_handlers={HTTPException: unanswered})

    async def from_peer(scope: Any, receive: Any, send: Any) -> None:
        await application(scope | {"client": (opened.peer, 1)} if scope["type"] == "http" else scope, receive, send)

    with TestClient(from_peer) as client:
        opened.client = client
        yield opened
    index.close()
    database.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    file = tmp_path / "linnet.db"
    new_installation(file)
    with open_site(file) as opened:
        yield opened
