"""A whole API over a real SQLite database, without the edge and the click store."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from linnet.actions.context import Context
from linnet.actions.drawings import Drawings
from linnet.actions.installation import Installed, initialise
from linnet.actions.keys import Authenticator, new_key
from linnet.actions.logos import Logos
from linnet.actions.qr import Studio
from linnet.api.app import create_app
from linnet.api.health import Readiness
from linnet.api.options import ApiOptions
from linnet.compose.explaining import explainer
from linnet.edge.counters import NodeCounters
from linnet.edge.facts import VisitorFacts
from linnet.edge.routes import RouteIndex
from linnet.model.access import KeyKind
from linnet.model.audit import Entry
from linnet.model.domain import Domain
from linnet.model.grouping import Folder
from linnet.network.fetch import FetchOptions
from linnet.storage import migrations
from linnet.storage.database import Database
from linnet.visitor.geo import GeoLookup
from tests.support.moments import NOON

# Logos from this machine only: the tests' own servers.
LOGO_FETCHES = FetchOptions(allowed_networks=(ip_network("127.0.0.1/32"),), total_seconds=3)


class NoStatistics:
    """Stands for a click store without clicks."""

    def __getattr__(self, name: str) -> Any:
        def ask(*_: Any) -> Any:
            raise AssertionError(f"no statistics were to be asked: {name}")

        return ask


@dataclass
class Api:
    """A client of the API with the owner's key, and what tests look at beside it."""

    client: TestClient[Any]
    database: Database
    installed: Installed
    published: list[int | None] = field(default_factory=list)
    context_fields: dict[str, Any] = field(default_factory=dict)
    """What contexts are made with besides, such as ``max_links``."""

    def request(self, method: str, path: str, *, key: str | None = None, **options: Any) -> Any:
        headers = {"authorization": key or self.installed.secret_key} | options.pop("headers", {})
        return self.client.request(method, path, headers=headers, **options)

    def create(self, **fields: Any) -> Any:
        body = {"domain": "go.example", "originalURL": "https://example.com/"} | fields
        return self.request("POST", "/links", json=body)

    def created(self, **fields: Any) -> dict[str, Any]:
        answer = self.create(**fields)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def noted(self) -> list[Entry]:
        """The audit log, newest first."""
        with self.database.read() as work:
            return work.audit.search(user_id=self.installed.domain.owner_id, domain_ids=(), limit=100)

    def add_folder(self, folder_id: str, **fields: Any) -> None:
        """A folder of ``go.example``."""
        owner = self.installed.domain.owner_id
        with self.database.write() as work:
            work.folders.add(
                Folder(id=folder_id, domain_id=self.installed.domain.id, owner_id=owner, name="f", created_at=NOON, **fields)
            )

    def other_owner(self) -> tuple[str, Domain]:
        """A second owner with a domain, by the key."""
        with self.database.write() as work:
            user = work.users.add(email="other@example.com", name=None, password_hash="none", created_at=NOON)
            draft = Domain(id=0, hostname="other.example", owner_id=user.id, created_at=NOON, updated_at=NOON)
            domain = work.domains.add(draft)
            raw_key, _ = new_key(work, owner_id=user.id, kind=KeyKind.SECRET, now=NOON)
        return raw_key, domain


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Installed]:
    """A database with an owner and ``go.example``, to be copied: migrating and hashing anew for each test takes a while."""
    path = tmp_path_factory.mktemp("installation") / "linnet.db"
    database = Database(f"sqlite:///{path}")
    migrations.upgrade(database)
    installed = initialise(database, email="owner@example.com", password="12345678", hostname="go.example")
    database.close()
    return path, installed


@pytest.fixture
def api(tmp_path: Path, installation: tuple[Path, Installed]) -> Iterator[Api]:
    original, installed = installation
    database = Database(f"sqlite:///{shutil.copy(original, tmp_path / 'linnet.db')}")
    published: list[int | None] = []
    context_fields: dict[str, Any] = {}
    nobody_asks: Any = NoStatistics()
    options = ApiOptions(public_port=8000, reserved_hosts=frozenset({"admin.example.com"}))
    app = create_app(
        options,
        authenticator=Authenticator(database),
        make_context=lambda actor: Context(
            actor=actor, database=database, publish=published.append, signing_key=b"k" * 32, **context_fields
        ),
        statistics=nobody_asks,
        exports=nobody_asks,
        visitors=nobody_asks,
        live=nobody_asks,
        explainer=explainer(
            VisitorFacts([], GeoLookup),
            NodeCounters(tmp_path / "counters.mdb"),
            RouteIndex(tmp_path / "routes.mdb"),
            ports=frozenset({80, 443, 8000}),
            https_port=443,
        ),
        studio=Studio(database, Logos(LOGO_FETCHES), Drawings(), options.short_url),
        readiness=lambda: Readiness(True, {"database": "ok"}),
        render_metrics=lambda: (b"metric 1\n", "text/plain; version=0.0.4"),
    )
    with TestClient(app) as client:
        yield Api(client, database, installed, published, context_fields)
    database.close()
