"""Many links in one call: one transaction, and each row with an outcome of its own."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from linnet.actions.chosen import noted
from linnet.actions.context import Context, domain_by_hostname
from linnet.actions.editing import checked_beside, refuse_loops_beside, save_beside
from linnet.actions.links import NewLink, checked_draft, folder_of, prefix_of
from linnet.actions.loops import LoopGuard
from linnet.actions.passwords import hash_link_password
from linnet.actions.placing import LinkInDomain, generated_path, is_visible, path_taken
from linnet.actions.quota import quota_reached, room_for_links
from linnet.model.access import Action, narrowed_to
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.editing import NOTHING_BESIDE, Beside, Contents
from linnet.model.errors import InvalidField, PathsExhausted, PathTaken, Refusal, TooLarge
from linnet.model.grouping import Folder, with_folder_defaults
from linnet.model.link import Link, LinkDraft, merged_original_url
from linnet.model.path import path_key, wildcard_depth
from linnet.model.variants import NOTHING_OWN
from linnet.storage.unit_of_work import UnitOfWork

MAX_LINKS = 1000
MAX_PASSWORDS = 100
_ATTEMPTS = 3
_PATH_ATTEMPTS = 32


@dataclass(frozen=True, slots=True)
class BulkRow:
    """A row as asked: its draft, or the refusal that reading it brought; whether it may repeat a destination; and what is to be
    beside the link, if one is made."""

    draft: LinkDraft | Refusal
    allow_duplicates: bool
    beside: Beside = NOTHING_BESIDE


def create_links_bulk(
    context: Context,
    hostname: str,
    rows: Sequence[BulkRow],
    *,
    source: str = "api",
    passwords: set[str] | None = None,
    within: Callable[[UnitOfWork, Sequence[LinkInDomain | Refusal]], None] | None = None,
) -> list[LinkInDomain | Refusal]:
    """Create up to 1,000 links by the rules of ``create_link``, in order; a row that is refused leaves the others alone.

    ``passwords`` are those that were hashed in the same call for other domains: they count, and those of ``rows`` are added.
    ``within`` is called with the outcomes at the end of the transaction, for what has to be stored with it or not at all.
    """
    if len(rows) > MAX_LINKS:
        raise TooLarge(f"links holds {len(rows)} links; at most {MAX_LINKS} are allowed in one call.", field="links")
    cleaned = _bounded([_clean(context, row) for row in rows], set() if passwords is None else passwords)
    hashes = _hashes(context, hostname, cleaned)
    for attempt in range(_ATTEMPTS):
        try:
            with context.database.write() as work:
                domain = domain_by_hostname(work, context.actor, Action.CREATE, hostname)
                outcomes = _Bulk(context, work, domain, source, hashes).create(cleaned)
                if within is not None:
                    within(work, outcomes)
        except PathTaken:
            # Only where writers run at once: somebody took a path after we looked. Look again.
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            break
    context.publish(work.sequence)
    return outcomes


@dataclass(frozen=True, slots=True)
class _CleanRow:
    draft: LinkDraft
    original_url: str
    path: str | None
    allow_duplicates: bool
    beside: Beside
    prefix: str = ""


def _clean(context: Context, row: BulkRow) -> _CleanRow | Refusal:
    if isinstance(row.draft, Refusal):
        return row.draft
    try:
        draft = checked_draft(context, row.draft)
        original_url = merged_original_url(draft)
        beside = checked_beside(context, row.beside)
    except Refusal as refusal:
        return refusal
    return _CleanRow(draft, original_url, draft.path if isinstance(draft.path, str) else None, row.allow_duplicates, beside)


def _bounded(rows: Sequence[_CleanRow | Refusal], passwords: set[str]) -> list[_CleanRow | Refusal]:
    """``rows``, of which those with the 101st different password and later ones are refused: a hash takes as long as storing
    five hundred links."""
    bounded: list[_CleanRow | Refusal] = []
    for row in rows:
        password = row.draft.password if isinstance(row, _CleanRow) else None
        if isinstance(password, str) and password and password not in passwords:
            if len(passwords) >= MAX_PASSWORDS:
                text = f"password: at most {MAX_PASSWORDS} different passwords are allowed in one call."
                bounded.append(InvalidField(text, field="password"))
                continue
            passwords.add(password)
        bounded.append(row)
    return bounded


def _hashes(context: Context, hostname: str, rows: Sequence[_CleanRow | Refusal]) -> dict[object, str]:
    """The hashes to store, by the passwords; made outside of the transaction, for those who may create links at all."""
    passwords = {row.draft.password for row in rows if isinstance(row, _CleanRow) and row.draft.password}
    if not passwords:
        return {}
    with context.database.read() as work:
        domain_by_hostname(work, context.actor, Action.CREATE, hostname)
    return {password: hash_link_password(password) for password in passwords if isinstance(password, str)}


class _Bulk:
    """One transaction's worth of links; they are stored together at its end."""

    def __init__(self, context: Context, work: UnitOfWork, domain: Domain, source: str, hashes: Mapping[object, str]) -> None:
        self._context = context
        self._work = work
        self._domain = domain
        self._source = source
        self._hashes = hashes
        self._guard = LoopGuard(work)
        self._room: int | None = None
        self._folders: dict[str, Folder | Refusal | None] = {}
        self._by_key: dict[str, Link] = {}
        self._by_url: dict[str, Link] = {}
        self._new: list[tuple[Link, str, Beside]] = []

    def create(self, asked: Sequence[_CleanRow | Refusal]) -> list[LinkInDomain | Refusal]:
        links = self._work.links
        rows = [self._in_folder(row) if isinstance(row, _CleanRow) else row for row in asked]
        readable = [row for row in rows if isinstance(row, _CleanRow)]
        searched = {row.original_url for row in readable if row.path is None and not row.allow_duplicates}
        if searched:
            self._work.destinations.reserve(self._domain.id, searched)
            visible_to = narrowed_to(self._context.actor, self._domain)
            self._by_url = self._work.destinations.find_many(self._domain.id, searched, visible_to=visible_to)
        # Behind the destinations, as for a single link: of two that wait, neither may have what the other waits for.
        self._room = room_for_links(self._context, self._work, self._domain)
        given = {self._key(row.path) for row in readable if row.path is not None}
        if given:
            self._by_key = links.find_by_paths(self._domain.id, given)
        prefixes = Counter(row.prefix for row in readable if self._needs_path(row))
        free = {prefix: self._free_paths(prefix, count, given) for prefix, count in prefixes.items()}
        numbers = iter(links.next_numbers(len(readable)))
        outcomes: list[LinkInDomain | Refusal] = []
        for row in rows:
            try:
                outcomes.append(row if isinstance(row, Refusal) else self._create_one(row, free, numbers))
            except Refusal as refusal:
                outcomes.append(refusal)
        self._store()
        return outcomes

    def _in_folder(self, row: _CleanRow) -> _CleanRow | Refusal:
        """``row`` with what its folder, if it names one, gives to links made in it."""
        folder_id = row.draft.folder_id
        if not isinstance(folder_id, str):
            return row
        try:
            if folder_id not in self._folders:
                self._folders[folder_id] = folder_of(self._work, self._domain, folder_id)
            folder = self._folders[folder_id]
            if folder is None or isinstance(folder, Refusal):
                return folder or row
            draft = with_folder_defaults(row.draft, folder, self._context.now())
            return replace(row, draft=draft, original_url=merged_original_url(draft), prefix=prefix_of(folder))
        except Refusal as refusal:
            self._folders.setdefault(folder_id, refusal)
            return refusal

    def _needs_path(self, row: _CleanRow) -> bool:
        return row.path is None and (row.allow_duplicates or row.original_url not in self._by_url)

    def _create_one(
        self, row: _CleanRow, free: Mapping[str, Iterator[tuple[str, str]]], numbers: Iterator[int]
    ) -> LinkInDomain:
        existing = self._existing(row)
        if existing is not None:
            return LinkInDomain(existing, self._domain, duplicate=True)
        if self._room is not None and self._room <= len(self._new):
            raise quota_reached(self._context)
        key, path = next(free[row.prefix]) if row.path is None else (self._key(row.path), row.path)
        password_hash = self._hashes.get(row.draft.password)
        new = NewLink(self._context, self._domain, row.draft, row.original_url, password_hash, self._source)
        link = new.under(path, number=next(numbers))
        self._guard.refuse_loops(link, self._domain, key if row.path is not None else None)
        if row.beside is not NOTHING_BESIDE:
            refuse_loops_beside(self._guard, self._domain, Contents(link=link), row.beside)
        self._guard.remember(link, key, row.beside.places or (), row.beside.own(NOTHING_OWN))
        self._by_key[key] = link
        self._by_url.setdefault(row.original_url, link)
        self._new.append((link, key, row.beside))
        return LinkInDomain(link, self._domain)

    def _existing(self, row: _CleanRow) -> Link | None:
        """The link that there is for a row already; PathTaken when its path belongs to another one."""
        if row.path is None:
            return None if row.allow_duplicates else self._by_url.get(row.original_url)
        taken = self._by_key.get(self._key(row.path))
        if taken is None:
            return None
        if taken.original_url == row.original_url and is_visible(self._context, self._work, self._domain, taken):
            return taken
        refusal = PathTaken(f"The path '{row.path}' is taken by another link of this domain.", link_id=taken.id)
        raise path_taken(self._context, self._work, self._domain, refusal)

    def _store(self) -> None:
        if not self._new:
            return
        # In one order in all calls: of two that add the same paths, neither may wait for the other in turn.
        keys = [key for _, key, _ in self._new]
        self._work.links.add_many(sorted(((link, key) for link, key, _ in self._new), key=itemgetter(1)))
        for link, _, beside in self._new:
            if beside is not NOTHING_BESIDE:
                save_beside(self._work, Contents(link=link), beside)
        self._work.changes.record_many(self._domain.id, keys)
        if any(wildcard_depth(key) is not None for key in keys):
            self._work.changes.record_domain(self._domain.id)
        made = [link for link, _, _ in self._new]
        self._context.note(self._work, Event.LINKS_CREATED, str(self._domain.id), self._domain, **noted(made))

    def _free_paths(self, prefix: str, count: int, given: set[str]) -> Iterator[tuple[str, str]]:
        """``count`` different paths of the domain's type behind ``prefix``, each behind its key, that are free now and not in
        ``given``, to which they are added."""
        free: dict[str, str] = {}
        for _ in range(_PATH_ATTEMPTS):
            missing = count - len(free)
            if missing <= 0:
                break
            drawn = [generated_path(self._work, self._context, self._domain, prefix) for _ in range(missing)]
            fresh = {self._key(path): path for path in drawn}
            taken = self._work.links.paths_taken(self._domain.id, fresh) | given
            free.update({key: path for key, path in fresh.items() if key not in taken})
        if len(free) < count:
            raise PathsExhausted(f"No {count} free paths were found on {self._domain.hostname}; choose a longer linkType.")
        given.update(free)
        return iter(free.items())

    def _key(self, path: str) -> str:
        return path_key(path, case_sensitive=self._domain.case_sensitive)
