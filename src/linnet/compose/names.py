"""Name servers, where visitors reach this installation, and who sends its mail, from the settings."""

import ipaddress
from email.headerregistry import Address
from urllib.parse import urlsplit

from linnet.api.options import ApiOptions
from linnet.compose.metrics import mail_counter
from linnet.edge.hosts import admin_hosts, host_name, host_names
from linnet.network.dns import NameServers
from linnet.network.here import Here, IPAddress
from linnet.network.mail import Postman
from linnet.network.openid import OpenidClient, OpenidProvider
from linnet.settings import Settings


def name_servers(settings: Settings) -> NameServers:
    """What asks about domains."""
    return NameServers(settings.dns_servers, here_of(settings))


def here_of(settings: Settings) -> Here:
    """The places of LINNET_PUBLIC_HOSTS; when it is unset, the administrator's names and the machine's own addresses."""
    places = settings.public_hosts or tuple(host_name(name.encode()) for name in settings.admin_host)
    addresses = {address for place in places if (address := _address(place)) is not None}
    return Here(
        names=frozenset(place for place in places if _address(place) is None),
        addresses=frozenset(addresses),
        machine=not settings.public_hosts,
        loopback=_is_on_loopback(settings.host),
    )


def api_options(settings: Settings) -> ApiOptions:
    """How the API spells addresses, and whom it believes."""
    return ApiOptions(
        public_scheme=settings.public_scheme,
        public_port=settings.public_port,
        reserved_hosts=admin_hosts(settings.admin_host) | host_names(settings.api_hosts),
        trusted_proxies=settings.trusted_proxies,
        here=here_of(settings),
    )


def dashboard_url(settings: Settings) -> str:
    """Where the dashboard is, as letters and the first start say, without a slash at the end."""
    scheme, port = settings.public_scheme, settings.public_port
    shown = "" if port == (443 if scheme == "https" else 80) else f":{port}"
    return f"{scheme}://{_first_name(settings)}{shown}"


def postman_of(settings: Settings) -> Postman | None:
    """Who sends mail; nobody where no server is set."""
    if settings.smtp_url is None:
        return None
    name = _first_name(settings)
    at = name if _address(name) is None else f"[{name.strip('[]')}]"
    return Postman(settings.smtp_url, settings.mail_from or Address("Linnet", "linnet", at), count=mail_counter())


def provider_of(settings: Settings) -> OpenidProvider | None:
    """Where people sign in otherwise; nowhere when none is set."""
    if not settings.oidc_issuer:
        return None
    client = OpenidClient(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        name=settings.oidc_name or urlsplit(settings.oidc_issuer).hostname or "",
    )
    return OpenidProvider(client, f"{dashboard_url(settings)}/sign-in/provider/back")


def _first_name(settings: Settings) -> str:
    return settings.admin_host[0] if settings.admin_host else "localhost"


def _is_on_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and (address.is_loopback or address.is_unspecified))


def _address(place: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(place.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
