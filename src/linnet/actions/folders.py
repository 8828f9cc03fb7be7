"""Folders: made, read and listed."""

from collections.abc import Mapping
from typing import Any

from linnet.actions.context import Context, domain_by_id
from linnet.actions.qr import folder_style
from linnet.model.access import Action
from linnet.model.audit import Event
from linnet.model.errors import InvalidField, QuotaReached
from linnet.model.grouping import MAX_FOLDERS, MAX_LOGO_URLS, Folder, clean_folder, new_folder_id
from linnet.qr.logo import read_logo
from linnet.qr.style import data_logo


def list_folders(context: Context, domain_id: int) -> list[Folder]:
    """All folders of a domain, by name; DomainNotFound also for another's domain."""
    with context.database.read() as work:
        return work.folders.search(domain_by_id(work, context.actor, Action.READ, domain_id).id)


def find_folder(context: Context, domain_id: int, folder_id: str) -> Folder | None:
    """A folder of a domain, None when it has none such; DomainNotFound also for another's domain."""
    with context.database.read() as work:
        return work.folders.find(domain_by_id(work, context.actor, Action.READ, domain_id).id, folder_id)


def create_folder(context: Context, domain_id: int, name: str, settings: Mapping[str, Any]) -> Folder:
    """A new folder in a domain, with ``settings`` by the names of Folder's fields; QuotaReached when the domain is full.

    InvalidField also for a style in which no code could be read, and for a logo in a ``data:`` URL that is no picture. A logo
    behind an address is looked at when a code is drawn: its server may be away now.
    """
    folder = clean_folder(
        Folder(
            id=new_folder_id(context.chooser),
            domain_id=domain_id,
            owner_id=context.actor.user_id,
            name=name,
            created_at=context.now(),
            **settings,
        )
    )
    folder_style(folder)
    logo = data_logo(folder.logo_url, field="logoUrl") if folder.logo_url is not None else None
    if logo is not None:
        read_logo(logo, field="logoUrl")
    with context.database.write() as work:
        domain = domain_by_id(work, context.actor, Action.WRITE, domain_id)
        if work.folders.count(domain.id) >= MAX_FOLDERS:
            raise QuotaReached(f"{domain.hostname} has {MAX_FOLDERS} folders already, which is as many as a domain may have.")
        if folder.logo_url is not None and work.folders.logo_size(domain.id) + len(folder.logo_url) > MAX_LOGO_URLS:
            raise InvalidField(
                f"The logos of {domain.hostname}'s folders would take more than {MAX_LOGO_URLS} characters together; "
                "give their addresses instead of data: URLs.",
                field="logoUrl",
            )
        work.folders.add(folder)
        context.note(work, Event.FOLDER_CREATED, folder.id, domain, name=folder.name)
    context.publish(work.sequence)
    return folder
