"""Folders of a domain: listed, made, changed with what links made in them get, and deleted."""

from dataclasses import fields
from typing import Any, Final

from litestar import Response

from linnet.actions.folders import create_folder, delete_folder, list_folders, update_folder
from linnet.actions.link_table import label_counts
from linnet.dashboard.forms import Form, errors_of
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.texts import gettext, ngettext
from linnet.model.access import Action, Rule, Subject, may, narrowed_to
from linnet.model.domain import Domain
from linnet.model.errors import FolderNotFound, InvalidField, QuotaReached
from linnet.model.grouping import Folder, folder_wire_name

# What the form asks for; logos are chosen where QR codes are drawn.
_TEXTS: Final = (
    *("name", "color", "background_color", "icon", "prefix", "utm_source", "utm_medium", "utm_campaign", "utm_term"),
    *("utm_content", "integration_ga", "integration_gtm", "integration_fb", "integration_tt", "integration_adroll"),
)
_NUMBERS: Final = ("redirect_type", "expires_at_days")
_COLOURS: Final = ("color", "background_color")


def folders_path(domain_id: int) -> str:
    """The address of a domain's folders."""
    return f"/dashboard/domains/{domain_id}/folders"


def _folders(asked: Asked) -> Response[Any]:
    return _list(asked, asked.domain())


def _list(asked: Asked, domain: Domain, *, name: str = "", errors: dict[str, str] | None = None) -> Response[Any]:
    found = list_folders(asked.context, domain.id)
    counts = label_counts(asked.context, asked.options.search, domain, "folder", [each.id for each in found])
    return asked.page(
        "folders.html",
        status=400 if errors else 200,
        domain=domain,
        folders=found,
        counts=counts,
        may_write=may(asked.context.actor, Action.WRITE, domain),
        name=name,
        errors=errors or {},
    )


def _create(asked: Asked) -> Response[Any]:
    domain = asked.domain_to_change()
    name = asked.form.text("name")
    try:
        folder = create_folder(asked.context, domain.id, name, {})
    except (InvalidField, QuotaReached) as refusal:
        return _list(asked, domain, name=name, errors=errors_of(refusal, "name"))
    return asked.go_to(
        f"{folders_path(domain.id)}/{folder.id}", notice=gettext("The folder is there. Links made in it get what you set here.")
    )


def _edit(asked: Asked) -> Response[Any]:
    domain, folder = _found(asked)
    values = {folder_wire_name(field.name): getattr(folder, field.name) for field in fields(Folder)}
    return _form(asked, domain, folder, {name: "" if value is None else str(value) for name, value in values.items()})


def _save(asked: Asked) -> Response[Any]:
    asked.domain_to_change()
    domain, folder = _found(asked)
    try:
        update_folder(asked.context, domain.id, folder.id, _settings(asked.form))
    except InvalidField as refusal:
        typed = {folder_wire_name(name): asked.form.raw(folder_wire_name(name)) for name in (*_TEXTS, *_NUMBERS)}
        return _form(asked, domain, folder, typed, errors_of(refusal, "name"))
    return asked.go_to(folders_path(domain.id), notice=gettext("The folder was saved."))


def _form(
    asked: Asked, domain: Domain, folder: Folder, values: dict[str, str], errors: dict[str, str] | None = None
) -> Response[Any]:
    counts = label_counts(asked.context, asked.options.search, domain, "folder", [folder.id])
    return asked.page(
        "folder.html",
        status=400 if errors else 200,
        domain=domain,
        folder=folder,
        values=values,
        errors=errors or {},
        count=counts.get(folder.id),
        may_delete=narrowed_to(asked.context.actor, domain) is None,
    )


def _settings(form: Form) -> dict[str, Any]:
    """What the form says, by the names of Folder's fields; InvalidField for a number that is none."""
    settings: dict[str, Any] = {}
    for name in _TEXTS:
        text = form.text(folder_wire_name(name))
        settings[name] = text.removeprefix("#") if name in _COLOURS else text
        if name != "name":
            settings[name] = settings[name] or None
    for name in _NUMBERS:
        wire = folder_wire_name(name)
        settings[name] = form.number(wire)
        if settings[name] is None and form.text(wire):
            raise InvalidField(gettext("This must be a whole number, or nothing."), field=wire)
    return settings


def _delete(asked: Asked) -> Response[Any]:
    domain, folder = _found(asked)
    deleted = delete_folder(asked.context, domain.id, folder.id)
    told = ngettext("%(num)d link is in no folder now.", "%(num)d links are in no folder now.", deleted.links)
    told = told % {"num": deleted.links}
    if not deleted.whole:
        return asked.go_to(
            f"{folders_path(domain.id)}/{folder.id}",
            notice=gettext("The folder has many links, and is not empty yet. Delete it again.") + " " + told,
        )
    return asked.go_to(folders_path(domain.id), notice=gettext("The folder was deleted.") + " " + told)


def _found(asked: Asked) -> tuple[Domain, Folder]:
    domain = asked.domain()
    for folder in list_folders(asked.context, domain.id):
        if folder.id == asked.path["folder_id"]:
            return domain, folder
    raise FolderNotFound(gettext("There is no such folder; it may have been deleted."))


_WRITES: Final = Rule(Subject.DOMAIN, Action.WRITE)
PAGES: Final = (
    Page("GET", "/dashboard/domains/{domain_id:int}/folders", _folders, Rule(Subject.DOMAIN, Action.READ)),
    Page("POST", "/dashboard/domains/{domain_id:int}/folders", _create, _WRITES),
    Page("GET", "/dashboard/domains/{domain_id:int}/folders/{folder_id:str}", _edit, Rule(Subject.DOMAIN, Action.READ)),
    Page("POST", "/dashboard/domains/{domain_id:int}/folders/{folder_id:str}", _save, _WRITES),
    # It takes links of everybody out of the folder.
    Page(
        "POST",
        "/dashboard/domains/{domain_id:int}/folders/{folder_id:str}/delete",
        _delete,
        Rule(Subject.DOMAIN, Action.WRITE, whole=True),
    ),
)
