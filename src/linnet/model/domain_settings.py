"""What a request says about a domain's settings, checked and in its stored form (contract b.4, c.2)."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from linnet.model.documents import bounded, clean_asset_links, clean_association
from linnet.model.domain import HTTPS_LEVELS, ROBOTS, Domain
from linnet.model.errors import InvalidField
from linnet.model.favicon import clean_favicon
from linnet.model.link import clean_text
from linnet.model.path import LinkType
from linnet.model.url import clean_url

MAX_TEXT: Final = 255
MAX_EXCLUSIONS: Final = 1000
MAX_PAGE_TEXT: Final = 1000
MAX_RETENTION_DAYS: Final = 36_500
# What is stored of visitors' addresses: wire spelling to the fields of Domain that say it.
VISITOR_ADDRESSES: Final[Mapping[str, Mapping[str, bool]]] = {
    "whole": {"whole_addresses": True, "hide_visitor_ip": False},
    "truncated": {"whole_addresses": False, "hide_visitor_ip": False},
    "never": {"whole_addresses": False, "hide_visitor_ip": True},
}
# What pages of the domain may say in its own words: wire spelling to the name in Domain.page_texts.
PAGE_TEXTS: Final = {"notFound": "not_found", "expired": "expired", "password": "password"}
_TAG_MANAGER: Final = re.compile(r"G(TM)?-\w+")
_Reader = Callable[[Any, str], Any]


def clean_settings(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of Domain that ``sent`` (by wire spelling) sets, or InvalidField naming the setting.

    Null clears texts, files and documents, and is refused for what must be one thing or another. ``httpsLinks: null`` asks
    production for a new certificate, and here for nothing. ``teamId`` and ``qr`` are not read here: they are more than values.
    ``visitorAddresses`` says more than ``hideVisitorIp``, and both say the same of addresses that are never stored.
    """
    fields: dict[str, Any] = {}
    for spelling, value in sent.items():
        if spelling not in _SETTINGS or (spelling == "httpsLinks" and value is None):
            continue
        name, read = _SETTINGS[spelling]
        fields[name] = read(value, spelling)
    return fields | _addresses(sent, fields.get("hide_visitor_ip"))


def visitor_addresses(domain: Domain) -> str:
    """What a domain stores of visitors' addresses, in its wire spelling."""
    if domain.hide_visitor_ip:
        return "never"
    return "whole" if domain.whole_addresses else "truncated"


def _addresses(sent: Mapping[str, Any], hidden: bool | None) -> dict[str, bool]:
    """The fields that say what is stored of addresses, where anything was sent about them."""
    if "visitorAddresses" not in sent:
        # Addresses that were never to be stored are not stored whole when that ends.
        return {"whole_addresses": False} if hidden else {}
    wanted = _one_of(*VISITOR_ADDRESSES)(sent["visitorAddresses"], "visitorAddresses")
    if hidden is not None and hidden != (wanted == "never"):
        raise InvalidField(
            f"visitorAddresses is {wanted} and hideVisitorIp is {str(hidden).lower()}: hideVisitorIp true means never, and "
            "false one of the others; send one of the two.",
            field="visitorAddresses",
        )
    return dict(VISITOR_ADDRESSES[wanted])


def with_settings(domain: Domain, fields: Mapping[str, Any], now: datetime) -> Domain:
    """``domain`` with those of its fields changed; the very same one when nothing changes."""
    changed = replace(domain, **fields)
    return domain if changed == domain else replace(changed, updated_at=now)


def clean_link_type(value: object, field: str = "linkType") -> LinkType:
    """A way of making paths; InvalidField for what is none."""
    return LinkType(_one_of(*LinkType)(value, field))


def _flag(value: object, field: str) -> bool:
    if value in (True, False) and isinstance(value, int):
        return bool(value)
    raise InvalidField(f"{field} must be true or false.", field=field)


def _one_of(*choices: str) -> Callable[[object, str], str]:
    def read(value: object, field: str) -> str:
        if not isinstance(value, str) or value not in choices:
            raise InvalidField(f"{field} must be one of {', '.join(choices)}.", field=field)
        return str(value)

    return read


