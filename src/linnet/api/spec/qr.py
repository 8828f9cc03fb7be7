"""QR codes of links (contract b.2)."""

from typing import Final

from linnet.api.spec.bulk import MAX_IDS
from linnet.api.spec.shapes import (
    JSON,
    Detail,
    Resource,
    body,
    file_answer,
    flag,
    in_path,
    one_of,
    optional_body,
    record,
    text,
    whole,
)
from linnet.api.spec.values import HOSTNAME, LINK, OTHER_LINK, link_id, link_ids

_COLOUR: Final = r"^[0-9A-Fa-f]{6,8}$"
_STYLE: Final = {
    "color": text("The colour of the modules, as hexadecimal digits without `#`.", "1E293B", pattern=_COLOUR),
    "backgroundColor": text("The colour behind them.", "FFFFFF", pattern=_COLOUR),
    "size": whole("Pixels for each module of the code.", 10, minimum=1, maximum=99),
    "type": one_of(["png", "svg"], "The file's type.", "png"),
    "useDomainSettings": flag(
        "Take the style from the domain's settings, and what it leaves open from here.", True, default=True
    ),
}
_BULK: Final = record(
    {
        **_STYLE,
        "noExcavate": flag("Keep the modules that lie under a logo.", False),
        "linkIds": link_ids(MAX_IDS),
        "domainId": text("Not needed: the ids say which domain."),
    },
    required=["linkIds", "type"],
)
_IMAGE: Final = file_answer("The image; with `Accept: application/json`, its address.", "image/png", "image/svg+xml")
_ADDRESS: Final = {
    "schema": record({"url": text("Where the image can be loaded without a key.", format="uri")}, required=["url"]),
    "examples": {"url": {"summary": "An address", "value": {"url": f"https://app.example.com/qr-code-link/{HOSTNAME}/{LINK}"}}},
}

QR: Final = Resource(
    details={
        "generateQrCode": Detail(
            summary="Make a link's QR code",
            description=(
                "Draws the QR code of a link's short URL. The response is the image itself, unless you ask for JSON with "
                "`Accept: application/json`: then it is the address of the image, which needs no key and always shows the "
                "code as it was last drawn."
            ),
            parameters=(in_path("linkIdString", link_id()),),
            body=optional_body(
                record(_STYLE),
                plain=("In the domain's style", {"useDomainSettings": True, "type": "png"}),
                styled=(
                    "In a style of its own",
                    {"useDomainSettings": False, "type": "svg", "color": "1E293B", "backgroundColor": "FFFFFF", "size": 10},
                ),
            ),
            answers={200: _IMAGE | {"content": {**_IMAGE["content"], JSON: _ADDRESS}}},
            refusals=(404,),
        ),
        "generateQrCodesBulk": Detail(
            summary="Make the QR codes of many links",
            description="A ZIP file with one image for each link.",
            body=body(_BULK, two=("Two links", {"linkIds": [LINK, OTHER_LINK], "type": "png", "useDomainSettings": True})),
            answers={201: file_answer("A ZIP file of images.", "application/zip")},
            refusals=(404,),
        ),
        "getQrCodeImage": Detail(
            summary="Load a QR code",
            description="The image that `generateQrCode` drew last, at an address that can be shown anywhere. Needs no key.",
            parameters=(
                in_path("hostname", text("The domain's hostname.", HOSTNAME)),
                in_path("linkId", link_id()),
            ),
            answers={200: file_answer("The image.", "image/png", "image/svg+xml")},
            refusals=(403, 404),
        ),
    }
)
