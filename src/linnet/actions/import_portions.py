"""Portions of imported rows, obeyed in one transaction with the note of how far the import is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from linnet.actions.bulk import BulkRow, create_links_bulk
from linnet.actions.context import Context, domain_by_id
from linnet.actions.editing import Edit, checked_edit, save_edit
from linnet.actions.folders import create_folder
from linnet.actions.imports import note_portion
from linnet.actions.links import update_link
from linnet.actions.placing import LinkInDomain, is_visible
from linnet.model.access import Action
from linnet.model.domain import Domain
from linnet.model.editing import NOTHING_BESIDE, Beside
from linnet.model.errors import InvalidField, PathTaken, Refusal, StorageUnavailable
from linnet.model.link import Link, LinkDraft
from linnet.model.link_import import LinkImport, Outcome, RowProblem, Taken
from linnet.model.path import clean_path, path_key
from linnet.model.unset import UNSET
from linnet.storage.unit_of_work import UnitOfWork

SOURCE = "spreadsheets"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """What a row of a file says: a link, in a folder by its name or id ("" for none) and with something beside it, or what is
    wrong. ``line`` is where it begins in the file, ``number`` its place among the rows."""

    number: int
    line: int
    draft: LinkDraft | Refusal
    folder: str = ""
    beside: Beside = NOTHING_BESIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class PortionWish:
    """What becomes of rows whose path is ``taken``; whether folders are made that are not there, and whether rows without a
    path make links to destinations that others lead to already. ``told_of`` names the column that a refusal is about, and says
    in the file's words what is wrong."""

    taken: Taken
    create_folders: bool
    allow_duplicates: bool
    told_of: Callable[[Refusal], tuple[str, str]]


@dataclass(slots=True)
class FoldersSeen:
    """The folders of an import by what its rows call them, from portion to portion. ``promised`` are those that a dry run would
    make."""

    by_name: dict[str, str | Refusal] = field(default_factory=dict)
    promised: set[str] = field(default_factory=set)


class _Undone(Exception):
    """Ends the transaction of a dry run."""


def obey_portion(
    context: Context, job: LinkImport, rows: Sequence[ImportRow], wish: PortionWish, folders: FoldersSeen
) -> dict[int, Outcome]:
    """Obey up to 1,000 rows, of which no two have the same path, and note it; or, in a dry run, note what would become of them.
    What became of each, by its number. ImportLost when somebody else went on with the import: then nothing was done."""
    domain = _domain(context, job)
    resolved = [_in_folder(context, domain, row, wish, folders, dry=job.dry) for row in rows]
    updates = _existing(context, domain, resolved) if wish.taken is Taken.OVERWRITE else {}
    outcomes: dict[int, Outcome | Refusal] = {
        row.number: _update(context, updates[row.number], row.draft, row.beside, dry=job.dry)
        for row in resolved
        if row.number in updates and not isinstance(row.draft, Refusal)
    }
    created = [row for row in resolved if row.number not in outcomes]
    portion = _Portion(context, job, rows, wish, outcomes)
    asked = [
        BulkRow(_without_password(row.draft) if job.dry else row.draft, wish.allow_duplicates, row.beside) for row in created
    ]

    def within(work: UnitOfWork, made: Sequence[LinkInDomain | Refusal]) -> None:
        portion.take(created, made)
        if job.dry:
            raise _Undone
        portion.note(work)

    try:
        create_links_bulk(context, domain.hostname, asked, source=SOURCE, within=within)
    except _Undone:
        with context.database.write() as work:
            portion.note(work)
    return portion.plain()


