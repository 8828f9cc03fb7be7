"""The route index."""

from pathlib import Path

import pytest

from linnet.edge.routes import RouteIndex, decode_route, domain_prefix, route_key
from linnet.model.redirect import DomainRoute, Needs, Route

PLAIN = Route(link_number=7, domain_id=1, destination="https://example.com/")
LIMITED = Route(link_number=8, domain_id=1, destination="https://example.com/", needs=int(Needs.CLICK_LIMIT), clicks_limit=3)


@pytest.fixture
def index(tmp_path: Path):
    opened = RouteIndex(tmp_path / "routes.mdb")
    yield opened
    opened.close()


def found(index: RouteIndex, path_key: str, domain_id: int = 1) -> Route | None:
    view = index.view()
    try:
        record = view.record(route_key(domain_prefix(domain_id), path_key.encode()))
        return decode_route(record, domain_id) if record is not None else None
    finally:
        view.close()


@pytest.mark.parametrize("route", [PLAIN, LIMITED])
@pytest.mark.parametrize("path", ["", "abc", "straße", "x" * 1024])
def test_a_route_is_found_under_its_path(index: RouteIndex, route: Route, path: str):
    with index.writing() as writer:
        writer.set_route(1, path, route)
    assert found(index, path) == route
    assert found(index, path, domain_id=2) is None
    assert found(index, path + "x") is None


def test_long_paths_that_begin_alike_are_told_apart(index: RouteIndex):
    with index.writing() as writer:
        writer.set_route(1, "x" * 600 + "a", PLAIN)
        writer.set_route(1, "x" * 600 + "b", LIMITED)
    assert found(index, "x" * 600 + "a") == PLAIN
    assert found(index, "x" * 600 + "b") == LIMITED


def test_a_removed_route_is_gone_and_removing_it_again_does_no_harm(index: RouteIndex):
    with index.writing() as writer:
        writer.set_route(1, "abc", PLAIN)
    for _ in range(2):
        with index.writing() as writer:
            writer.set_route(1, "abc", None)
    assert found(index, "abc") is None


def test_a_failed_write_changes_nothing(index: RouteIndex):
    def fail() -> None:
        with index.writing() as writer:
            writer.set_route(1, "abc", PLAIN)
            writer.sequence = 9
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        fail()
    assert found(index, "abc") is None
    assert index.sequence() == 0


def test_what_was_written_survives_the_process(tmp_path: Path):
    first = RouteIndex(tmp_path / "routes.mdb")
    with first.writing() as writer:
        writer.set_domain("go.example", DomainRoute(domain_id=1, hostname="go.example", wildcard_depths=(1, 0)))
        writer.sequence = 12
    first.close()
    second = RouteIndex(tmp_path / "routes.mdb")
    view = second.view()
    assert view.domain("go.example") == DomainRoute(domain_id=1, hostname="go.example", wildcard_depths=(1, 0))
    assert view.domain("other.example") is None
    assert view.domains_version() == 1
    view.close()
    assert second.sequence() == 12
    second.close()
