"""How the API is set up."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from linnet.model.domain import Domain
from linnet.model.path import quoted
from linnet.network.here import Here
from linnet.visitor.address import Network

MAX_BODY_BYTES = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOptions:
    """``public_port`` is what short URLs carry, unless it is the scheme's own (80, 443). ``reserved_hosts`` are the
    installation's own, which cannot be registered as domains. ``trusted_proxies`` are believed in what they say of the client.
    ``here`` is where domains must lead."""

    public_scheme: str = "http"
    public_port: int = 80
    reserved_hosts: frozenset[str] = field(default_factory=frozenset)
    trusted_proxies: Sequence[Network] = ()
    here: Here = field(default_factory=Here)

    def short_urls(self, domain: Domain, path: str) -> tuple[str, str]:
        """The address that visitors follow, and the same with https whatever the domain says."""
        port = "" if self.public_port in (80, 443) else f":{self.public_port}"
        rest = f"://{domain.hostname}{port}/{quoted(path)}"
        return ("https" if domain.https_links else self.public_scheme) + rest, "https" + rest

    def short_url(self, domain: Domain, path: str) -> str:
        """The address that visitors follow."""
        return self.short_urls(domain, path)[0]
