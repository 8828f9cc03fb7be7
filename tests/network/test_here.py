"""Which addresses are the machine's own."""

import ipaddress
import socket

import pytest

from linnet.model.domain_state import DnsRecord
from linnet.network.here import Here, is_own, own_addresses, plain
from tests.support.needs import leave_out


def test_an_address_that_the_system_routes_from_is_its_own():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            leave_out("This machine has no network")
        address = ipaddress.ip_address(probe.getsockname()[0])
    assert is_own(address)
    assert Here(machine=True, loopback=address.is_loopback).has(address)
    assert not Here(loopback=False).has(address)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "224.0.0.1", "192.0.2.1", "198.51.100.7", "2001:db8::1", "fe80::1"])
def test_addresses_that_are_nobodys_are_not_the_machines_own(address: str):
    assert not is_own(ipaddress.ip_address(address))


def test_an_address_of_ipv4_written_as_ipv6_is_that_address():
    assert plain(ipaddress.ip_address("::ffff:192.0.2.1")) == ipaddress.ip_address("192.0.2.1")


def test_a_name_is_led_here_by_an_alias_where_one_may_be():
    here = Here(names=frozenset({"links.example.net"}), addresses=frozenset({ipaddress.ip_address("192.0.2.1")}))
    assert here.records("go.example.com") == [DnsRecord("CNAME", "go.example.com", "links.example.net")]
    assert here.records("example.com") == [DnsRecord("A", "example.com", "192.0.2.1")]
    only_names = Here(names=frozenset({"links.example.net"}), machine=True)
    assert only_names.records("example.com") == [DnsRecord("ALIAS", "example.com", "links.example.net")]


def test_a_name_is_led_here_by_the_machines_addresses_when_nothing_else_is_known():
    records = Here(machine=True).records("go.example.com")
    assert [record.value for record in records] == [str(address) for address in sorted(own_addresses(), key=str)]
    assert all(is_own(address) for address in own_addresses())


def test_nobody_needs_records_for_localhost():
    assert Here(machine=True, loopback=True).records("go.localhost") == []
