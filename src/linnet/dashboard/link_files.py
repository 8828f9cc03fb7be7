"""Links from files, and into files: upload, columns, dry run, progress, the report of bad rows, and the export."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response

from linnet.actions import imports
from linnet.actions.link_export import export_links
from linnet.dashboard.link_labels import part_labels
from linnet.dashboard.pages import Asked, Page
from linnet.dashboard.texts import gettext
from linnet.importers.columns import FIELDS, checked_columns
from linnet.importers.csv_file import ENCODINGS, SEPARATORS, CsvFormat, heads_of, rows_of
from linnet.importers.link_file import link_csv, problem_csv
from linnet.importers.run import first_rows, guessed, take_file, wish_json, written_of
from linnet.model.access import Action, Rule, Subject
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, QuotaReached, Refusal, TooLarge
from linnet.model.link import wire_name
from linnet.model.link_import import MAX_FILE_BYTES, ImportState, LinkImport, Taken
from linnet.model.search import query_of
from linnet.model.statistics import UTM_FIELDS
from linnet.network.sending import file_of

_LIST: Final = "/dashboard/domains/{domain_id:int}/import"
_ONE: Final = _LIST + "/{import_id:int}"
_EXPORT: Final = "/dashboard/domains/{domain_id:int}/export"
_MEDIA_TYPE: Final = "text/csv; charset=utf-8; header=present"
_PROBLEMS_SHOWN: Final = 50
_CELL_SHOWN: Final = 80
_FILTERS: Final = ("q", "folder", "tag", "creator", "show", "sort")


def _show_list(asked: Asked) -> Response[Any]:
    asked.domain_to_change()
    return _list(asked)


def _list(asked: Asked, refusal: Refusal | None = None) -> Response[Any]:
    domain, known = imports.list_imports(asked.context, asked.path["domain_id"])
    errors = {"file": refusal.message} if refusal is not None else {}
    return asked.page("import.html", status=400 if refusal else 200, domain=domain, known=known, errors=errors, message="")


def _upload(asked: Asked) -> Response[Any]:
    file, domain_id = asked.form.file("file"), asked.domain_to_change().id
    try:
        if file is None:
            raise InvalidField(gettext("Choose a file."), field="file")
        job = take_file(asked.context, domain_id, file.name, file.content)
    except (InvalidField, TooLarge, QuotaReached) as refusal:
        return _list(asked, refusal)
    return asked.go_to(_address(job))


def _show(asked: Asked) -> Response[Any]:
    domain, job = _found(asked)
    if job.state is ImportState.UPLOADED or (asked.query.flag("columns") and not job.at_work):
        return _columns(asked, domain, job, job.wish)
    shown: dict[str, Any] = {"domain": domain, "job": job, "page_address": _address(job)}
    problems = list(imports.problems_of(asked.context.database, job, limit=_PROBLEMS_SHOWN)) if not job.at_work else []
    if asked.by_script:
        # Polled while rows are looked at; when that is over the whole page comes anew.
        answer = asked.page("import_progress.html", **shown)
        if not job.at_work:
            answer.headers["HX-Refresh"] = "true"
        return answer
    return asked.page("import_job.html", problems=problems, **shown)


def _check(asked: Asked) -> Response[Any]:
    """Read the form about columns; look at all rows, or only show the first ones as they would be read."""
    domain, job = _found(asked)
    form = asked.form
    sent: dict[str, Any] = {
        "encoding": form.text("encoding"),
        "separator": {"tab": "\t"}.get(form.text("separator"), form.text("separator")),
        "heads": form.flag("heads"),
        "columns": {},
        "taken": form.text("taken"),
        "createFolders": form.flag("create_folders"),
        "allowDuplicates": form.flag("allow_duplicates"),
    }
    try:
        written = CsvFormat(sent["encoding"], sent["separator"], sent["heads"])
        if form.flag("again"):
            sent["columns"] = guessed(asked.context, job, written)
            return _columns(asked, domain, job, sent)
        sent["columns"] = _chosen(asked)
        heads, _ = first_rows(asked.context, job, written, limit=1)
        columns = checked_columns(sent["columns"], len(heads))
        wish = wish_json(
            written,
            columns,
            taken=_taken(sent["taken"]),
            create_folders=sent["createFolders"],
            allow_duplicates=sent["allowDuplicates"],
        )
    except InvalidField as refusal:
        return _columns(asked, domain, job, job.wish | _readable(sent), refusal)
    imports.check_import(asked.context, domain.id, job.id, wish)
    return asked.go_to(_address(job))


def _start(asked: Asked) -> Response[Any]:
    _, job = _found(asked)
    imports.start_import(asked.context, job.domain_id, job.id)
    return asked.go_to(_address(job))


def _stop(asked: Asked) -> Response[Any]:
    _, job = _found(asked)
    imports.stop_import(asked.context, job.domain_id, job.id)
    return asked.go_to(_address(job), notice=gettext("The import is stopped. What was made stays."))


def _remove(asked: Asked) -> Response[Any]:
    _, job = _found(asked)
    imports.remove_import(asked.context, job.domain_id, job.id)
    return asked.go_to(f"/dashboard/domains/{job.domain_id}/import", notice=gettext("The file is removed."))


def _bad_rows(asked: Asked) -> Response[Any]:
    """The rows that were refused, as a file to be mended."""
    _, job = _found(asked)
    database, written = asked.context.database, written_of(job.wish)
    heads = heads_of(imports.content_of(database, job), written)
    rows = rows_of(imports.content_of(database, job), written)
    return file_of(problem_csv(heads, rows, imports.problems_of(database, job)), _MEDIA_TYPE, f"bad-rows-{job.id}.csv")


def _export(asked: Asked) -> Response[Any]:
    """The links of a domain that the filters of the list leave, as a file: without any the same ones as the list has."""
    query = query_of({name: asked.query.text(name) for name in _FILTERS})
    domain, portions = export_links(asked.context, asked.path["domain_id"], asked.options.search, query)
    short_url = asked.options.short_url
    parts = link_csv(portions, lambda link: short_url(domain, link.path))
    return file_of(parts, _MEDIA_TYPE, f"links-{domain.hostname}.csv")


def _found(asked: Asked) -> tuple[Domain, LinkImport]:
    return imports.find_import(asked.context, asked.path["domain_id"], asked.path["import_id"])


def _address(job: LinkImport) -> str:
    return f"/dashboard/domains/{job.domain_id}/import/{job.id}"


def _columns(
    asked: Asked, domain: Domain, job: LinkImport, wish: Mapping[str, Any], refusal: InvalidField | None = None
) -> Response[Any]:
    heads, rows = first_rows(asked.context, job, written_of(wish))
    field_of = {place: field for field, place in wish["columns"].items()}
    columns = []
    for place, head in enumerate(heads):
        cells = [row.cells[place][:_CELL_SHOWN] for row in rows if place < len(row.cells)]
        columns.append({"head": head, "field": field_of.get(place, ""), "cells": cells})
    encodings = (
        gettext("UTF-8"),
        gettext("UTF-16 (little endian)"),
        gettext("UTF-16 (big endian)"),
        gettext("Latin-1 (Windows)"),
    )
    separators = gettext("Comma"), gettext("Semicolon"), gettext("Tab"), gettext("Bar")
    return asked.page(
        "import_columns.html",
        status=400 if refusal is not None else 200,
        domain=domain,
        job=job,
        page_address=_address(job),
        wish=wish,
        columns=columns,
        labels=_labels(),
        encodings=list(zip(ENCODINGS, encodings, strict=True)),
        separators=list(zip((",", ";", "tab", "|"), separators, strict=True)),
        message=refusal.message if refusal is not None else "",
    )


def _chosen(asked: Asked) -> dict[str, int]:
    """The column of each field; InvalidField when two columns are said to be the same field."""
    columns: dict[str, int] = {}
    for place, field in enumerate(asked.form.all("column")):
        if not field:
            continue
        if field in columns:
            raise InvalidField(gettext("Two columns are said to be the same field."), field="columns")
        columns[field] = place
    return columns


def _taken(value: str) -> Taken:
    try:
        return Taken(value)
    except ValueError:
        raise InvalidField(gettext("Say what is to become of paths that exist."), field="taken") from None


def _readable(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What of a form can be shown again."""
    known = {"encoding": ENCODINGS, "separator": SEPARATORS, "taken": tuple(Taken)}
    shown = {name: value for name, value in sent.items() if name not in known or value in known[name]}
    return shown | {"columns": {field: place for field, place in sent["columns"].items() if field in FIELDS}}


def _labels() -> list[tuple[str, str]]:
    """What a column can be, by field."""
    labels = part_labels() | {
        "folder": gettext("Folder"),
        "shortURL": gettext("Short URL (its path is taken)"),
        "hasPassword": gettext("Has a password"),
        **{wire_name(name): name for name in UTM_FIELDS},
    }
    return [("", gettext("(not read)")), *((field, labels[field]) for field in FIELDS)]


_CREATING: Final = Rule(Subject.DOMAIN, Action.CREATE)
PAGES: Final = (
    Page("GET", _LIST, _show_list, _CREATING),
    Page("POST", _LIST, _upload, _CREATING, max_bytes=MAX_FILE_BYTES + (1 << 16)),
    Page("GET", _ONE, _show, _CREATING),
    Page("POST", _ONE, _check, _CREATING),
    Page("POST", _ONE + "/start", _start, _CREATING),
    Page("POST", _ONE + "/stop", _stop, _CREATING),
    Page("POST", _ONE + "/remove", _remove, _CREATING),
    Page("GET", _ONE + "/bad-rows", _bad_rows, _CREATING),
    Page("GET", _EXPORT, _export, Rule(Subject.DOMAIN, Action.READ)),
)
