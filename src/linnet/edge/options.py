"""What the edge of a process is told by the settings and the secrets of the installation."""

from dataclasses import dataclass

from linnet.edge.hosts import LOOPBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeOptions:
    """``admin_hosts`` are answered by the application, ``api_hosts`` by its API alone (lower case, no port).
    ``orphans_per_second`` bounds, per process, the visits to unknown paths that are journalled; the rest is only counted;
    ``conversions_per_second`` bounds beacons likewise. ``click_key`` signs the ids of clicks, ``unlock_key`` the cookies of
    links whose password was given. ``https_port`` is where domains are served by https, and ``own_ports`` are all at which
    visitors reach them. With ``honour_opt_out`` who asked not to be tracked gets no id of its click, and no page of others'
    pixels."""

    admin_hosts: frozenset[str] = LOOPBACK
    api_hosts: frozenset[str] = frozenset()
    orphans_per_second: int = 50
    conversions_per_second: int = 500
    click_key: bytes = b""
    unlock_key: bytes = b""
    https_port: int = 443
    own_ports: frozenset[int] = frozenset({80, 443})
    honour_opt_out: bool = True
