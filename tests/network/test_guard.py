"""Which addresses are public."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.network.guard import is_reachable, plain_address

PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "233.252.0.1",
    "240.0.0.1",
    "255.255.255.255",
]
PRIVATE_V6 = [
    "::",
    "::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "64:ff9b:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "::8.8.8.8",
]


def carriers(address: str) -> list[IPv6Address]:
    number = int(IPv4Address(address))
    return [
        IPv6Address(f"::ffff:{address}"),
        IPv6Address(f"64:ff9b::{address}"),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
    ]


@pytest.mark.parametrize("text", [*PRIVATE, *PRIVATE_V6])
def test_what_is_not_globally_routable_is_not_reached(text: str):
    assert not is_reachable(ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_nor_is_what_carries_such_an_address(text: str):
    for carrier in carriers(text):
        assert plain_address(carrier) == ip_address(text)
        assert not is_reachable(carrier)


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"])
def test_public_addresses_are_reached(text: str):
    assert is_reachable(ip_address(text))


def test_public_addresses_are_reached_through_their_ipv6_forms():
    assert all(is_reachable(carrier) for carrier in carriers("8.8.8.8"))


def test_what_the_administrator_allows_is_reached_and_its_neighbours_are_not():
    allowed = [ip_network("10.1.0.0/16"), ip_network("fd12::/16")]
    assert is_reachable(ip_address("10.1.2.3"), allowed)
    assert is_reachable(ip_address("::ffff:10.1.2.3"), allowed)
    assert is_reachable(ip_address("fd12::5"), allowed)
    assert not is_reachable(ip_address("10.2.0.1"), allowed)
    assert not is_reachable(ip_address("fd13::5"), allowed)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_and_its_ipv6_forms_are_judged_alike(address: IPv4Address):
    assert {is_reachable(form) for form in carriers(str(address))} == {is_reachable(address)}
