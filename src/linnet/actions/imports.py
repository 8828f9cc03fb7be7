"""Imports of links: a file is taken in, looked at, and obeyed, a portion of rows in each transaction.

Whatever is killed in between, each row is obeyed once: how far an import is rides in the transaction that makes its links.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from linnet.actions.context import Context, domain_by_id
from linnet.actions.notes import tell
from linnet.model.access import Action
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import ImportNotFound, ImportNotReady, QuotaReached, TooLarge
from linnet.model.link_import import (
    KEPT,
    MAX_FILE_BYTES,
    MAX_IMPORTS,
    ImportState,
    LinkImport,
    Outcome,
    RowProblem,
)
from linnet.model.profile import NoteKind
from linnet.storage.database import Database
from linnet.storage.link_imports import lease_until
from linnet.storage.unit_of_work import UnitOfWork

MAX_SAMPLE: Final = 10
_PART_BYTES: Final = 1 << 20
_PAGE: Final = 500
_MOST_NAME: Final = 200


class ImportLost(Exception):
    """Somebody else went on with the import, stopped or removed it; what was begun is undone."""


def begin_import(context: Context, domain_id: int, file_name: str, content: bytes, wish: Mapping[str, Any]) -> LinkImport:
    """Take a file in, for who may create links in the domain. TooLarge beyond 50 MB, QuotaReached when the actor has five."""
    if len(content) > MAX_FILE_BYTES:
        raise TooLarge(f"The file is larger than {MAX_FILE_BYTES // 1_000_000} MB: split it.", field="file")
    now, user_id = context.now(), context.actor.user_id
    with context.database.write() as work:
        domain = domain_by_id(work, context.actor, Action.CREATE, domain_id)
        if work.link_imports.count(user_id) >= MAX_IMPORTS:
            raise QuotaReached(f"You have {MAX_IMPORTS} files here already: remove one first, or wait a day.")
        job = LinkImport(
            id=0,
            domain_id=domain.id,
            user_id=user_id,
            file_name="".join(each for each in file_name if each.isprintable())[:_MOST_NAME] or "links.csv",
            size=len(content),
            state=ImportState.UPLOADED,
            created_at=now,
            changed_at=now,
            wish=dict(wish),
        )
        import_id = work.link_imports.add(job)
        for number, begin in enumerate(range(0, len(content), _PART_BYTES)):
            work.link_imports.add_part(import_id, number, content[begin : begin + _PART_BYTES])
    return dataclasses.replace(job, id=import_id)


def list_imports(context: Context, domain_id: int) -> tuple[Domain, list[LinkImport]]:
    """The domain and the actor's own imports into it, newest first."""
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.CREATE, domain_id)
        return domain, work.link_imports.search(context.actor.user_id, domain.id)


def find_import(context: Context, domain_id: int, import_id: int) -> tuple[Domain, LinkImport]:
    """The domain and an import of the actor's own; ImportNotFound for others' as for unknown ones."""
    with context.database.read() as work:
        return _own(context, work, domain_id, import_id)


def check_import(context: Context, domain_id: int, import_id: int, wish: Mapping[str, Any]) -> None:
    """Have all rows looked at, and nothing stored of them."""
    _begin(context, domain_id, import_id, ImportState.CHECKING, wish)


def start_import(context: Context, domain_id: int, import_id: int) -> None:
    """Have all rows obeyed as the last check did; ImportNotReady before one."""
    _begin(context, domain_id, import_id, ImportState.IMPORTING, None)


def stop_import(context: Context, domain_id: int, import_id: int) -> None:
    """Go no further; what was made stays."""
    with context.database.write() as work:
        domain, job = _own(context, work, domain_id, import_id, hold=True)
        if job.at_work:
            changed = dataclasses.replace(job, state=ImportState.STOPPED, changed_at=context.now())
            work.link_imports.save(changed)
            _note_end(context, work, domain, changed, dry=job.dry)


def remove_import(context: Context, domain_id: int, import_id: int) -> None:
    """Forget the file and its report; ImportNotReady while it is at work."""
    with context.database.write() as work:
        _, job = _own(context, work, domain_id, import_id, hold=True)
        if job.at_work:
            raise ImportNotReady("The import is at work: stop it first.")
        work.link_imports.remove(job.id)


