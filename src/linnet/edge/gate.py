"""What a domain asks of a visit before its link is looked at."""

from dataclasses import dataclass
from typing import Final

from linnet.model import conversion
from linnet.model.route import DomainRoute
from linnet.model.url import quoted_target
from linnet.visitor.address import AddressSet

# RFC 6797: only said over https, where nobody else can have said it.
STRICT_TRANSPORT: Final = b"Strict-Transport-Security: max-age=31536000\r\n"
_OWN_PORTS: Final = (80, 443)


@dataclass(frozen=True, slots=True)
class Gate:
    """``origin`` is where visitors by http are sent, None where they may stay; ``excluded`` are the addresses whose clicks are
    not counted, None when there are none."""

    origin: str | None
    excluded: AddressSet | None

    def redirect(self, raw_path: bytes, target: bytes, https: bool) -> bytes | None:
        """The same address by https, for a visit that must go there. A conversion beacon must not: it has been sent already,
        and what follows a redirect of it is no beacon any more."""
        if https or self.origin is None or raw_path == conversion.PATH:
            return None
        return self.origin.encode() + quoted_target(target).encode()


def gate_of(domain: DomainRoute, https_port: int) -> Gate | None:
    """The gate of a domain; None for one that asks nothing, as most do."""
    secure = domain.https_level != "none"
    if not secure and not domain.ip_exclusions:
        return None
    port = "" if https_port in _OWN_PORTS else f":{https_port}"
    return Gate(
        f"https://{domain.hostname}{port}" if secure else None,
        AddressSet(domain.ip_exclusions) if domain.ip_exclusions else None,
    )
