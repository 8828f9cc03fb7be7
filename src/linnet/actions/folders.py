"""Folders: made, changed, deleted, read and listed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from linnet.actions.chosen import noted
from linnet.actions.context import Context, domain_by_id
from linnet.actions.placing import record_searched
from linnet.actions.qr import folder_style
from linnet.model.access import Action, narrowed_to
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import FolderNotFound, InvalidField, NotAllowed, QuotaReached
from linnet.model.grouping import MAX_FOLDERS, MAX_LOGO_URLS, Folder, clean_folder, new_folder_id
from linnet.qr.logo import read_logo
from linnet.qr.style import data_logo
from linnet.storage.unit_of_work import UnitOfWork

# Links that are taken out of a folder in one transaction, and in one call.
_AT_ONCE: Final = 500
MAX_EMPTIED: Final = 50_000
# What the routes of all links in a folder may have from it.
_IN_ROUTES: Final = ("integration_adroll", "integration_fb", "integration_tt", "integration_ga", "integration_gtm")


@dataclass(frozen=True, slots=True)
class FolderDeleted:
    """What became of a folder: its links are in none now. ``whole`` False: there are more, and the folder is still there."""

    folder: Folder
    links: int
    whole: bool


def list_folders(context: Context, domain_id: int) -> list[Folder]:
    """All folders of a domain, by name; DomainNotFound also for another's domain."""
    with context.database.read() as work:
        return work.folders.search(domain_by_id(work, context.actor, Action.READ, domain_id).id)


def folder_names(context: Context, domain_id: int) -> list[tuple[str, str]]:
    """The ids of a domain's folders with their names, by name, without what else they have: logos are large."""
    with context.database.read() as work:
        names = work.folders.names(domain_by_id(work, context.actor, Action.READ, domain_id).id)
    return sorted(names.items(), key=lambda each: (each[1], each[0]))


def find_folder(context: Context, domain_id: int, folder_id: str) -> Folder | None:
    """A folder of a domain, None when it has none such; DomainNotFound also for another's domain."""
    with context.database.read() as work:
        return work.folders.find(domain_by_id(work, context.actor, Action.READ, domain_id).id, folder_id)


def create_folder(context: Context, domain_id: int, name: str, settings: Mapping[str, Any]) -> Folder:
    """A new folder in a domain, with ``settings`` by the names of Folder's fields; QuotaReached when the domain is full.

    InvalidField also for a style in which no code could be read, and for a logo in a ``data:`` URL that is no picture. A logo
    behind an address is looked at when a code is drawn: its server may be away now.
    """
    folder = _checked(
        Folder(
            id=new_folder_id(context.chooser),
            domain_id=domain_id,
            owner_id=context.actor.user_id,
            name=name,
            created_at=context.now(),
            **settings,
        )
    )
    with context.database.write() as work:
        domain = domain_by_id(work, context.actor, Action.WRITE, domain_id)
        if work.folders.count(domain.id) >= MAX_FOLDERS:
            raise QuotaReached(f"{domain.hostname} has {MAX_FOLDERS} folders already, which is as many as a domain may have.")
        _refuse_logos(work, domain, folder, None)
        work.folders.add(folder)
        context.note(work, Event.FOLDER_CREATED, folder.id, domain, name=folder.name)
    context.publish(work.sequence)
    return folder


def update_folder(context: Context, domain_id: int, folder_id: str, settings: Mapping[str, Any]) -> Folder:
    """Change what ``settings`` hold by the names of Folder's fields (None clears); refused as for a new folder.

    Defaults are for links that are made in the folder from now on; tracking is for all in it that have none themselves.
    """
    with context.database.read() as work:
        folder = _folder(context, work, domain_id, folder_id)[1]
    _checked(replace(folder, **settings))
    with context.database.write() as work:
        domain, folder = _folder(context, work, domain_id, folder_id)
        changed = clean_folder(replace(folder, **settings))
        _refuse_logos(work, domain, changed, folder)
        names = [name for name in settings if getattr(changed, name) != getattr(folder, name)]
        if names:
            work.folders.save(changed)
            if any(name in _IN_ROUTES for name in names):
                # The links are not named one by one: a folder may hold most of the domain's.
                work.changes.record_all(domain.id)
            context.note(work, Event.FOLDER_UPDATED, folder.id, domain, name=changed.name, fields=sorted(names))
    context.publish(work.sequence)
    return changed


def delete_folder(context: Context, domain_id: int, folder_id: str) -> FolderDeleted:
    """Take all links out of a folder, which keep all that they have themselves, and remove it. Of more than 50,000 links, so
    many are taken out, and the folder stays until this is asked again.

    NotAllowed for who sees only some links of the domain: others' would lose their folder.
    """
    emptied = 0
    while True:
        with context.database.write() as work:
            domain, folder = _folder(context, work, domain_id, folder_id)
            if narrowed_to(context.actor, domain) is not None:
                raise NotAllowed("Only who sees all links of a domain deletes its folders.")
            numbers = work.folders.link_numbers(domain.id, (folder.id,), limit=_AT_ONCE)
            links = work.links.find_many((), numbers, hold=True)
            if links:
                work.links.set_folder([link.number for link in links], None, context.now())
                record_searched(work, domain, links)
                context.note(work, Event.LINKS_MOVED, str(domain.id), domain, folder_id=None, **noted(links))
            emptied += len(links)
            last = len(numbers) < _AT_ONCE
            if last:
                work.folders.remove(folder)
                context.note(work, Event.FOLDER_DELETED, folder.id, domain, name=folder.name, links=emptied)
        context.publish(work.sequence)
        if last or emptied >= MAX_EMPTIED:
            return FolderDeleted(folder, emptied, whole=last)


def _checked(folder: Folder) -> Folder:
    """``folder`` in its stored form, if codes in its style can be read."""
    cleaned = clean_folder(folder)
    folder_style(cleaned)
    logo = data_logo(cleaned.logo_url, field="logoUrl") if cleaned.logo_url is not None else None
    if logo is not None:
        read_logo(logo, field="logoUrl")
    return cleaned


def _folder(context: Context, work: UnitOfWork, domain_id: int, folder_id: str) -> tuple[Domain, Folder]:
    domain = domain_by_id(work, context.actor, Action.WRITE, domain_id)
    folder = work.folders.find(domain.id, folder_id)
    if folder is None:
        raise FolderNotFound(f"{domain.hostname} has no such folder; it may have been deleted.")
    return domain, folder


def _refuse_logos(work: UnitOfWork, domain: Domain, folder: Folder, former: Folder | None) -> None:
    own = len(former.logo_url) if former is not None and former.logo_url is not None else 0
    if folder.logo_url is not None and work.folders.logo_size(domain.id) - own + len(folder.logo_url) > MAX_LOGO_URLS:
        raise InvalidField(
            f"The logos of {domain.hostname}'s folders would take more than {MAX_LOGO_URLS} characters together; "
            "give their addresses instead of data: URLs.",
            field="logoUrl",
        )
