"""Folders and tags (contract b.5, b.8)."""

from typing import Final

from linnet.actions.tags import MAX_LINKS, MAX_LISTED
from linnet.api.spec.shapes import (
    Detail,
    Resource,
    Schema,
    answer,
    body,
    either,
    in_path,
    list_of,
    nullable,
    one_of,
    record,
    ref,
    text,
    whole,
)
from linnet.api.spec.values import DOMAIN, DOMAIN_ID, LINK, OTHER_LINK, link_ids
from linnet.model.grouping import EC_LEVELS, MAX_DAYS, MAX_FOLDERS, MAX_LOGO_SIDE, MAX_LOGO_URL, MAX_NAME
from linnet.model.link import MAX_TAG, MAX_TEXT, REDIRECT_TYPES

_FOLDER: Final = "aB3_dE5-gH7jK9mN1pQ2r"
_COLOUR: Final = "^[0-9A-Fa-f]{6,8}$"
_LABEL: Final = {"maxLength": MAX_TEXT}
# Of a QR code in the folder, and of a link that is made in it.
_OPTIONAL: Final[dict[str, Schema]] = {
    "color": text("The colour of QR codes, as hexadecimal digits without `#`.", "1E293B", pattern=_COLOUR),
    "backgroundColor": text("The colour behind them.", "FFFFFF", pattern=_COLOUR),
    "logoUrl": text(
        "A picture in the middle of QR codes: its address, or a `data:` URL.",
        "https://example.com/logo.png",
        maxLength=MAX_LOGO_URL,
    ),
    "logoHeight": whole("The picture's height in pixels.", 64, minimum=1, maximum=MAX_LOGO_SIDE),
    "logoWidth": whole("The picture's width in pixels.", 64, minimum=1, maximum=MAX_LOGO_SIDE),
    "ecLevel": one_of(EC_LEVELS, "How much of a QR code may be damaged, from little to much.", "M"),
    "integrationFB": text("The id of a Meta pixel.", "1234567890", **_LABEL),
    "integrationTT": text("The id of a TikTok pixel.", "C4ABCDEFG", **_LABEL),
    "integrationGA": text("The id of a Google Analytics tag.", "G-ABC1234567", **_LABEL),
    "integrationGTM": text("The id of a Google Tag Manager container.", "GTM-ABC1234", **_LABEL),
    "integrationAdroll": text(
        "The ids of an AdRoll advertiser and pixel.", "ABCDEFGHIJKLMNOPQRSTUV/ZYXWVUTSRQPONMLKJIHGFE", **_LABEL
    ),
    "utmCampaign": text("`utm_campaign`", "spring", **_LABEL),
    "utmMedium": text("`utm_medium`", "email", **_LABEL),
    "utmSource": text("`utm_source`", "newsletter", **_LABEL),
    "utmTerm": text("`utm_term`", "shoes", **_LABEL),
    "utmContent": text("`utm_content`", "banner", **_LABEL),
    "redirectType": one_of(REDIRECT_TYPES, "The HTTP status of the redirect.", 302, kind="integer"),
    "expiresAtDays": whole("Days after which a link expires.", 30, minimum=1, maximum=MAX_DAYS),
    "icon": text("A name or a sign for lists.", "leaf", **_LABEL),
    "prefix": text("What the path of a link begins with.", "spring-"),
}
_NAME: Final = text("The folder's name.", "Spring", maxLength=MAX_NAME)
_CREATE: Final = record(
    {
        "domainId": whole("The domain's id.", DOMAIN, minimum=1),
        "name": _NAME,
        **{name: nullable(each) for name, each in _OPTIONAL.items()},
    },
    required=["domainId", "name"],
)
_ALWAYS: Final = {"id": text("The folder's id.", _FOLDER), "DomainId": whole("The domain's id.", DOMAIN), "name": _NAME}
_SHOWN: Final = record(
    {**_ALWAYS, **_OPTIONAL},
    required=_ALWAYS,
    description="A folder of a domain: a name for some of its links, with defaults for links that are made in it.",
)
_EXAMPLE: Final = {
    "id": _FOLDER,
    "DomainId": DOMAIN,
    "name": "Spring",
    "color": "1E293B",
    "utmCampaign": "spring",
}

GROUPING: Final = Resource(
    details={
        "listFolders": Detail(
            summary="List a domain's folders",
            description=f"All folders of a domain; it can have up to {MAX_FOLDERS:,}.",
            parameters=(DOMAIN_ID,),
            answers={
                200: answer(
                    "The folders.",
                    record({"linkFolders": list_of(ref("Folder"), "The folders.")}, required=["linkFolders"]),
                    folders=("One folder", {"linkFolders": [_EXAMPLE]}),
                )
            },
            refusals=(404,),
        ),
        "getFolder": Detail(
            summary="Get a folder",
            description="One folder; null when the domain has none with this id.",
            parameters=(DOMAIN_ID, in_path("folderId", text("The folder's id.", _FOLDER))),
            answers={
                200: answer(
                    "The folder, or null.",
                    either(ref("Folder"), {"type": "null"}, description="The folder, or null."),
                    folder=("A folder", _EXAMPLE),
                    missing=("No such folder", None),
                )
            },
            refusals=(404,),
        ),
        "createFolder": Detail(
            summary="Create a folder",
            description=(
                "Links name their folder in `folderId`. UTM parameters, tags of advertisers, redirect type, expiry and prefix "
                "are defaults for links that are made in it and do not say otherwise; colours and logo style their QR codes."
            ),
            body=body(
                _CREATE,
                plain=("A name", {"domainId": DOMAIN, "name": "Spring"}),
                defaults=(
                    "With defaults for links",
                    {"domainId": DOMAIN, "name": "Spring", "utmCampaign": "spring", "expiresAtDays": 90, "color": "1E293B"},
                ),
            ),
            answers={200: answer("The folder.", ref("Folder"), folder=("A folder", _EXAMPLE))},
            refusals=(402, 404),
        ),
        "addTagsBulk": Detail(
            summary="Tag many links",
            description="Adds a tag to links. Their other tags stay; a link that has it already stays as it is.",
            body=body(
                record(
                    {"tag": text("The tag.", "newsletter", minLength=1, maxLength=MAX_TAG), "link_ids": link_ids(MAX_LINKS)},
                    required=["tag", "link_ids"],
                ),
                two=("Two links", {"tag": "newsletter", "link_ids": [LINK, OTHER_LINK]}),
            ),
            answers={200: answer("Done.", ref("Success"), done=("Done", {"success": True}))},
            refusals=(404,),
        ),
        "listTags": Detail(
            summary="List a domain's tags",
            description=f"Every tag that a link of the domain has, once, in alphabetical order; {MAX_LISTED:,} at most.",
            parameters=(DOMAIN_ID,),
            answers={
                200: answer("The tags.", list_of({"type": "string"}), tags=("Two tags", ["newsletter", "spring"])),
            },
            refusals=(404,),
        ),
    },
    schemas={"Folder": _SHOWN},
)
