"""QR codes of links: drawn one by one, many in a ZIP file, and as the public image."""

import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from linnet.actions.context import Context, link_and_domain, links_and_domains, may_on_link
from linnet.actions.drawings import Drawings
from linnet.actions.logos import Logos
from linnet.model.access import Action
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, LinkNotFound, NotAllowed, QrCodeNotDrawn, TooLarge
from linnet.model.grouping import Folder
from linnet.model.ids import stored_link_id
from linnet.model.link import Link
from linnet.model.scan import marked
from linnet.qr.style import ImageType, QrStyle, rgba, style_of
from linnet.storage.database import Database
from linnet.storage.unit_of_work import UnitOfWork

MAX_CODES: Final = 150
MAX_ZIP_BYTES: Final = 64_000_000
# For the logos of a whole ZIP file, which may be many; codes after that are without those that were not fetched yet.
MAX_LOGO_SECONDS: Final = 20.0
_STYLED_BY: Final = ("color", "background_color", "logo_url", "ec_level", "qr_style")
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Studio:
    """What drawing takes beside a link: where logos come from, drawings that were made, and how an address is written."""

    database: Database
    logos: Logos
    drawings: Drawings
    short_url: Callable[[Domain, str], str]

    def draw(self, link: Link, domain: Domain, style: QrStyle, *, may_fetch: bool = True) -> bytes:
        """The code of a link's short URL, marked where the domain tells scans from other clicks; without ``may_fetch`` with its
        logo only if that is at hand."""
        logo = self.logos.find(style.logo_url, may_fetch=may_fetch)
        return self.drawings.draw(self.address(domain, link.path), style, logo)

    def address(self, domain: Domain, path: str) -> str:
        """What is in the code of a path."""
        address = self.short_url(domain, path)
        return marked(address) if domain.qr_scan_tracking else address


@dataclass(frozen=True, slots=True, kw_only=True)
class QrWish:
    """What a request says about a code, None for what it leaves open.

    With ``use_domain_settings`` the link's own design holds if it has one, else the style of the folder that it is in, else
    the domain's, and the colours of the request are passed over (contract b.2; designs are Linnet's own); without it the
    request's colours hold, and there is no logo.
    """

    use_domain_settings: bool = True
    color: str | None = None
    background_color: str | None = None
    size: int | None = None
    type: ImageType | None = None
    no_excavate: bool | None = None

    def __post_init__(self) -> None:
        # Colours have to be colours even where they are passed over.
        for spelling in ("color", "backgroundColor"):
            if (value := self.json()[spelling]) is not None:
                rgba(value, field=spelling)
        style_of({"size": self.size})

    def json(self) -> dict[str, Any]:
        """What is stored of it, and ``wish_of`` reads."""
        return {
            "useDomainSettings": self.use_domain_settings,
            "color": self.color,
            "backgroundColor": self.background_color,
            "size": self.size,
            "type": None if self.type is None else self.type.value,
            "noExcavate": self.no_excavate,
        }


@dataclass(frozen=True, slots=True)
class QrImage:
    """A drawn code of a link."""

    link: Link
    domain: Domain
    type: ImageType
    data: bytes


def generate_qr_code(context: Context, studio: Studio, link_id: str, wish: QrWish, *, for_url: bool = False) -> QrImage:
    """Draw a link's code. Who may change the link determines with it how its public image looks from now on.

    ``for_url`` is for who wants only the public image's address; NotAllowed when it would lead nowhere because the actor may
    not change the link and nobody has drawn it yet.
    """
    with context.database.read() as work:
        link, domain = link_and_domain(work, context.actor, Action.READ, link_id)
        drawn_before = work.qr_codes.find(link.number)
        may_write = may_on_link(work, context.actor, Action.WRITE, link, domain)
        style = _style(work, link, domain, wish, drawn_before)
    if for_url and drawn_before is None and not may_write:
        raise NotAllowed("This link has no public QR code yet, and only who may change the link can make one.")
    data = studio.draw(link, domain, style)
    if may_write and {**(drawn_before or {}), **wish.json()} != drawn_before:
        with context.database.write() as work:
            link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id, hold=True)
            work.qr_codes.save(link.number, (work.qr_codes.find(link.number) or {}) | wish.json(), context.now())
    return QrImage(link, domain, style.type, data)


def qr_code_image(studio: Studio, hostname: str, link_id: str) -> QrImage:
    """The public image of a link, drawn as it was last asked for; QrCodeNotDrawn when it never was.

    What follows the folder's or the domain's settings follows them as they are now; so does the short URL.
    """
    with studio.database.read() as work:
        link = work.links.find(stored_link_id(link_id))
        domain = work.domains.find(link.domain_id) if link is not None else None
        if link is None or domain is None or domain.hostname != hostname.lower():
            raise LinkNotFound("Link not found")
        stored = work.qr_codes.find(link.number)
        if stored is None:
            raise QrCodeNotDrawn("No QR code of this link has been generated yet.")
        style = _style(work, link, domain, wish_of(stored), stored)
    return QrImage(link, domain, style.type, studio.draw(link, domain, style))