@dataclass(slots=True)
class _Portion:
    context: Context
    job: LinkImport
    rows: Sequence[ImportRow]
    wish: PortionWish
    outcomes: dict[int, Outcome | Refusal]

    def take(self, created: Sequence[ImportRow], made: Sequence[LinkInDomain | Refusal]) -> None:
        """Note what became of the rows that should make links."""
        for row, outcome in zip(created, made, strict=True):
            self.outcomes[row.number] = self._judged(outcome)

    def note(self, work: UnitOfWork) -> None:
        problems = [
            RowProblem(row.number, row.line, *self.wish.told_of(refusal))
            for row in self.rows
            if isinstance(refusal := self.outcomes[row.number], Refusal)
        ]
        note_portion(self.context, work, self.job, self.rows[-1].number, self.plain(), problems)

    def plain(self) -> dict[int, Outcome]:
        return {
            number: Outcome.REFUSED if isinstance(each, Refusal) else each for number, each in sorted(self.outcomes.items())
        }

    def _judged(self, made: LinkInDomain | Refusal) -> Outcome | Refusal:
        if isinstance(made, PathTaken) and self.wish.taken is Taken.SKIP:
            return Outcome.SKIPPED
        if isinstance(made, PathTaken) and self.wish.taken is Taken.OVERWRITE and self.job.dry:
            # By an earlier row, whose link there will be.
            return Outcome.UPDATED
        if isinstance(made, Refusal):
            return made
        if made.duplicate and self.wish.taken is Taken.REFUSE:
            return InvalidField(f"The link {made.domain.hostname}/{made.link.path} is there already.", field="path")
        return Outcome.SKIPPED if made.duplicate else Outcome.CREATED


def _domain(context: Context, job: LinkImport) -> Domain:
    with context.database.read() as work:
        return domain_by_id(work, context.actor, Action.CREATE, job.domain_id)


def _in_folder(
    context: Context, domain: Domain, row: ImportRow, wish: PortionWish, folders: FoldersSeen, *, dry: bool
) -> ImportRow:
    if not row.folder or isinstance(row.draft, Refusal):
        return row
    if not folders.by_name:
        with context.database.read() as work:
            known = work.folders.names(domain.id)
        folders.by_name |= {name: folder_id for folder_id, name in reversed(known.items())} | {each: each for each in known}
    found = folders.by_name.get(row.folder)
    if found is None and row.folder not in folders.promised:
        found = _new_folder(context, domain, row.folder, wish, folders, dry=dry)
    if isinstance(found, Refusal):
        return replace(row, draft=found)
    return replace(row, draft=LinkDraft.of({**vars(row.draft), "folder_id": found})) if found else row


def _new_folder(
    context: Context, domain: Domain, name: str, wish: PortionWish, folders: FoldersSeen, *, dry: bool
) -> str | Refusal | None:
    if not wish.create_folders:
        return InvalidField(f"{domain.hostname} has no folder '{name[:100]}'.", field="folderId")
    if dry:
        folders.promised.add(name)
        return None
    try:
        found: str | Refusal = create_folder(context, domain.id, name, {}).id
    except StorageUnavailable:
        raise
    except Refusal as refusal:
        found = type(refusal)(refusal.message, field="folderId") if isinstance(refusal, InvalidField) else refusal
    folders.by_name[name] = found
    return found


def _existing(context: Context, domain: Domain, rows: Sequence[ImportRow]) -> Mapping[int, Link]:
    """The links that rows are about, by the rows' numbers, as far as the actor sees them."""
    keys: dict[str, int] = {}
    for row in rows:
        if isinstance(row.draft, LinkDraft) and isinstance(row.draft.path, str):
            try:
                keys[path_key(clean_path(row.draft.path), case_sensitive=domain.case_sensitive)] = row.number
            except InvalidField:
                continue
    with context.database.read() as work:
        found = work.links.find_by_paths(domain.id, keys)
        return {keys[key]: link for key, link in found.items() if is_visible(context, work, domain, link)}


def _update(context: Context, link: Link, draft: LinkDraft, beside: Beside, *, dry: bool) -> Outcome | Refusal:
    """Obey a row about a link that is there: in a transaction of its own, which does the same if it is done once more."""
    changes = LinkDraft.of({name: value for name, value in vars(draft).items() if name != "path"})
    try:
        edit = Edit(
            draft=changes, places=beside.places, rules=beside.rules, variants=beside.variants, opengraph=beside.opengraph
        )
        if dry:
            checked_edit(context, edit)
        elif beside is NOTHING_BESIDE:
            update_link(context, link.id, changes)
        else:
            save_edit(context, link.id, edit)
    except StorageUnavailable:
        raise
    except Refusal as refusal:
        return refusal
    return Outcome.UPDATED


def _without_password(draft: LinkDraft | Refusal) -> LinkDraft | Refusal:
    """Hashing takes long, and a dry run stores none."""
    if isinstance(draft, Refusal) or draft.password is UNSET:
        return draft
    return LinkDraft.of({name: value for name, value in vars(draft).items() if name != "password"})
