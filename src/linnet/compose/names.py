"""Name servers, and where visitors reach this installation, from the settings."""

import ipaddress

from linnet.edge.hosts import host_name
from linnet.network.dns import NameServers
from linnet.network.here import Here, IPAddress
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


def _is_on_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and (address.is_loopback or address.is_unspecified))


def _address(place: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(place.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
