"""The visitor's address: what proxies say is believed when they are trusted, and not otherwise."""

import ipaddress

import pytest

from linnet.visitor.address import AddressSet, client_address, is_trusted, normal_address, subscriber_of

TRUSTED = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        ("81.2.69.142", "", "81.2.69.142"),
        ("81.2.69.142", "1.2.3.4", "81.2.69.142"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.1.1.1", "1.2.3.4"),
        ("10.0.0.1", "10.2.2.2, 10.1.1.1", "10.2.2.2"),
        ("10.0.0.1", "1.2.3.4:5678", "1.2.3.4"),
        ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("fd00::1", "2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "evil, unknown", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4, unknown, 10.1.1.1", "10.1.1.1"),
        ("10.0.0.1", ",".join(["1.2.3.4"] + ["10.1.1.1"] * 1000), "10.1.1.1"),
        ("not an address", "1.2.3.4", ""),
        ("", "", ""),
    ],
)
def test_the_last_address_that_no_trusted_proxy_has_is_the_visitors(peer: str, forwarded_for: str, expected: str) -> None:
    assert client_address(peer, forwarded_for, TRUSTED) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("::FFFF:1.2.3.4", "1.2.3.4"),
        ("fe80::1%eth0", "fe80::1"),
        ("1.2.3", ""),
        ("1.2.3.4\x00", ""),
        ("é", ""),
        ("300.1.1.1", ""),
    ],
)
def test_addresses_have_one_spelling(text: str, expected: str) -> None:
    assert normal_address(text) == expected


def test_nobody_is_trusted_unless_it_is_said() -> None:
    assert not is_trusted("127.0.0.1", ())
    assert not is_trusted("nonsense", TRUSTED)
    assert is_trusted("10.255.0.1", TRUSTED)
    assert not is_trusted("2001:db8::1", TRUSTED)


@pytest.mark.parametrize(
    ("address", "held"),
    [
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("198.51.100.255", True),
        ("198.51.101.0", False),
        ("203.0.113.3", True),
        ("2001:db8::1", True),
        ("2001:db8:1::", False),
        ("::1", False),
        ("", False),
    ],
)
def test_a_set_of_addresses_and_networks_holds_what_is_in_one_of_them(address: str, held: bool) -> None:
    held_by = AddressSet(["192.0.2.7", "198.51.100.0/24", "2001:db8::/48", "::ffff:203.0.113.0/120"])
    assert (address in held_by) is held


def test_a_set_of_everything_holds_every_address_of_its_kind() -> None:
    assert "203.0.113.7" in AddressSet(["0.0.0.0/0"])
    assert "::" not in AddressSet(["0.0.0.0/0"])
    assert "2001:db8::1" in AddressSet(["::/0"])
    assert "203.0.113.7" not in AddressSet([])


def test_a_subscriber_is_an_ipv4_address_or_a_network_of_64_bits():
    assert subscriber_of("192.0.2.1") == "192.0.2.1"
    assert subscriber_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"
    assert subscriber_of("") == ""
