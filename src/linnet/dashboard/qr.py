"""The QR designer: codes of a link, and the style of those of a domain or a folder."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from litestar import Response

from linnet.actions import designs
from linnet.actions.designs import Design
from linnet.dashboard.forms import Form
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.render import attachment
from linnet.dashboard.texts import gettext
from linnet.model.access import Action, Rule, Subject
from linnet.model.errors import InvalidField, NotAllowed, Refusal, StorageUnavailable
from linnet.qr.label import missing_characters
from linnet.qr.style import (
    MAX_LOGO_BYTES,
    EcLevel,
    EyeShape,
    Frame,
    ImageType,
    ModuleShape,
    QrStyle,
    rgba,
    style_json,
    style_of,
)

_OF_LINK: Final = "/dashboard/links/{link_id:str}/qr"
_OF_DOMAIN: Final = "/dashboard/domains/{domain_id:int}/qr"
# A logo with the rest of the form.
_MOST_BYTES: Final = MAX_LOGO_BYTES + (1 << 18)
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")
Values = Mapping[str, Any]


def _show(asked: Asked) -> Response[Any]:
    design = _design(asked)
    return _page(asked, design, _values(design.style))


def _save(asked: Asked) -> Response[Any]:
    design, form = _design(asked), asked.form
    if not design.may_save:
        raise NotAllowed("You may look at this code, and download it in any design, but not change it for others.")
    try:
        style = None if form.flag("remove") else _style(form)
        if design.link is not None:
            designs.save_link_design(asked.context, asked.options.studio, design.link.id, style)
        else:
            folder_id = "" if design.folder is None else design.folder.id
            designs.save_domain_design(asked.context, asked.options.studio, design.domain.id, style, folder_id=folder_id)
    except InvalidField as refusal:
        return _page(asked, design, _typed(form), refusal=refusal)
    notice = gettext("The design is removed.") if style is None else gettext("The design is saved.")
    return asked.go_to(_address(design), notice=notice)


def _preview(asked: Asked) -> Response[Any]:
    """How the form's code would look: a part of the page for scripts, the whole page for browsers without."""
    design, form = _design(asked), asked.form
    try:
        style = _style(form)
        if not asked.by_script:
            return _page(asked, design, _typed(form, style), style=style)
        return asked.page("qr_preview.html", **_looks(asked, design, style))
    except StorageUnavailable:
        raise
    except Refusal as refusal:
        if not asked.by_script:
            return _page(asked, design, _typed(form), refusal=refusal)
        return asked.page("qr_preview.html", image="", verdict=None, missing="", problem=_in_words(refusal))


def _file(asked: Asked) -> Response[Any]:
    """The form's code as a file to keep."""
    design, form = _design(asked), asked.form
    try:
        image_type = ImageType(form.text("format"))
    except ValueError:
        raise InvalidField("format must be png, svg or pdf.", field="format") from None
    try:
        data = designs.drawn(asked.options.studio, design.address, _style(form), image_type)
    except InvalidField as refusal:
        return _page(asked, design, _typed(form), refusal=refusal)
    path = design.link.path if design.link is not None else "qr"
    name = _NOT_IN_NAMES.sub("-", f"{design.domain.hostname}-{path}")[:80].strip(".-")
    return attachment(data, image_type.media_type, f"{name}.{image_type}")


def _design(asked: Asked) -> Design:
    studio = asked.options.studio
    if "link_id" in asked.path:
        return designs.link_design(asked.context, studio, asked.path["link_id"])
    folder_id = asked.query.text("folder") or asked.form.text("folder")
    return designs.domain_design(asked.context, studio, asked.path["domain_id"], folder_id)


def _address(design: Design) -> str:
    if design.link is not None:
        return f"/dashboard/links/{design.link.id}/qr"
    return f"/dashboard/domains/{design.domain.id}/qr" + (f"?folder={design.folder.id}" if design.folder is not None else "")


def _page(
    asked: Asked, design: Design, values: Values, *, style: QrStyle | None = None, refusal: Refusal | None = None
) -> Response[Any]:
    field = refusal.field if refusal is not None else None
    errors = {field: refusal.message} if refusal is not None and field in values else {}
    nothing = {"image": "", "verdict": None, "missing": "", "problem": ""}
    looks = _looks(asked, design, style or design.style) if refusal is None else nothing
    return asked.page(
        "qr.html",
        status=200 if refusal is None else 400,
        design=design,
        domain=design.domain,
        page_address=_address(design).partition("?")[0],
        values=values,
        errors=errors,
        message=_in_words(refusal) if refusal is not None and not errors else "",
        choices=_choices(),
        **looks,
    )


def _looks(asked: Asked, design: Design, style: QrStyle) -> dict[str, Any]:
    studio = asked.options.studio
    data = designs.drawn(studio, design.address, style, ImageType.SVG)
    return {
        "image": f"data:{ImageType.SVG.media_type};base64,{base64.b64encode(data).decode()}",
        "verdict": designs.verdict_on(design.address, style, studio.logos),
        "missing": missing_characters(style.frame_text),
        "problem": "",
    }