def generate_qr_codes_bulk(
    context: Context, studio: Studio, link_ids: Sequence[str], wish: QrWish, *, domain_id: int | None = None
) -> bytes:
    """The codes of up to 150 links as a ZIP file, always the same bytes for the same links and styles; public images stay as
    they are. LinkNotFound naming the first id that is unknown, or of another domain than ``domain_id``: then there is no file.
    """
    if not 1 <= len(link_ids) <= MAX_CODES:
        raise InvalidField(f"linkIds must hold between 1 and {MAX_CODES} ids of links.", field="linkIds")
    with context.database.read() as work:
        found = links_and_domains(work, context.actor, Action.READ, link_ids)
        strangers = [link.id for link, domain in found if domain_id not in (None, domain.id)]
        if strangers:
            raise LinkNotFound(f"Link {strangers[0]} not found in domain {domain_id}")
        folders: dict[tuple[int, str], Folder | None] = {}
        stored = work.qr_codes.find_many([link.number for link, _ in found])
        styles = [_style(work, link, domain, wish, stored.get(link.number), folders) for link, domain in found]
    buffer, names, until = io.BytesIO(), set[str](), time.monotonic() + MAX_LOGO_SECONDS
    with zipfile.ZipFile(buffer, "w") as archive:
        for (link, domain), style in zip(found, styles, strict=True):
            entry = zipfile.ZipInfo(_file_name(link, domain, style.type, names))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            # PNG files are compressed already.
            entry.compress_type = zipfile.ZIP_DEFLATED if style.type is ImageType.SVG else zipfile.ZIP_STORED
            archive.writestr(entry, studio.draw(link, domain, style, may_fetch=time.monotonic() < until))
            if buffer.tell() > MAX_ZIP_BYTES:
                raise TooLarge(f"The file would be larger than {MAX_ZIP_BYTES // 1_000_000} MB: choose a smaller size, or svg.")
    return buffer.getvalue()


def folder_style(folder: Folder) -> QrStyle | None:
    """The style of a folder's codes, None when it has none. InvalidField when it cannot be: colours too much alike."""
    if all(getattr(folder, name) is None for name in _STYLED_BY):
        return None
    own: dict[str, Any] = json.loads(folder.qr_style) if folder.qr_style else {}
    return style_of(
        own
        | {
            "color": folder.color,
            "backgroundColor": folder.background_color,
            "ecLevel": folder.ec_level,
            "logoUrl": folder.logo_url,
            # Larger numbers are meant as pixels; a logo is only as large as its code bears anyway.
            "logoWidth": None if folder.logo_width is None else min(folder.logo_width, 100),
            "logoHeight": None if folder.logo_height is None else min(folder.logo_height, 100),
        }
    )


def wish_of(stored: Mapping[str, Any]) -> QrWish:
    """The wish that ``QrWish.json`` wrote."""
    return QrWish(
        use_domain_settings=stored["useDomainSettings"],
        color=stored["color"],
        background_color=stored["backgroundColor"],
        size=stored["size"],
        type=None if stored["type"] is None else ImageType(stored["type"]),
        no_excavate=stored["noExcavate"],
    )


def _style(
    work: UnitOfWork,
    link: Link,
    domain: Domain,
    wish: QrWish,
    stored: Mapping[str, Any] | None,
    folders: dict[tuple[int, str], Folder | None] | None = None,
) -> QrStyle:
    sent = wish.json()
    if not wish.use_domain_settings:
        return style_of(sent)
    del sent["color"], sent["backgroundColor"]
    own = own_design(stored)
    return style_of(sent, own if own is not None else inherited_style(work, link, domain, folders))


def own_design(stored: Mapping[str, Any] | None) -> QrStyle | None:
    """The design that a link has for itself, of what is stored of its code; None for none."""
    return None if stored is None or stored.get("design") is None else style_of(stored["design"])


def inherited_style(
    work: UnitOfWork, link: Link, domain: Domain, folders: dict[tuple[int, str], Folder | None] | None = None
) -> QrStyle:
    """The style of the link's folder if that has one, else the domain's; ``folders`` are those that were found already."""
    folders = {} if folders is None else folders
    if link.folder_id is not None:
        key = domain.id, link.folder_id
        if key not in folders:
            folders[key] = work.folders.find(*key)
        folder = folders[key]
        style = folder_style(folder) if folder is not None else None
        if style is not None:
            return style
    return style_of(domain.qr_style)


def _file_name(link: Link, domain: Domain, image_type: ImageType, taken: set[str]) -> str:
    """A file's name from the link's address, of characters that every system takes, unique in any case."""
    readable = _NOT_IN_NAMES.sub("-", f"{domain.hostname}-{link.path}")[:_LONGEST_NAME].strip(".-") or link.id
    name, number = f"{readable}.{image_type}", 1
    while name.lower() in taken:
        number += 1
        name = f"{readable}-{number}.{image_type}"
    taken.add(name.lower())
    return name
