"""What the server says when it starts."""

import pytest

from linnet.cli.serve import _greeting
from linnet.settings import read_settings

FIRST = '{"setupToken": "t0ken"}'
BEHIND_TLS = {"LINNET_ADMIN_HOST": "links.example.com", "LINNET_PUBLIC_SCHEME": "https", "LINNET_PUBLIC_PORT": "443"}


@pytest.mark.parametrize(("environment", "address"), [({}, "http://localhost:8123"), (BEHIND_TLS, "https://links.example.com")])
def test_the_link_of_the_first_start_leads_to_where_browsers_find_the_dashboard(environment: dict[str, str], address: str):
    assert f"{address}/welcome?token=t0ken" in _greeting(read_settings(environment), 8123, FIRST)


def test_later_starts_print_no_link():
    assert "token" not in _greeting(read_settings({}), 8123, "")
