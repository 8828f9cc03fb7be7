"""How the codes of links, folders and domains look: seen, tried, saved."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from linnet.actions.context import Context, domain_by_id, link_and_domain, may_on_link
from linnet.actions.domain_checks import domain_to_configure
from linnet.actions.domain_settings import update_settings
from linnet.actions.logos import Logos
from linnet.actions.qr import QrWish, Studio, folder_style, inherited_style, own_design
from linnet.model.access import Action, may
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import FolderNotFound, InvalidField
from linnet.model.grouping import MAX_LOGO_URLS, STYLED_BY, Folder
from linnet.model.link import Link
from linnet.qr.label import missing_characters
from linnet.qr.logo import logo_url, read_logo
from linnet.qr.style import ImageType, QrStyle, style_json, style_of
from linnet.storage.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from linnet.qr.check import Verdict

# What the columns of a folder hold, by wire spelling; the rest is in ``qr_style``.
_COLUMNS: Final = {
    "color": "color",
    "backgroundColor": "background_color",
    "logoUrl": "logo_url",
    "logoWidth": "logo_width",
    "logoHeight": "logo_height",
    "ecLevel": "ec_level",
}
_EXAMPLE: Final = "example"
# Looking at a code takes some tenths of a second.
_AT_ONCE: Final = 2
_WAIT_SECONDS: Final = 3.0
_looking = threading.BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What a page about codes shows. ``address`` is what the code holds; ``inherited`` is the style that holds without an
    ``own`` one. Of a link, or of a domain, or of a ``folder`` of it."""

    domain: Domain
    address: str
    inherited: QrStyle
    own: QrStyle | None
    may_save: bool
    link: Link | None = None
    folder: Folder | None = None

    @property
    def style(self) -> QrStyle:
        """The style that holds."""
        return self.own if self.own is not None else self.inherited


def link_design(context: Context, studio: Studio, link_id: str) -> Design:
    """The design of a link's code; LinkNotFound for one that the actor may not see."""
    with context.database.read() as work:
        link, domain = link_and_domain(work, context.actor, Action.READ, link_id)
        return Design(
            domain=domain,
            address=studio.address(domain, link.path),
            inherited=inherited_style(work, link, domain),
            own=own_design(work.qr_codes.find(link.number)),
            may_save=may_on_link(work, context.actor, Action.WRITE, link, domain),
            link=link,
        )


def domain_design(context: Context, studio: Studio, domain_id: int, folder_id: str = "") -> Design:
    """The style of a domain's codes, or of those of a folder of it; DomainNotFound or FolderNotFound."""
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
        folder = _folder(work, domain, folder_id) if folder_id else None
        of_domain = style_of(domain.qr_style)
        own = (of_domain if domain.qr_style else None) if folder is None else folder_style(folder)
        return Design(
            domain=domain,
            address=studio.address(domain, ((folder.prefix or "") if folder is not None else "") + _EXAMPLE),
            inherited=QrStyle() if folder is None else of_domain,
            own=own,
            may_save=may(context.actor, Action.CONFIGURE, domain),
            folder=folder,
        )


def save_link_design(context: Context, studio: Studio, link_id: str, style: QrStyle | None) -> None:
    """Give a link's code a design of its own, which its public image has from now on; None: it follows the folder or the
    domain again. InvalidField where no code can be drawn so."""
    if style is not None:
        _refuse_undrawable(studio, link_design(context, studio, link_id).address, style)
    with context.database.write() as work:
        link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id, hold=True)
        stored: dict[str, Any] = work.qr_codes.find(link.number) or QrWish().json()
        before = stored.get("design")
        design = None if style is None else style_json(style)
        if design != before:
            work.qr_codes.save(link.number, stored | {"useDomainSettings": True, "design": design}, context.now())
            context.note(work, Event.QR_CHANGED, link.id, domain, own=style is not None)


def save_domain_design(context: Context, studio: Studio, domain_id: int, style: QrStyle | None, *, folder_id: str = "") -> None:
    """Give all codes of a domain, or of a folder of it, a style, but for those of links that have a design of their own; None:
    the folder follows the domain, and the domain has plain codes. InvalidField where no code can be drawn so."""
    if style is not None:
        _refuse_undrawable(studio, domain_design(context, studio, domain_id, folder_id).address, style)
    if not folder_id:
        update_settings(context, domain_id, {"qr": {} if style is None else style_json(style)})
        return
    with context.database.write() as work:
        domain = domain_to_configure(work, context.actor, domain_id)
        folder = _folder(work, domain, folder_id)
        changed = _styled(folder, style)
        others = work.folders.logo_size(domain.id) - len(folder.logo_url or "")
        if changed.logo_url is not None and others + len(changed.logo_url) > MAX_LOGO_URLS:
            raise InvalidField(
                f"The logos of {domain.hostname}'s folders would take more than {MAX_LOGO_URLS} characters together; "
                "give the address of the logo instead.",
                field="logoUrl",
            )
        if changed != folder:
            work.folders.save(changed)
            context.note(work, Event.QR_CHANGED, folder.id, domain, folder=folder.name, own=style is not None)


def uploaded_logo(data: bytes) -> str:
    """An uploaded image as it is kept in a style: decoded, made small, and encoded anew. InvalidField for what is none."""
    return logo_url(read_logo(data, field="logo"))


def verdict_on(address: str, style: QrStyle, logos: Logos) -> "Verdict | None":
    """What reading the code shows; None when too many look at codes already."""
    # It takes numpy, for which web workers have little other use.
    from linnet.qr.check import check

    if not _looking.acquire(timeout=_WAIT_SECONDS):
        return None
    try:
        return check(address, style, logos.find(style.logo_url))
    finally:
        _looking.release()


def drawn(studio: Studio, address: str, style: QrStyle, image_type: ImageType) -> bytes:
    """A code as a file."""
    return studio.drawings.draw(address, replace(style, type=image_type), studio.logos.find(style.logo_url))


def _folder(work: UnitOfWork, domain: Domain, folder_id: str) -> Folder:
    folder = work.folders.find(domain.id, folder_id)
    if folder is None:
        raise FolderNotFound(f"{domain.hostname} has no such folder.")
    return folder


def _refuse_undrawable(studio: Studio, address: str, style: QrStyle) -> None:
    """InvalidField for a logo that cannot be had, a text that no font has, and what no code can be drawn with."""
    if missing := missing_characters(style.frame_text):
        raise InvalidField(
            f"No font of this server has {' '.join(missing[:10])}: install one that does, or choose another text.",
            field="frameText",
        )
    logo = None if style.logo_url is None else studio.logos.load(style.logo_url)
    for image_type in (ImageType.PNG, ImageType.SVG):
        studio.drawings.draw(address, replace(style, type=image_type), logo)


def _styled(folder: Folder, style: QrStyle | None) -> Folder:
    if style is None:
        nothing: dict[str, Any] = dict.fromkeys(STYLED_BY)
        return replace(folder, **nothing)
    values: Mapping[str, Any] = style_json(style)
    columns = {field: values[wire] for wire, field in _COLUMNS.items()}
    rest = {wire: value for wire, value in values.items() if wire not in _COLUMNS}
    return replace(folder, **columns, qr_style=json.dumps(rest, ensure_ascii=False))
