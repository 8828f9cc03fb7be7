"""Where a ClickHouse is, and who calls it."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

_PORTS: Final = {"http": 8123, "https": 8443}


@dataclass(frozen=True, slots=True)
class ClickhouseAddress:
    """A server's HTTP interface, who calls, and the database. ``ca_file`` is the file of the authority that signed its
    certificate, "" for those that the system trusts."""

    scheme: str
    host: str
    port: int
    database: str
    user: str = "default"
    password: str = field(default="", repr=False)
    ca_file: str = ""


def read_address(text: str) -> ClickhouseAddress | None:
    """The address in ``http(s)://user:password@host:port/database``, None for "". Raises ValueError; no message of it holds a
    part of the text, because that has a password in it."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("is no address, or its port no number between 1 and 65535") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("must look like http://user:password@host:8123/database, or https://…")
    database = unquote(parts.path.strip("/"))
    if not database or "/" in database:
        raise ValueError("must end with the name of one database, as in http://host:8123/linnet")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    ca_file = options.pop("ca_cert", "")
    if options or parts.fragment or (ca_file and parts.scheme != "https"):
        raise ValueError("takes no option but ca_cert=FILE, and that only with https")
    user, password = unquote(parts.username or "default"), unquote(parts.password or "")
    return ClickhouseAddress(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], database, user, password, ca_file)
