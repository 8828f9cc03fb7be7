"""The settings: environment variables ``LINNET_*``, read once and checked."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from pathlib import Path
from typing import Any, Final

from linnet.api.limits import RateLimits, read_rate_limits
from linnet.clicks.clickhouse_address import ClickhouseAddress, read_address
from linnet.model.errors import InvalidField
from linnet.network.mail import SmtpServer, read_sender, read_smtp_url
from linnet.network.openid_metadata import read_issuer
from linnet.settings.reading import (
    IPNetwork,
    block_list,
    database_url,
    email,
    name_servers,
    networks,
    number,
    on_or_off,
    one_of,
    optional,
    optional_path,
    paths,
    public_hosts,
    words,
    yes_or_no,
)

ROLES: Final = ("all",)


class InvalidSetting(InvalidField):
    """A setting with a value that cannot be used; ``field`` is the variable's name."""

    code = "invalid_setting"


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: its name, its default as one would write it ("" = unset), how its text is read, and its meaning."""

    name: str
    default: str
    read: Callable[[str], Any]
    meaning: str
    # May hold a password, which belongs in no log.
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of an installation; each field is described by the Setting of the same name."""

    data_dir: Path
    host: str
    port: int
    workers: int
    role: str
    admin_host: tuple[str, ...]
    api_hosts: tuple[str, ...]
    rate_limits: RateLimits
    public_scheme: str
    public_port: int
    database_url: str
    trusted_proxies: tuple[IPNetwork, ...]
    fetch_allowed_networks: tuple[IPNetwork, ...]
    clickhouse_url: ClickhouseAddress | None
    clickhouse_cluster: str
    clickhouse_replicated: bool
    honour_opt_out: bool
    unique_visitors: bool
    journal_fsync: str
    journal_segment_bytes: int
    journal_max_bytes: int
    orphan_clicks_per_second: int
    keep_alive_seconds: int
    clicks_memory_mb: int
    exports_at_once: int
    export_seconds: int
    live_streams: int
    geo_city: tuple[Path, ...]
    geo_country: Path | None
    bot_rules: Path | None
    dns_servers: tuple[tuple[str, int], ...]
    public_hosts: tuple[str, ...]
    domain_check_seconds: int
    max_domains: int | None
    max_links: int | None
    block_list: tuple[str, ...]
    abuse_email: str
    smtp_url: SmtpServer | None
    mail_from: Address | None
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str = field(repr=False)
    oidc_name: str
    oidc_sign_up: bool
    log_format: str
    log_level: str


