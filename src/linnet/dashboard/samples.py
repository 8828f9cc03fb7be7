"""What programs on pages are filled with: this server's address, a domain of the reader's, and a key."""

from dataclasses import dataclass
from typing import Final

from linnet.dashboard.pages import Asked
from linnet.model.access import ApiKey, KeyKind

_EXAMPLE: Final = "go.example.com"


@dataclass(frozen=True, slots=True)
class Samples:
    """``short_address`` is where links of the domain begin, without a slash at the end."""

    address: str
    hostname: str
    short_address: str
    key: str
    public: bool


def samples_of(asked: Asked, hostname: str = "", raw_key: str = "", key: ApiKey | None = None) -> Samples:
    """For programs of the reader's own, with the domain of that name, if it is known; else the one used last."""
    known = asked.domains()
    named = next((each for each in known if each.hostname == hostname), None)
    domain = named or asked.link_maker(known, None) or next(iter(known), None)
    public = key is not None and key.kind is KeyKind.PUBLIC
    return Samples(
        address=asked.address,
        hostname=domain.hostname if domain is not None else _EXAMPLE,
        short_address=asked.options.short_url(domain, "").rstrip("/") if domain is not None else f"https://{_EXAMPLE}",
        key=raw_key or ("pk_YOUR_PUBLIC_KEY" if public else "sk_YOUR_SECRET_KEY"),
        public=public,
    )
