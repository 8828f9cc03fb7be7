"""QR codes of links: one, many in a ZIP file, and the public image."""

import hashlib
import re
from typing import Any, Final

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, RawBody
from msgspec import UNSET as ABSENT
from msgspec import Struct, UnsetType

from linnet.actions.qr import QrImage, QrWish, Studio, generate_qr_code, generate_qr_codes_bulk, qr_code_image
from linnet.api.auth import desk_of
from linnet.api.bodies import read_json, read_value
from linnet.model.errors import InvalidField
from linnet.qr.style import ImageType

_LINK_ID: Final = re.compile(r"[0-9]{1,18}|(?:lnk|link)_\w{1,100}", re.ASCII)
_JSON_TYPES: Final = ("application/json", "application/*")
_IMAGE_TYPES: Final = {"image/png": ImageType.PNG, "image/svg+xml": ImageType.SVG}
# An SVG that is opened by itself is a document: nothing in it may run or load, and browsers must not guess another type.
_IMAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    "X-Content-Type-Options": "nosniff",
}
_CACHED: Final = "public, max-age=60"


class QrDraw(Struct, kw_only=True, rename="camel"):
    """The body of generateQrCode; all of it may be left out, and ``format`` stands for ``type`` (contract b.10)."""

    color: str | UnsetType | None = ABSENT
    background_color: str | UnsetType | None = ABSENT
    size: int | UnsetType | None = ABSENT
    type: str | UnsetType | None = ABSENT
    format: str | UnsetType | None = ABSENT
    use_domain_settings: bool | UnsetType | None = ABSENT
    no_excavate: bool | UnsetType | None = ABSENT


class QrDrawBulk(QrDraw, kw_only=True, rename="camel"):
    """The body of generateQrCodesBulk; ``links`` stands for ``linkIds``."""

    link_ids: list[str | int] | UnsetType | None = ABSENT
    links: list[str | int] | UnsetType | None = ABSENT
    domain_id: int | UnsetType | None = ABSENT


class QrController(Controller):
    """Contract b.2, generateQrCode and generateQrCodesBulk, and a.1, the public image."""

    tags = ("QR codes",)

    @post("/links/qr/{link_id:str}", status_code=200, sync_to_thread=True)
    def generate_qr_code(self, request: Request[Any, Any, Any], link_id: FromPath[str], body: RawBody) -> Response[Any]:
        """generateQrCode: the image itself, or for ``Accept: application/json`` the address of its public copy."""
        context = desk_of(request).context(request)
        as_json, preferred = accepted(request.headers.get("accept", ""))
        wish = _wish(_read(body, QrDraw), preferred)
        image = generate_qr_code(context, studio_of(request), link_id, wish, for_url=as_json)
        if as_json:
            return Response({"url": _public_url(request, image)})
        return _image_response(image, {"Cache-Control": "private, no-cache"})

    @post("/links/qr/bulk", status_code=201, sync_to_thread=True)
    def generate_qr_codes_bulk(self, request: Request[Any, Any, Any], body: RawBody) -> Response[bytes]:
        """generateQrCodesBulk: a ZIP file with the codes of up to 150 links."""
        context = desk_of(request).context(request)
        sent = _read(body, QrDrawBulk)
        link_ids = [str(each) for each in (sent.link_ids or sent.links or ())]
        for link_id in link_ids:
            if not _LINK_ID.fullmatch(link_id):
                raise InvalidField(f"linkIds holds '{link_id[:64]}', which is not an id of a link.", field="linkIds")
        domain_id = sent.domain_id if isinstance(sent.domain_id, int) else None
        archive = generate_qr_codes_bulk(context, studio_of(request), link_ids, _wish(sent, None), domain_id=domain_id)
        headers = {"Content-Disposition": 'attachment; filename="qr-codes.zip"'}
        return Response(archive, media_type="application/zip", headers=headers)

    @get("/qr-code-link/{hostname:str}/{link_id:str}", sync_to_thread=True)
    def get_qr_code_image(
        self, request: Request[Any, Any, Any], hostname: FromPath[str], link_id: FromPath[str]
    ) -> Response[bytes]:
        """getQrCodeImage: a link's code as it was last generated, for everybody; 403 before that."""
        image = qr_code_image(studio_of(request), hostname, link_id)
        tag = f'"{hashlib.sha256(image.data).hexdigest()[:32]}"'
        headers = {"Cache-Control": _CACHED, "ETag": tag}
        if tag in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers)
        return _image_response(image, headers)


def studio_of(request: Request[Any, Any, Any]) -> Studio:
    """The studio of the application that got the request."""
    studio: Studio = request.app.state.studio
    return studio


def accepted(header: str) -> tuple[bool, ImageType | None]:
    """Whether an ``Accept`` header asks for JSON rather than for an image, and which image it names, if it names one.

    Of what is named, the one with the greater quality counts, then the one that comes first; ``*/*`` and no header ask for
    the image (contract b.2, g.10).
    """
    ranges: list[tuple[float, str]] = []
    for part in header.lower().split(",")[:32]:
        media_type, *parameters = (word.strip() for word in part.split(";"))
        quality = next((word[2:] for word in parameters if word.startswith("q=")), "1")
        try:
            ranges.append((float(quality), media_type))
        except ValueError:
            continue
    for weight, media_type in sorted(ranges, key=lambda each: -each[0]):
        if weight > 0 and media_type in _JSON_TYPES:
            return True, None
        if weight > 0 and (media_type == "image/*" or media_type in _IMAGE_TYPES):
            return False, _IMAGE_TYPES.get(media_type)
    return False, None


def _read(body: bytes, shape: type[Any]) -> Any:
    value = read_json(body)
    return read_value({} if value is None else value, shape)


def _wish(sent: QrDraw, preferred: ImageType | None) -> QrWish:
    named = _given(sent.type) or _given(sent.format)
    uses_settings = _given(sent.use_domain_settings)
    if named is not None and named.lower() not in ("png", "svg"):
        raise InvalidField("type must be png or svg.", field="type")
    return QrWish(
        use_domain_settings=True if uses_settings is None else uses_settings,
        color=_given(sent.color),
        background_color=_given(sent.background_color),
        size=_given(sent.size),
        type=preferred if named is None else ImageType(named.lower()),
        no_excavate=_given(sent.no_excavate),
    )


def _given(value: Any) -> Any:
    return None if isinstance(value, UnsetType) else value


def _public_url(request: Request[Any, Any, Any], image: QrImage) -> str:
    """Where the public image is: at the host that was asked."""
    scheme = desk_of(request).options.public_scheme
    return f"{scheme}://{request.headers.get('host', '')}/qr-code-link/{image.domain.hostname}/{image.link.id}"


def _image_response(image: QrImage, headers: dict[str, str]) -> Response[bytes]:
    return Response(image.data, media_type=image.type.media_type, headers=_IMAGE_HEADERS | headers)
