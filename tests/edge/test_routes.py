"""The route index."""

import struct
from dataclasses import dataclass
from pathlib import Path

import lmdb
import pytest

from linnet.edge.routes import FORMAT, HEAD, RouteIndex, decode_route, domain_prefix, format_number, route_key
from linnet.model.conditions import Language
from linnet.model.route import DomainRoute, Needs, Route
from linnet.model.rules import Rule, route_rules
from linnet.model.variants import Way

PLAIN = Route(link_number=7, domain_id=1, destination="https://example.com/")
LIMITED = Route(link_number=8, domain_id=1, destination="https://example.com/", needs=int(Needs.CLICK_LIMIT), clicks_limit=3)
TARGETED = Route(
    link_number=9,
    domain_id=1,
    destination="https://example.com/",
    needs=int(Needs.COUNTRY | Needs.REGION | Needs.DEVICE | Needs.SPLIT),
    places={("US", "CA"): "https://example.com/california", ("DE", ""): "https://example.com/de"},
    iphone_url="https://example.com/iphone",
    android_url="https://example.com/android",
    split_url="https://example.com/split",
    split_percent=100,
)
OWN = Route(
    link_number=10,
    domain_id=1,
    destination="https://example.com/",
    needs=int(Needs.RULES | Needs.VARIANTS | Needs.LANGUAGE),
    rules=route_rules([Rule(condition=Language(("de",)), original_url="https://example.com/ß", name="Größe")]),
    variants=(Way("a", 1000, "https://example.com/a"), Way("p", 1, "https://example.com/p")),
)


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


@pytest.mark.parametrize("route", [PLAIN, LIMITED, TARGETED, OWN])
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


@pytest.mark.parametrize("number", [None, FORMAT + 1])
def test_an_index_of_another_form_is_empty_when_it_is_opened(tmp_path: Path, number: int | None):
    directory = tmp_path / "routes.mdb"
    made = RouteIndex(directory)
    with made.writing() as writer:
        writer.set_domain("go.example", DomainRoute(domain_id=1, hostname="go.example"))
        writer.set_route(1, "abc", PLAIN)
        writer.sequence = 12
    made.close()
    relabel(directory, number)
    opened = RouteIndex(directory)
    assert (opened.sequence(), opened.size()[0], found(opened, "abc")) == (0, 0, None)
    view = opened.view()
    assert view.domain("go.example") is None
    view.close()
    with opened.writing() as writer:
        writer.set_route(1, "abc", LIMITED)
    opened.close()
    again = RouteIndex(directory)
    assert found(again, "abc") == LIMITED
    again.close()


def relabel(directory: Path, number: int | None) -> None:
    """Give an index the number of another form; None: that of versions that had no number yet."""
    environment = lmdb.open(str(directory), max_dbs=4)
    meta = environment.open_db(b"meta")
    with environment.begin(write=True, db=meta) as transaction:
        if number is None:
            transaction.delete(b"format")
        else:
            transaction.put(b"format", struct.pack("<Q", number))
    environment.close()


def test_every_change_of_the_form_gives_it_another_number():
    @dataclass
    class Before:
        one: int

    @dataclass
    class After:
        one: str

    assert len({format_number(HEAD, Before), format_number(HEAD, After), format_number(struct.Struct("<B?HQ"), Before)}) == 3
    assert FORMAT == format_number(HEAD, Route, DomainRoute) < 2**64


def test_an_index_that_others_keep_is_read_and_left_as_it_is(tmp_path: Path):
    directory = tmp_path / "routes.mdb"
    assert RouteIndex.existing(directory) is None
    made = RouteIndex(directory)
    with made.writing() as writer:
        writer.set_route(1, "abc", PLAIN)
    made.close()
    reading = RouteIndex.existing(directory)
    assert reading is not None
    assert found(reading, "abc") == PLAIN
    with pytest.raises(lmdb.ReadonlyError), reading.writing():
        pass
    reading.close()
    relabel(directory, FORMAT + 1)
    assert RouteIndex.existing(directory) is None
    relabel(directory, FORMAT)
    again = RouteIndex(directory)
    assert found(again, "abc") == PLAIN
    again.close()
