"""QR codes of links (contract b.2)."""

from typing import Final

from linnet.actions.qr import MAX_CODES
from linnet.api.spec.shapes import (
    JSON,
    Detail,
    Resource,
    body,
    file_answer,
    flag,
    in_path,
    nullable,
    one_of,
    optional_body,
    record,
    text,
    whole,
)
from linnet.api.spec.values import HOSTNAME, LINK, OTHER_LINK, link_id, link_ids
from linnet.qr.style import MAX_FRAME_TEXT, MAX_QUIET_ZONE, MAX_SIZE, EcLevel, EyeShape, Frame, ModuleShape

_COLOUR: Final = r"^[0-9A-Fa-f]{6,8}$"
_COLOURS: Final = {
    "color": text("The colour of the modules, as hexadecimal digits without `#`.", "1E293B", pattern=_COLOUR),
    "backgroundColor": text("The colour behind them.", "FFFFFF", pattern=_COLOUR),
    "size": whole("Pixels for each module of the code.", 10, minimum=1, maximum=MAX_SIZE),
    "type": one_of(["png", "svg"], "The file's type.", "png"),
}
_NO_EXCAVATE: Final = flag("Keep the modules that lie under a logo.", False)
_STYLE: Final = {
    **_COLOURS,
    "useDomainSettings": flag(
        "Draw in the link's own design if it has one, else in the style of its folder or domain; the colours of this request "
        "count only without it.",
        True,
        default=True,
    ),
    "noExcavate": _NO_EXCAVATE,
}
_DOMAIN_STYLE: Final = {
    **_COLOURS,
    "ecLevel": one_of([each.value for each in EcLevel], "How much of a code may be damaged, from little to much.", "M"),
    "logoUrl": nullable(text("A picture in the middle: its address, or a `data:` URL.", "https://example.com/logo.png")),
    "logoWidth": whole("The picture's width, in per cent of the code's.", 20, minimum=1, maximum=100),
    "logoHeight": whole("The picture's height, in per cent of the code's.", 20, minimum=1, maximum=100),
    "noExcavate": _NO_EXCAVATE,
    "moduleShape": one_of([each.value for each in ModuleShape], "What dark modules look like; Linnet's own.", "square"),
    "eyeShape": one_of([each.value for each in EyeShape], "What the three corners look like; Linnet's own.", "square"),
    "quietZone": whole("Empty modules around the code; readers want 4. Linnet's own.", 4, minimum=0, maximum=MAX_QUIET_ZONE),
    "frame": one_of([each.value for each in Frame], "Where `frameText` stands below the code; Linnet's own.", "text"),
    "frameText": text("A text below the code, empty for none; Linnet's own.", "Scan me", maxLength=MAX_FRAME_TEXT),
}
_BULK: Final = record(
    {
        **_STYLE,
        "linkIds": link_ids(MAX_CODES),
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
    },
    schemas={"QrStyle": record(_DOMAIN_STYLE, description="How a domain's QR codes look; an empty object as they come.")},
)
