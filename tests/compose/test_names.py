"""Where visitors reach an installation, by its settings."""

import ipaddress

import pytest

from linnet.compose.names import here_of
from linnet.network.here import Here
from linnet.settings import read_settings

ADDRESS = ipaddress.ip_address("192.0.2.1")


def test_without_settings_it_is_this_machine():
    assert here_of(read_settings({})) == Here(machine=True, loopback=True)


def test_the_administrators_names_lead_here():
    here = here_of(read_settings({"LINNET_ADMIN_HOST": "Admin.example.com:8000,192.0.2.1"}))
    assert here == Here(names=frozenset({"admin.example.com"}), addresses=frozenset({ADDRESS}), machine=True, loopback=True)


def test_public_hosts_take_the_place_of_both():
    settings = {"LINNET_ADMIN_HOST": "admin.example.com", "LINNET_PUBLIC_HOSTS": "links.example.com,192.0.2.1"}
    expected = Here(names=frozenset({"links.example.com"}), addresses=frozenset({ADDRESS}), loopback=True)
    assert here_of(read_settings(settings)) == expected


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("0.0.0.0", True), ("::", True), ("localhost", True), ("192.0.2.1", False)],
)
def test_localhost_leads_here_where_the_loopback_is_listened_on(host: str, loopback: bool):
    assert here_of(read_settings({"LINNET_HOST": host})).loopback is loopback