SETTINGS: Final = (
    Setting("data_dir", "./data", Path, "The directory that holds everything that the installation keeps."),
    Setting("host", "127.0.0.1", str, "The address to listen on; 0.0.0.0 for all."),
    Setting("port", "8000", number(0, 65535), "The port to listen on."),
    Setting("workers", "", number(1, 256), "Web worker processes; one per core when unset."),
    Setting("role", "all", one_of(*ROLES), "What this node runs: all, for now. To split it takes a shared click store."),
    Setting(
        "admin_host",
        "",
        words,
        "Host names, separated by commas, that serve the dashboard and the API; localhost, 127.0.0.1 and [::1] when unset.",
    ),
    Setting(
        "api_hosts",
        "",
        words,
        "More host names, separated by commas, that serve the API and nothing else, such as api.short.io for clients whose "
        "address cannot be set and that find this server by DNS.",
    ),
    Setting(
        "rate_limits",
        "default",
        read_rate_limits,
        "How often a key may call the API: default, off, a factor such as x10, or limits of buckets such as "
        "create=500/1,link=off; see below.",
    ),
    Setting("public_scheme", "http", one_of("http", "https"), "The scheme of short URLs: https behind a proxy that ends TLS."),
    Setting(
        "public_port", "", number(1, 65535), "The port in short URLs, left out for 80 and 443; the listening port when unset."
    ),
    Setting(
        "database_url",
        "",
        database_url,
        "sqlite:///PATH or postgresql://…; linnet.db in the data directory when unset.",
        secret=True,
    ),
    Setting(
        "clickhouse_url",
        "",
        read_address,
        "http(s)://USER:PASSWORD@HOST:PORT/DATABASE of a ClickHouse that keeps the clicks; clicks.duckdb in the data directory "
        "when unset. See below.",
        secret=True,
    ),
    Setting(
        "clickhouse_cluster",
        "",
        str,
        "The cluster over whose servers ClickHouse's tables are spread; those of the one server when unset.",
    ),
    Setting("clickhouse_replicated", "no", yes_or_no, "Whether ClickHouse's tables are replicated through Keeper: yes or no."),
    Setting(
        "trusted_proxies",
        "",
        networks,
        "Networks, separated by commas, whose X-Forwarded-For and X-Forwarded-Proto headers are believed.",
    ),
    Setting(
        "fetch_allowed_networks",
        "",
        networks,
        "Private networks, separated by commas, from which logos and other addresses that users name may be fetched, "
        "and to which webhooks may lead; only public addresses when unset.",
    ),
    Setting(
        "honour_opt_out",
        "true",
        on_or_off,
        "Whether visitors who ask not to be tracked (DNT: 1, or Sec-GPC: 1) are counted without what tells one from another; "
        "see privacy.md.",
    ),
    Setting(
        "unique_visitors",
        "true",
        on_or_off,
        "Whether visitors are told apart within a day, by a hash whose salt is forgotten afterwards; see privacy.md.",
    ),
    Setting(
        "journal_fsync",
        "second",
        one_of("always", "second", "never"),
        "When clicks are forced to disk: with each write, once a second, or by the operating system. A killed process loses "
        "no click in any case; a power cut loses what was not forced yet.",
    ),
    Setting(
        "journal_max_bytes",
        "17179869184",
        number(0, 1 << 50),
        "How many bytes of clicks the journal may hold that are not in the click store yet; beyond them visitors are still "
        "redirected, and their clicks are dropped and counted. Without end when 0.",
    ),
    Setting("journal_segment_bytes", "67108864", number(1 << 16, 1 << 32), "The size at which a journal segment is closed."),
    Setting(
        "orphan_clicks_per_second",
        "50",
        number(0, 1_000_000),
        "How many visits to unknown paths each worker stores in a second; more are only counted.",
    ),
    Setting(
        "keep_alive_seconds",
        "75",
        number(1, 3600),
        "How long a quiet connection is kept, and a client waited for.",
    ),
    Setting("clicks_memory_mb", "256", number(64, 1 << 20), "The memory that the click store's queries may use."),
    Setting("exports_at_once", "4", number(1, 16), "How many files of raw clicks may be made at once."),
    Setting(
        "export_seconds",
        "3600",
        number(1, 86_400),
        "How long the making of one such file may take; what takes longer is cut off.",
    ),
    Setting(
        "live_streams",
        "100",
        number(0, 10_000),
        "How many clients of each web worker may watch clicks as they come; nobody when 0.",
    ),
    Setting("geo_city", "", paths, "City databases in MaxMind DB format, separated by commas; the packaged ones when unset."),
    Setting("geo_country", "", optional_path, "A country database; the packaged one when unset."),
    Setting(
        "bot_rules",
        "",
        optional_path,
        "A file of your own rules for telling programs from people, which are added to the packaged ones; see bots.md.",
    ),
    Setting(
        "dns_servers",
        "",
        name_servers,
        "Name servers that are asked about domains: addresses, with a port after a colon where it is not 53, separated by "
        "commas; those of the system when unset.",
    ),
    Setting(
        "public_hosts",
        "",
        public_hosts,
        "Host names and addresses, separated by commas, at which visitors reach this installation: a domain is configured when "
        "it leads to one of them. When unset, the names in LINNET_ADMIN_HOST and the machine's own addresses.",
    ),
    Setting(
        "domain_check_seconds",
        "3600",
        number(0, 31_536_000),
        "How often name servers are asked about each domain by itself; never when 0.",
    ),
    Setting(
        "max_domains", "", optional(number(0, 1_000_000)), "How many domains one person may register; any number when unset."
    ),
    Setting(
        "max_links",
        "",
        optional(number(1, 10**9)),
        "How many links the domains that one user registered may hold together; a link beyond them is refused with status 402. "
        "Without end when unset.",
    ),
    Setting(
        "block_list",
        "",
        block_list,
        "Lists of hosts that are reported as harmful: files and http(s) addresses, separated by commas; see below. None when "
        "unset.",
    ),
    Setting(
        "abuse_email",
        "",
        email,
        "Where visitors can report harmful links; shown on the page that stops them. None when unset.",
    ),
    Setting(
        "smtp_url",
        "",
        read_smtp_url,
        "smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465 of the server that sends mail; no mail when unset. "
        "See accounts.md.",
        secret=True,
    ),
    Setting(
        "mail_from",
        "",
        read_sender,
        "The sender of mail, such as Linnet <linnet@example.com>; linnet at the first of LINNET_ADMIN_HOST when unset.",
    ),
    Setting(
        "oidc_issuer",
        "",
        read_issuer,
        "The address of an OpenID Connect provider with whose accounts people sign in, as its discovery document spells it; "
        "none when unset. See accounts.md.",
    ),
    Setting("oidc_client_id", "", str, "What this installation is called at the provider."),
    Setting("oidc_client_secret", "", str, "What proves that to the provider.", secret=True),
    Setting("oidc_name", "", str, "What people call the provider, on the button; its host name when unset."),
    Setting(
        "oidc_sign_up",
        "no",
        yes_or_no,
        "Whether people who have no account yet get one when the provider vouches for their e-mail address: yes or no.",
    ),
    Setting("log_format", "console", one_of("console", "json"), "How log lines are written to standard error."),
    Setting("log_level", "info", one_of("debug", "info", "warning", "error"), "The least level that is logged."),
)


def variable(setting_name: str) -> str:
    """The environment variable of a setting."""
    return f"LINNET_{setting_name.upper()}"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in ``environment`` (the process's own when None). Raises InvalidSetting naming the variable."""
    given = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        name = variable(setting.name)
        text = given.get(name, "").strip() or setting.default
        if text == "" and setting.name in ("workers", "public_port"):
            continue
        try:
            values[setting.name] = setting.read(text)
        except ValueError as error:
            shown = name if setting.secret else f"{name}={text!r}"
            raise InvalidSetting(f"{shown} cannot be used: {error}.", field=name) from None
    if values["oidc_issuer"] and not (values["oidc_client_id"] and values["oidc_client_secret"]):
        name = variable("oidc_client_id" if not values["oidc_client_id"] else "oidc_client_secret")
        raise InvalidSetting(f"{name} is needed beside {variable('oidc_issuer')}.", field=name)
    values.setdefault("workers", len(os.sched_getaffinity(0)))
    values.setdefault("public_port", values["port"])
    if not values["database_url"]:
        values["database_url"] = f"sqlite:///{values['data_dir'].absolute() / 'linnet.db'}"
    return Settings(**values)