def content_of(database: Database, job: LinkImport) -> Iterator[bytes]:
    """The file, a part at a time."""
    for number in range(-(-job.size // _PART_BYTES)):
        with database.read() as work:
            part = work.link_imports.part(job.id, number)
        if part is None:
            return
        yield part


def problems_of(database: Database, job: LinkImport, *, after: int = 0, limit: int | None = None) -> Iterator[RowProblem]:
    """The rows that were refused, in their order: all of them, or the first ones."""
    left = limit
    while left is None or left > 0:
        with database.read() as work:
            found = work.link_imports.problems(job.id, after=after, limit=_PAGE if left is None else min(_PAGE, left))
        yield from found
        if not found:
            return
        after = found[-1].row
        left = None if left is None else left - len(found)


def lease_import(context: Context, import_id: int | None = None) -> LinkImport | None:
    """An import at work that nobody has in hand, or this one, for who goes on with it; None when there is none."""
    with context.database.read() as work:
        if not work.link_imports.any_at_work():
            return None
    with context.database.write() as work:
        return work.link_imports.lease(context.now(), lease_until(context.now()), import_id)


def note_portion(
    context: Context,
    work: UnitOfWork,
    job: LinkImport,
    last: int,
    outcomes: Mapping[int, Outcome],
    problems: Sequence[RowProblem],
) -> None:
    """Note inside of a transaction what became of rows up to ``last``; ImportLost undoes it when the import is not as ``job``
    has it any more."""
    counts = dict(Counter(outcomes.values()))
    if not work.link_imports.advance(job, last, counts, lease_until(context.now()), context.now()):
        raise ImportLost
    work.link_imports.add_problems(job.id, problems)


def save_sample(context: Context, job: LinkImport, sample: Sequence[dict[str, Any]]) -> None:
    """Keep the first rows as they were understood, for people to look at."""
    with context.database.write() as work:
        work.link_imports.save_sample(job.id, sample[:MAX_SAMPLE])


def end_import(context: Context, job: LinkImport, *, message: str = "") -> None:
    """Note that all rows were looked at, or, with a message, that the import failed. Nothing when somebody else did."""
    with context.database.write() as work:
        found = work.link_imports.find(job.id, hold=True)
        if found is None or found.state is not job.state:
            return
        done = ImportState.CHECKED if found.dry else ImportState.DONE
        state = ImportState.FAILED if message else done
        rows = found.rows if message else found.done
        changed = dataclasses.replace(found, state=state, rows=rows, message=message[:1000], changed_at=context.now())
        work.link_imports.save(changed)
        domain = work.domains.find(job.domain_id)
        if domain is not None:
            _note_end(context, work, domain, changed, dry=found.dry)


def forget_imports(context: Context, *, limit: int) -> int:
    """Remove files that are older than a day, and have not moved for as long if they are at work; how many."""
    before = context.now() - KEPT
    with context.database.write() as work:
        return work.link_imports.remove_old(before, before, limit=limit)


def _begin(context: Context, domain_id: int, import_id: int, state: ImportState, wish: Mapping[str, Any] | None) -> None:
    with context.database.write() as work:
        _, job = _own(context, work, domain_id, import_id, hold=True)
        if job.at_work:
            raise ImportNotReady("The import is at work already.")
        if state is ImportState.IMPORTING and job.state is not ImportState.CHECKED:
            raise ImportNotReady("The file has to be checked before it is imported.")
        work.link_imports.forget_problems(job.id)
        # A role that a team gives only to those who gave a second factor is the import's if it was its owner's.
        asked = {**(job.wish if wish is None else wish), "secondFactor": not context.actor.locked}
        fresh = {} if wish is None else {"rows": 0, "sample": []}
        counts = dict.fromkeys(("done", "created", "updated", "skipped", "refused"), 0)
        changes: dict[str, Any] = {"state": state, "changed_at": context.now(), "wish": asked, "message": "", **counts, **fresh}
        begun = dataclasses.replace(job, **changes)
        work.link_imports.save(begun)


def _own(
    context: Context, work: UnitOfWork, domain_id: int, import_id: int, *, hold: bool = False
) -> tuple[Domain, LinkImport]:
    domain = domain_by_id(work, context.actor, Action.CREATE, domain_id)
    job = work.link_imports.find(import_id, hold=hold)
    if job is None or (job.user_id, job.domain_id) != (context.actor.user_id, domain.id):
        raise ImportNotFound("There is no such import; files are removed after a day.")
    return domain, job


def _note_end(context: Context, work: UnitOfWork, domain: Domain, job: LinkImport, *, dry: bool) -> None:
    if not dry:
        counts = {name: getattr(job, name) for name in ("created", "updated", "skipped", "refused")}
        context.note(work, Event.LINKS_IMPORTED, str(domain.id), domain, state=job.state.value, **counts)
        page = f"/dashboard/domains/{domain.id}/import/{job.id}"
        told = {"domain": domain.unicode_hostname, "message": job.message, "path": page}
        tell(context, work, [job.user_id], NoteKind.IMPORT_ENDED, **told, **counts)
