"""Following the change log of a real database into a real index."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from linnet.actions.context import Context
from linnet.actions.links import create_link, update_link
from linnet.actions.removing import delete_link
from linnet.compose.follow import FollowLoop, publisher
from linnet.edge.follower import Follower
from linnet.edge.routes import RouteIndex, decode_route, domain_prefix, route_key
from linnet.model.access import Actor
from linnet.model.link import LinkDraft
from linnet.model.route import Route
from linnet.storage.routes import RouteStore
from tests.support.installed import install, migrated


class Node:
    """A database, an index that follows it, and an owner's context that publishes to it."""

    def __init__(self, directory: Path) -> None:
        self.database = migrated(directory / "linnet.db")
        install(self.database)
        self.index = RouteIndex(directory / "routes.mdb")
        self.follower = Follower(RouteStore(self.database), self.index)
        self.follower.follow()
        publish = publisher(self.follower)
        self.context = Context(actor=Actor(user_id=1), database=self.database, publish=publish, signing_key=b"k")

    def route(self, path_key: str) -> Route | None:
        view = self.index.view()
        try:
            record = view.record(route_key(domain_prefix(1), path_key.encode()))
            return decode_route(record, 1) if record is not None else None
        finally:
            view.close()

    def depths(self) -> tuple[int, ...]:
        view = self.index.view()
        domain = view.domain("go.example")
        view.close()
        assert domain is not None
        return domain.wildcard_depths


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = Node(tmp_path)
    yield made
    made.index.close()
    made.database.close()


def test_a_created_link_is_in_the_index_when_the_action_returns(node: Node):
    create_link(node.context, "go.example", LinkDraft(original_url="https://example.com/", path="Abc"))
    route = node.route("abc")
    assert route is not None
    assert route.destination == "https://example.com/"


def test_a_moved_link_leaves_its_old_path(node: Node):
    link = create_link(node.context, "go.example", LinkDraft(original_url="https://example.com/", path="old")).link
    update_link(node.context, link.id, LinkDraft(path="new"))
    assert node.route("old") is None
    assert node.route("new") is not None
    delete_link(node.context, link.id)
    assert node.route("new") is None


def test_a_domain_knows_how_deep_its_wildcards_are(node: Node):
    catch_all = create_link(node.context, "go.example", LinkDraft(original_url="https://example.com/", path="*")).link
    create_link(node.context, "go.example", LinkDraft(original_url="https://example.com/$1", path="a/b/*"))
    assert node.depths() == (2, 0)
    delete_link(node.context, catch_all.id)
    assert node.depths() == (2,)


def test_the_loop_brings_what_others_committed(node: Node):
    arrived = threading.Event()
    loop = FollowLoop(node.follower, report=lambda: arrived.set() if node.route("abc") else None)
    elsewhere = Context(actor=Actor(user_id=1), database=node.database, publish=lambda _: None, signing_key=b"k")
    create_link(elsewhere, "go.example", LinkDraft(original_url="https://example.com/", path="abc"))
    assert arrived.wait(5)
    loop.stop()


def test_a_link_is_created_although_the_index_cannot_be_written(node: Node, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(node.index, "writing", full)
    link = create_link(node.context, "go.example", LinkDraft(original_url="https://example.com/", path="abc")).link
    assert link.number > 0
    monkeypatch.undo()
    node.follower.follow()
    assert node.route("abc") is not None
