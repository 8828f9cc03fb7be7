"""Which column of a file is which field of a link: by the heads that exports of other services have."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from linnet.model.editing import BESIDE
from linnet.model.errors import InvalidField
from linnet.model.link import wire_name

SHORT_URL: Final = "shortURL"
FOLDER: Final = "folder"
HAS_PASSWORD: Final = "hasPassword"  # noqa: S105 (the name of a column)
_PLAIN: Final = (
    *("original_url", "path", "title", "tags", "created_at", "archived", "redirect_type", "skip_query", "cloaking"),
    *("password", "password_contact", "expires_at", "expired_url", "delete_at", "clicks_limit"),
    *("android_url", "iphone_url", "split_url", "split_percent"),
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
    *("integration_adroll", "integration_fb", "integration_tt", "integration_ga", "integration_gtm"),
)
# Wire spelling of a field: its name in LinkDraft.
DRAFT_FIELDS: Final[Mapping[str, str]] = {wire_name(name): name for name in _PLAIN}
FIELDS: Final = (*DRAFT_FIELDS, FOLDER, SHORT_URL, HAS_PASSWORD, *BESIDE)
# Heads, without capitals and all but letters and digits. Of Short.io, Bitly, Rebrandly, Shlink, YOURLS, Kutt, Dub and T.LY, as
# far as their exports and interfaces are documented, and of people's own lists.
_HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "originalURL": (
        *("originalurl", "originallink", "longurl", "longlink", "destination", "destinationurl", "url", "target", "targeturl"),
        *("targetlink", "link", "address", "website", "redirecturl", "redirectto", "to"),
    ),
    "path": (
        *("path", "slug", "shortcode", "keyword", "slashtag", "key", "alias", "backhalf", "custombackhalf", "customslug"),
        *("shortid", "shorturlid", "vanity"),
    ),
    SHORT_URL: (
        *("shorturl", "shortlink", "secureshorturl", "bitlink", "bitlinkurl", "bitlinks", "custombitlinks", "custombitlink"),
        *("shortenedurl", "shortlinkurl"),
    ),
    "title": ("title", "name", "linktitle", "description", "comments", "note"),
    "tags": ("tags", "tag", "labels", "tagnames"),
    FOLDER: ("folder", "foldername", "folderid", "workspace", "group", "category", "campaign"),
    "createdAt": ("createdat", "created", "datecreated", "creationdate", "createddate", "timestamp", "date", "createdon"),
    "archived": ("archived", "isarchived"),
    "redirectType": ("redirecttype", "statuscode", "redirectcode"),
    "skipQS": ("skipqs", "skipquery"),
    "cloaking": ("cloaking", "cloaked", "rewrite", "masking"),
    "password": ("password",),
    "passwordContact": ("passwordcontact",),
    "expiresAt": (
        *("expiresat", "expiry", "expirydate", "expiration", "expirationdate", "expires", "expireat", "validuntil"),
        "expirein",
    ),
    "expiredURL": ("expiredurl", "expirationurl", "expiredredirecturl"),
    "ttl": ("ttl", "deleteat"),
    "clicksLimit": ("clickslimit", "maxvisits", "clicklimit", "maxclicks", "expireatviews"),
    "androidURL": ("androidurl", "android"),
    "iphoneURL": ("iphoneurl", "iosurl", "ios", "iphone"),
    "splitURL": ("spliturl",),
    "splitPercent": ("splitpercent",),
    "utmSource": ("utmsource",),
    "utmMedium": ("utmmedium",),
    "utmCampaign": ("utmcampaign",),
    "utmTerm": ("utmterm",),
    "utmContent": ("utmcontent",),
    "integrationAdroll": ("integrationadroll",),
    "integrationFB": ("integrationfb",),
    "integrationTT": ("integrationtt",),
    "integrationGA": ("integrationga",),
    "integrationGTM": ("integrationgtm",),
    HAS_PASSWORD: ("haspassword", "passwordprotected"),
    # Our own, which no other service has in a list of links.
    **{name: (name,) for name in BESIDE},
}
_BY_HEAD: Final = {head: (field, rank) for field, heads in _HEADS.items() for rank, head in enumerate(heads)}
_NOT_IN_HEADS: Final = re.compile(r"[^a-z0-9]+")


def guessed_columns(heads: Sequence[str], first_row: Sequence[str] = ()) -> dict[str, int]:
    """The place of the column of each field that can be told; each field and each column at most once."""
    found: dict[str, tuple[int, int]] = {}
    for place, head in enumerate(heads):
        field, rank = _BY_HEAD.get(_NOT_IN_HEADS.sub("", head.lower()), ("", 0))
        if field and (field not in found or rank < found[field][0]):
            found[field] = (rank, place)
    columns = {field: place for field, (_, place) in found.items()}
    if "originalURL" not in columns:
        # A list without heads, or with heads in another language: the first column of addresses that is nothing else.
        taken = set(columns.values())
        urls = [place for place, cell in enumerate(first_row) if "://" in cell and place not in taken]
        if urls:
            columns["originalURL"] = urls[0]
    _mend_links(heads, columns, first_row)
    return columns


def _mend_links(heads: Sequence[str], columns: dict[str, int], first_row: Sequence[str]) -> None:
    """Where both are called so, ``link`` is the short one (as in exports of Bitly, Rebrandly and Dub)."""
    names = [_NOT_IN_HEADS.sub("", head.lower()) for head in heads]
    if "link" in names and names.index("link") not in columns.values() and not {"path", SHORT_URL} & set(columns):
        columns[SHORT_URL] = names.index("link")


def checked_columns(columns: Mapping[str, int], width: int) -> dict[str, int]:
    """``columns`` if they can be read: InvalidField where a field is unknown, a column is not there, or none has addresses."""
    for field, place in columns.items():
        if field not in FIELDS:
            raise InvalidField(f"Links have no field '{field[:40]}'.", field="columns")
        if not 0 <= place < width:
            raise InvalidField(f"The file has no column {place + 1}.", field="columns")
    if "originalURL" not in columns:
        raise InvalidField("Say which column holds the addresses that the links lead to.", field="columns")
    return dict(columns)
