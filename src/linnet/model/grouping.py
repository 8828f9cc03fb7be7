"""Folders: names for links of a domain, with defaults for links made in them and a style for their QR codes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from linnet.model.errors import InvalidField
from linnet.model.ids import Chooser
from linnet.model.link import INTEGRATIONS, MAX_TEXT, REDIRECT_TYPES, LinkDraft, clean_text
from linnet.model.path import clean_path
from linnet.model.statistics import UTM_FIELDS
from linnet.model.unset import UNSET
from linnet.model.url import clean_url

MAX_FOLDERS: Final = 1000
MAX_NAME: Final = 256
# Room for a generated path behind it.
MAX_PREFIX_BYTES: Final = 1000
MAX_DAYS: Final = 36_500
MAX_LOGO_URL: Final = 200_000
# Of all logos of a domain, which are listed together.
MAX_LOGO_URLS: Final = 5_000_000
MAX_LOGO_SIDE: Final = 4096
EC_LEVELS: Final = ("L", "M", "Q", "H")
# Fields of a folder that say how its QR codes look.
STYLED_BY: Final = ("color", "background_color", "logo_url", "logo_width", "logo_height", "ec_level", "qr_style")
_IMAGE = re.compile(r"data:image/[!-~]+,[!-~]+", re.ASCII)
_COLOR = re.compile(r"[0-9A-Fa-f]{6,8}", re.ASCII)
# Short.io's folder ids are nanoids: 21 characters of this alphabet.
_ID_ALPHABET: Final = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict"
_ID_LENGTH: Final = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of a domain (contract b.5). ``color``, ``background_color`` (RRGGBB or RRGGBBAA) and the logo style its QR
    codes; ``prefix``, UTM fields, integrations, ``redirect_type`` and ``expires_at_days`` are defaults of links made in it.
    ``qr_style`` is what else there is to a style (a JSON object, of what the contract has no field for)."""

    id: str
    domain_id: int
    owner_id: int
    name: str
    created_at: datetime
    color: str | None = None
    background_color: str | None = None
    logo_url: str | None = None
    logo_width: int | None = None
    logo_height: int | None = None
    ec_level: str | None = None
    icon: str | None = None
    prefix: str | None = None
    redirect_type: int | None = None
    expires_at_days: int | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    integration_adroll: str | None = None
    integration_fb: str | None = None
    integration_tt: str | None = None
    integration_ga: str | None = None
    integration_gtm: str | None = None
    qr_style: str | None = None


def new_folder_id(chooser: Chooser) -> str:
    """A fresh folder id."""
    return "".join(_ID_ALPHABET[byte & 63] for byte in chooser.randbytes(_ID_LENGTH))


def clean_folder(folder: Folder) -> Folder:
    """``folder`` with every field checked and in its stored form (empty texts are no texts); InvalidField names the field."""
    cleaned: dict[str, Any] = {}
    for field in fields(Folder)[4:]:
        value = getattr(folder, field.name)
        if value is not None and field.name not in ("created_at", "qr_style"):
            cleaned[field.name] = _clean_value(field.name, value) if value != "" else None
    name = clean_text(folder.name.strip(), field="name", limit=MAX_NAME)
    if not name:
        raise InvalidField("name must not be empty.", field="name")
    return replace(folder, name=name, **cleaned)


def with_folder_defaults(draft: LinkDraft, folder: Folder, now: datetime) -> LinkDraft:
    """``draft`` with what the folder gives to links made in it, wherever the draft itself does not say otherwise."""
    defaults: dict[str, Any] = {name: getattr(folder, name) for name in ("redirect_type", *INTEGRATIONS)}
    sent = vars(draft)
    if not any(isinstance(sent.get(name), str) for name in UTM_FIELDS):
        defaults |= {name: getattr(folder, name) for name in UTM_FIELDS}
    if folder.expires_at_days is not None:
        defaults["expires_at"] = now + timedelta(days=folder.expires_at_days)
    missing = {name: value for name, value in defaults.items() if value is not None and sent.get(name, UNSET) is UNSET}
    return LinkDraft.of({**sent, **missing}) if missing else draft


def _clean_value(name: str, value: Any) -> Any:
    wire = folder_wire_name(name)
    clean = _CLEANERS.get(name)
    return clean(value, wire) if clean is not None else clean_text(value, field=wire, limit=MAX_TEXT)


def _clean_color(value: str, wire: str) -> str:
    if not _COLOR.fullmatch(value):
        raise InvalidField(f"{wire} must be 6 to 8 hexadecimal digits, without a leading #.", field=wire)
    return value


def _clean_logo(value: str, wire: str) -> str:
    if not value.startswith("data:"):
        return clean_url(value, field=wire)
    if len(value) > MAX_LOGO_URL:
        raise InvalidField(
            f"{wire} is longer than {MAX_LOGO_URL} characters; name an address of the image instead.", field=wire
        )
    if not _IMAGE.fullmatch(value):
        raise InvalidField(f"{wire} must be an http://, https:// or data:image/ URL.", field=wire)
    return value


def _clean_prefix(value: str, wire: str) -> str:
    try:
        cleaned = clean_path(value)
    except InvalidField as refusal:
        raise InvalidField(refusal.message.replace("path", wire, 1), field=wire) from None
    if "*" in cleaned:
        raise InvalidField("prefix must not hold '*'.", field=wire)
    if len(cleaned.encode()) > MAX_PREFIX_BYTES:
        raise InvalidField(f"prefix is longer than {MAX_PREFIX_BYTES} bytes.", field=wire)
    return cleaned


def _one_of(choices: tuple[Any, ...]) -> Callable[[Any, str], Any]:
    def clean(value: Any, wire: str) -> Any:
        if value not in choices:
            raise InvalidField(f"{wire} must be one of {', '.join(str(each) for each in choices)}.", field=wire)
        return value

    return clean


def _between(low: int, high: int) -> Callable[[int, str], int]:
    def clean(value: int, wire: str) -> int:
        if not low <= value <= high:
            raise InvalidField(f"{wire} must be between {low} and {high}.", field=wire)
        return value

    return clean


_CLEANERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "color": _clean_color,
    "background_color": _clean_color,
    "logo_url": _clean_logo,
    "logo_width": _between(1, MAX_LOGO_SIDE),
    "logo_height": _between(1, MAX_LOGO_SIDE),
    "ec_level": _one_of(EC_LEVELS),
    "redirect_type": _one_of(REDIRECT_TYPES),
    "expires_at_days": _between(1, MAX_DAYS),
    "prefix": _clean_prefix,
}
_ODDLY_SPELLED: Final[Mapping[str, str]] = {
    "integration_fb": "integrationFB",
    "integration_tt": "integrationTT",
    "integration_ga": "integrationGA",
    "integration_gtm": "integrationGTM",
    "domain_id": "DomainId",
}


def folder_wire_name(field: str) -> str:
    """The wire spelling of a field of Folder."""
    return _ODDLY_SPELLED.get(field, re.sub(r"_(.)", lambda match: match[1].upper(), field))