def _text(value: object, field: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidField(f"{field} must be a text.", field=field)
    return clean_text(value.strip(), field=field, limit=MAX_TEXT) or None


def _days(value: object, field: str) -> int | None:
    if value is None:
        return None
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MAX_RETENTION_DAYS:
        raise InvalidField(f"{field} must be a number of days from 1 to {MAX_RETENTION_DAYS}, or null for no end.", field=field)
    return number


def _tag_manager(value: object, field: str) -> str | None:
    text = _text(value, field)
    if text is not None and not _TAG_MANAGER.search(text):
        raise InvalidField(f"{field} must be a tag manager's id such as GTM-ABC123 or G-ABC123.", field=field)
    return text


def _url(value: object, field: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidField(f"{field} must be an http:// or https:// URL.", field=field)
    return clean_url(value, field=field) if value.strip() else None


def _storage(value: object, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidField(f"{field} must be a JSON object.", field=field)
    bounded(value, field)
    return value


def _page_texts(value: object, field: str) -> dict[str, str]:
    """All texts at once: what is not among them, or empty, is not said any more."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidField(f"{field} must be a JSON object with {', '.join(PAGE_TEXTS)}, or null.", field=field)
    for name in value:
        if name not in PAGE_TEXTS:
            raise InvalidField(f"{field} holds '{name[:64]}': its texts are {', '.join(PAGE_TEXTS)}.", field=field)
    texts = {PAGE_TEXTS[name]: _page_text(text, f"{field}.{name}") for name, text in value.items() if text is not None}
    return {name: text for name, text in texts.items() if text}


def _page_text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise InvalidField(f"{field} must be a text, or null.", field=field)
    text = value.replace("\r\n", "\n").strip()
    # A text may have lines.
    clean_text(text.replace("\n", " ").replace("\t", " "), field=field, limit=MAX_PAGE_TEXT)
    return text


def _exclusions(value: object, field: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidField(f"{field} must be a list of addresses and networks.", field=field)
    if len(value) > MAX_EXCLUSIONS:
        raise InvalidField(f"{field} holds more than {MAX_EXCLUSIONS} addresses and networks.", field=field)
    return tuple(dict.fromkeys(_network(each, field) for each in value))


def _network(value: object, field: str) -> str:
    try:
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise ValueError
        network = ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        shown = str(value)[:64]
        raise InvalidField(
            f"{field} must hold addresses and networks such as 192.0.2.1 or 2001:db8::/32, and not '{shown}'.", field=field
        ) from None
    if network.num_addresses == 1:
        address = network.network_address
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return str(mapped or address)
    return str(network)


_SETTINGS: Final[Mapping[str, tuple[str, _Reader]]] = {
    "httpsLevel": ("https_level", _one_of(*HTTPS_LEVELS)),
    "robots": ("robots", _one_of(*ROBOTS)),
    "segmentKey": ("segment_key", _text),
    "linkType": ("link_type", clean_link_type),
    "cloaking": ("cloaking", _flag),
    "hideReferer": ("hide_referrer", _flag),
    "hideVisitorIp": ("hide_visitor_ip", _flag),
    "httpsLinks": ("https_links", _flag),
    "webhookURL": ("webhook_url", _url),
    "integrationGA": ("integration_ga", _text),
    "integrationFB": ("integration_fb", _text),
    "integrationTT": ("integration_tt", _text),
    "integrationAdroll": ("integration_adroll", _text),
    "integrationGTM": ("integration_gtm", _tag_manager),
    "enableConversionTracking": ("enable_conversion_tracking", _flag),
    "qrScanTracking": ("qr_scan_tracking", _flag),
    "clientStorage": ("client_storage", _storage),
    "purgeExpiredLinks": ("purge_expired_links", _flag),
    "enableAI": ("enable_ai", _flag),
    "caseSensitive": ("case_sensitive", _flag),
    "redirect404": ("redirect_404", _url),
    "ipExclusions": ("ip_exclusions", _exclusions),
    "rootRedirect": ("root_redirect", _url),
    "favicon": ("favicon", clean_favicon),
    "pageTexts": ("page_texts", _page_texts),
    "appleAppSiteAssociation": ("apple_association", clean_association),
    "assetLinks": ("asset_links", clean_asset_links),
    "limitCountsRobots": ("limit_counts_robots", _flag),
    "clickRetentionDays": ("click_retention_days", _days),
}
# The field of Domain by the wire spelling of each setting.
FIELDS: Final[Mapping[str, str]] = {spelling: name for spelling, (name, _) in _SETTINGS.items()}
