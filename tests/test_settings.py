"""The settings, and the page that documents them."""

import re
from pathlib import Path

import pytest

from linnet.api.limits import BUCKETS
from linnet.settings import SETTINGS, InvalidSetting, read_settings, variable

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"


def test_every_setting_is_documented_with_its_default_and_meaning():
    rows = re.findall(r"^\| `(LINNET_\w+)` \| (.*?) \| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    documented = {name: (default, meaning) for name, default, meaning in rows}
    expected = {variable(each.name): (f"`{each.default}`" if each.default else "", each.meaning) for each in SETTINGS}
    assert documented == expected


def test_every_bucket_of_the_rate_limits_is_documented():
    documented = re.findall(r"^\| `(\w+)` \| (\d+)/(\d+) \| .+ \|$", PAGE.read_text(), re.MULTILINE)
    assert {(name, int(amount), int(seconds)) for name, amount, seconds in documented} == {
        (limit.bucket, limit.amount, limit.seconds) for limit in BUCKETS.values()
    }


def test_an_empty_environment_gives_the_defaults(tmp_path: Path):
    settings = read_settings({})
    assert (settings.host, settings.port, settings.public_port, settings.role) == ("127.0.0.1", 8000, 8000, "all")
    assert settings.database_url.endswith("/data/linnet.db")
    assert settings.workers >= 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LINNET_PORT", "http"),
        ("LINNET_PORT", "70000"),
        ("LINNET_ROLE", "everything"),
        ("LINNET_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("LINNET_DATABASE_URL", "mysql://x"),
        ("LINNET_WORKERS", "0"),
        ("LINNET_DNS_SERVERS", "dns.example.com"),
        ("LINNET_DNS_SERVERS", "192.0.2.1:0"),
        ("LINNET_DNS_SERVERS", "192.0.2.1:x"),
        ("LINNET_PUBLIC_HOSTS", "https://go.example.com"),
        ("LINNET_PUBLIC_HOSTS", "go.example.com:443"),
        ("LINNET_RATE_LIMITS", "create=many"),
        ("LINNET_CLICKHOUSE_URL", "clickhouse://h/db"),
        ("LINNET_CLICKHOUSE_REPLICATED", "perhaps"),
        ("LINNET_JOURNAL_MAX_BYTES", "-1"),
        ("LINNET_SMTP_URL", "mail.example.com"),
        ("LINNET_MAIL_FROM", "nobody"),
        ("LINNET_OIDC_ISSUER", "http://id.example.com"),
        ("LINNET_OIDC_SIGN_UP", "perhaps"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_its_variables_name(name: str, value: str):
    with pytest.raises(InvalidSetting) as refusal:
        read_settings({name: value})
    assert refusal.value.field == name
    assert name in refusal.value.message


def test_the_short_urls_port_follows_the_listening_port_unless_it_is_given():
    assert read_settings({"LINNET_PORT": "9000"}).public_port == 9000
    assert read_settings({"LINNET_PORT": "9000", "LINNET_PUBLIC_PORT": "443"}).public_port == 443


def test_a_postgresql_address_gets_its_driver():
    assert read_settings({"LINNET_DATABASE_URL": "postgresql://u@h/db"}).database_url == "postgresql+psycopg://u@h/db"


def test_name_servers_are_addresses_with_or_without_a_port():
    servers = read_settings(
        {"LINNET_DNS_SERVERS": "192.0.2.1, 192.0.2.2:5353,2001:db8::1,[2001:db8::2]:5353,[::1]"}
    ).dns_servers
    expected = (("192.0.2.1", 53), ("192.0.2.2", 5353), ("2001:db8::1", 53), ("2001:db8::2", 5353), ("::1", 53))
    assert servers == expected


def test_public_hosts_are_names_and_addresses():
    settings = read_settings({"LINNET_PUBLIC_HOSTS": "Links.Example.com., 192.0.2.1 ,[2001:DB8::1]"})
    assert settings.public_hosts == ("links.example.com", "192.0.2.1", "2001:db8::1")


def test_a_provider_needs_what_this_installation_is_there():
    given = {"LINNET_OIDC_ISSUER": "https://id.example.com/realm"}
    for name in ("LINNET_OIDC_CLIENT_ID", "LINNET_OIDC_CLIENT_SECRET"):
        with pytest.raises(InvalidSetting) as refusal:
            read_settings(given)
        assert refusal.value.field == name
        given[name] = "x"
    assert read_settings(given).oidc_issuer == "https://id.example.com/realm"


def test_no_password_of_a_database_is_shown():
    for name, value in (
        ("DATABASE_URL", "mysql://u:secret@h/db"),
        ("CLICKHOUSE_URL", "http://u:secret@h:x/db"),
        ("SMTP_URL", "smtp://u:secret/@h"),
    ):
        with pytest.raises(InvalidSetting) as refusal:
            read_settings({f"LINNET_{name}": value})
        assert "secret" not in refusal.value.message
    settings = read_settings({"LINNET_CLICKHOUSE_URL": "https://u:secret@h/db", "LINNET_CLICKHOUSE_REPLICATED": "yes"})
    assert settings.clickhouse_url is not None
    assert (settings.clickhouse_url.password, settings.clickhouse_replicated) == ("secret", True)
    assert "secret" not in repr(settings)
