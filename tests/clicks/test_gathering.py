"""Gathering: raw clicks by column, stretch by stretch, and what is left out."""

from ipaddress import ip_network

from linnet.clicks.gathering import Gathering, Numbered, RawColumns
from linnet.model.click import ClickFlag, RawClick
from linnet.visitor.address import client_address
from linnet.visitor.packed import packed_addresses, spelled_rows
from tests.clicks.builders import raw_click


def gathered(*stretches: list[RawClick]) -> RawColumns | None:
    gathering = Gathering([ip_network("2.0.0.0/8")])
    for stretch in stretches:
        gathering.take(stretch)
    return gathering.columns()


def told(column: Numbered) -> list[object]:
    return [column.values[number] for number in column.number.tolist()]


def test_stretches_follow_each_other_and_a_text_is_kept_once() -> None:
    columns = gathered(
        [raw_click(target="/a", peer="1.1.1.1"), raw_click(target="/b", peer="2.2.2.2")],
        [],
        [raw_click(target="/a", peer="2.2.2.2", forwarded_for="3.3.3.3", status=404, language="de")],
    )
    assert columns is not None
    assert (told(columns.target), columns.target.values) == (["/a", "/b", "/a"], ["/a", "/b"])
    assert spelled_rows(columns.address) == ["1.1.1.1", "2.2.2.2", "3.3.3.3"]
    assert (columns.status.tolist(), told(columns.language)) == ([302, 302, 404], ["", "", "de"])


def test_visitors_behind_proxies_have_the_addresses_that_each_click_alone_would_have() -> None:
    trusted = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
    peers = ("10.0.0.1", "2001:db8::1", "9.9.9.9", "unix", "")
    chains = ("", "1.2.3.4", "6.6.6.6, 1.2.3.4", "1.2.3.4:80, 10.0.0.2", "[::5]:80", "1.2.3.4, none", "10.0.0.2", "::", ",")
    visits = [raw_click(peer=peer, forwarded_for=chain) for peer in peers for chain in chains]
    gathering = Gathering(trusted)
    gathering.take(visits)
    columns = gathering.columns()
    assert columns is not None
    expected = [client_address(visit.peer, visit.forwarded_for, trusted) for visit in visits]
    assert len(set(expected)) == 7
    assert columns.address.tobytes() == packed_addresses(expected).tobytes()


def test_what_no_store_can_hold_is_left_out_wherever_it_stands() -> None:
    unsound = [raw_click(target="none"), raw_click(at_ms=2**63), raw_click(domain_id=-1), raw_click(flags=2**63)]
    gathering = Gathering()
    gathering.take([*unsound[:2], raw_click(link_number=1)])
    gathering.take([raw_click(link_number=2), *unsound[2:]])
    columns = gathering.columns()
    assert columns is not None
    assert (columns.link_number.tolist(), len(gathering), len(columns)) == ([1, 2], 6, 2)


def test_of_unsound_records_alone_there_are_no_columns() -> None:
    assert gathered([raw_click(target="")], [raw_click(at_ms=2**63)]) is None
    assert gathered() is None


def test_beacons_are_put_aside_where_somebody_wants_them() -> None:
    beacon = raw_click(flags=ClickFlag.CONVERSION | ClickFlag.HTTPS, link_number=9)
    beacons: list[RawClick] = []
    gathering = Gathering((), beacons)
    gathering.take([raw_click(link_number=1), beacon, raw_click(link_number=2)])
    gathering.take([beacon, raw_click(at_ms=2**63)])
    columns = gathering.columns()
    assert columns is not None
    assert (columns.link_number.tolist(), beacons, len(gathering)) == ([1, 2], [beacon, beacon], 3)
    everything = gathered([beacon])
    assert everything is not None
    assert everything.link_number.tolist() == [9]