def _in_words(refusal: Refusal) -> str:
    """What is wrong, with what the page calls the field in place of its name."""
    labels = {
        "logo": gettext("The logo"),
        "logoUrl": gettext("The address of the logo"),
        "logoSize": gettext("The size of the logo"),
        "color": gettext("The colour of the code"),
        "backgroundColor": gettext("The colour of the background"),
        "frameText": gettext("The text of the frame"),
        "size": gettext("The size of a module"),
        "quietZone": gettext("The quiet zone"),
    }
    label = labels.get(refusal.field or "")
    said_by_name = label is not None and refusal.message.startswith(f"{refusal.field} ")
    return f"{label}{refusal.message.removeprefix(refusal.field or '')}" if said_by_name else refusal.message


def _style(form: Form) -> QrStyle:
    """The style that a form describes; InvalidField by the form's names."""
    logo = _logo(form)
    sent = {
        "color": form.text("color").removeprefix("#"),
        "backgroundColor": form.text("backgroundColor").removeprefix("#") + ("00" if form.flag("transparent") else ""),
        "size": form.text("size"),
        "ecLevel": form.text("ecLevel"),
        "logoUrl": logo,
        "logoWidth": form.text("logoSize") or None,
        "logoHeight": form.text("logoSize") or None,
        "noExcavate": not form.flag("excavate"),
        **{name: form.text(name) for name in ("moduleShape", "eyeShape", "quietZone", "frame", "frameText")},
    }
    try:
        return style_of(sent)
    except InvalidField as refusal:
        if refusal.field in ("logoWidth", "logoHeight"):
            raise InvalidField(refusal.message.replace(refusal.field, "The logo's size", 1), field="logoSize") from None
        raise


def _logo(form: Form) -> str | None:
    choice, file = form.text("logo"), form.file("file")
    if choice == "upload":
        if file is None:
            # Without a script the page comes back after a look, and browsers let nobody fill in a file again.
            if kept := form.text("kept_logo"):
                return kept
            raise InvalidField("Choose an image: PNG, JPEG, GIF or WebP, up to 1 MB.", field="logo")
        return designs.uploaded_logo(file.content)
    if choice == "address":
        return form.text("logoUrl") or None
    return (form.text("kept_logo") or None) if choice == "keep" else None


def _values(style: QrStyle) -> dict[str, Any]:
    """What the form's fields show for a style."""
    values = style_json(style)
    logo = style.logo_url or ""
    background = rgba(style.background_color, field="backgroundColor")
    return {
        **values,
        "color": _opaque(style.color),
        "backgroundColor": _opaque(style.background_color),
        "transparent": background[3] == 0,
        "excavate": style.excavate,
        "logoSize": style.logo_width,
        "logo": "none" if not logo else "keep" if logo.startswith("data:") else "address",
        "logoUrl": "" if logo.startswith("data:") else logo,
        "kept_logo": logo if logo.startswith("data:") else "",
    }


def _typed(form: Form, style: QrStyle | None = None) -> dict[str, Any]:
    """What the form's fields show again."""
    values: dict[str, Any] = {name: form.text(name) for name in _values(QrStyle())}
    values |= {name: form.flag(name) for name in ("transparent", "excavate")}
    if style is not None and style.logo_url is not None and style.logo_url.startswith("data:"):
        values |= {"logo": "keep", "kept_logo": style.logo_url}
    return values


def _opaque(color: str) -> str:
    """As a browser's field for colours takes it."""
    return f"#{bytes(rgba(color, field='color')[:3]).hex()}"


def _choices() -> dict[str, list[tuple[str, str]]]:
    return {
        "moduleShape": [
            (ModuleShape.SQUARE, gettext("Squares")),
            (ModuleShape.ROUNDED, gettext("Rounded, joined")),
            (ModuleShape.DOTS, gettext("Dots")),
            (ModuleShape.BARS, gettext("Bars")),
        ],
        "eyeShape": [
            (EyeShape.SQUARE, gettext("Squares")),
            (EyeShape.ROUNDED, gettext("Rounded")),
            (EyeShape.CIRCLE, gettext("Circles")),
            (EyeShape.LEAF, gettext("Leaves")),
        ],
        "frame": [(Frame.TEXT, gettext("Below the code")), (Frame.BANNER, gettext("On a banner below the code"))],
        "ecLevel": [
            (EcLevel.L, gettext("Low (7 %)")),
            (EcLevel.M, gettext("Medium (15 %)")),
            (EcLevel.Q, gettext("High (25 %)")),
            (EcLevel.H, gettext("Highest (30 %)")),
        ],
    }


def _pages(path: str, subject: Subject, saving: Action) -> tuple[Page, ...]:
    looking: tuple[tuple[str, Callable[[Asked], Response[Any]]], ...] = (("/preview", _preview), ("/file", _file))
    return (
        Page("GET", path, _show, Rule(subject, Action.READ)),
        Page("POST", path, _save, Rule(subject, saving), max_bytes=_MOST_BYTES),
        *(Page("POST", path + end, answer, Rule(subject, Action.READ), max_bytes=_MOST_BYTES) for end, answer in looking),
    )


PAGES: Final = (*_pages(_OF_LINK, Subject.LINK, Action.WRITE), *_pages(_OF_DOMAIN, Subject.DOMAIN, Action.CONFIGURE))
