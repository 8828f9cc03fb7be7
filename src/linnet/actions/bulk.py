"""Many links in one call: one transaction, and each row with an outcome of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from linnet.actions.context import Context, domain_by_hostname
from linnet.actions.links import LinkInDomain, NewLink, generated_path, hashed_password
from linnet.actions.loops import LoopGuard
from linnet.model.access import Action
from linnet.model.domain import Domain
from linnet.model.errors import PathsExhausted, PathTaken, Refusal, TooLarge
from linnet.model.link import Link, LinkDraft, clean_draft, merged_original_url
from linnet.model.path import path_key, wildcard_depth
from linnet.model.unset import Unset
from linnet.storage.unit_of_work import UnitOfWork

MAX_LINKS = 1000
_ATTEMPTS = 3
_PATH_ATTEMPTS = 32


@dataclass(frozen=True, slots=True)
class BulkRow:
    """A row as asked: its draft, or the refusal that reading it brought, and whether it may repeat a destination."""

    draft: LinkDraft | Refusal
    allow_duplicates: bool


def create_links_bulk(
    context: Context, hostname: str, rows: Sequence[BulkRow], *, source: str = "api"
) -> list[LinkInDomain | Refusal]:
    """Create up to 1,000 links by the rules of ``create_link``, in order; a row that is refused leaves the others alone."""
    if len(rows) > MAX_LINKS:
        raise TooLarge(f"links holds {len(rows)} links; at most {MAX_LINKS} are allowed in one call.", field="links")
    cleaned = _Cleaner().clean_all(rows)
    for attempt in range(_ATTEMPTS):
        try:
            with context.database.write() as work:
                domain = domain_by_hostname(work, context.actor, Action.CREATE, hostname)
                outcomes = _Bulk(context, work, domain, source).create(cleaned)
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
    password_hash: str | Unset | None


class _Cleaner:
    """Hashes a password that many rows share once: a hash takes as long as storing five hundred links."""

    def __init__(self) -> None:
        self._hashes: dict[object, str | Unset | None] = {}

    def clean_all(self, rows: Sequence[BulkRow]) -> list[_CleanRow | Refusal]:
        return [self._clean(row) for row in rows]

    def _clean(self, row: BulkRow) -> _CleanRow | Refusal:
        if isinstance(row.draft, Refusal):
            return row.draft
        try:
            draft = clean_draft(row.draft)
            original_url = merged_original_url(draft)
        except Refusal as refusal:
            return refusal
        if draft.password not in self._hashes:
            self._hashes[draft.password] = hashed_password(draft)
        path = draft.path if isinstance(draft.path, str) else None
        return _CleanRow(draft, original_url, path, row.allow_duplicates, self._hashes[draft.password])


class _Bulk:
    """One transaction's worth of links; they are stored together at its end."""

    def __init__(self, context: Context, work: UnitOfWork, domain: Domain, source: str) -> None:
        self._context = context
        self._work = work
        self._domain = domain
        self._source = source
        self._guard = LoopGuard(work)
        self._by_key: dict[str, Link] = {}
        self._by_url: dict[str, Link] = {}
        self._new: list[tuple[Link, str]] = []

    def create(self, rows: Sequence[_CleanRow | Refusal]) -> list[LinkInDomain | Refusal]:
        links = self._work.links
        readable = [row for row in rows if isinstance(row, _CleanRow)]
        searched = {row.original_url for row in readable if row.path is None and not row.allow_duplicates}
        if searched:
            links.reserve_urls(self._domain.id, searched)
            self._by_url = links.urls_existing(self._domain.id, searched)
        given = {self._key(row.path) for row in readable if row.path is not None}
        if given:
            self._by_key = links.find_by_paths(self._domain.id, given)
        free = self._free_paths(sum(self._needs_path(row) for row in readable), given)
        numbers = iter(links.next_numbers(len(readable)))
        outcomes: list[LinkInDomain | Refusal] = []
        for row in rows:
            try:
                outcomes.append(row if isinstance(row, Refusal) else self._create_one(row, free, numbers))
            except Refusal as refusal:
                outcomes.append(refusal)
        self._store()
        return outcomes

    def _needs_path(self, row: _CleanRow) -> bool:
        return row.path is None and (row.allow_duplicates or row.original_url not in self._by_url)

    def _create_one(self, row: _CleanRow, free: Iterator[tuple[str, str]], numbers: Iterator[int]) -> LinkInDomain:
        domain = self._domain
        if row.path is None:
            if not row.allow_duplicates and (existing := self._by_url.get(row.original_url)) is not None:
                return LinkInDomain(existing, domain, duplicate=True)
            key, path = next(free)
        else:
            path, key = row.path, self._key(row.path)
            if (taken := self._by_key.get(key)) is not None:
                if taken.original_url != row.original_url:
                    raise PathTaken(f"The path '{path}' is taken by another link of this domain.", link_id=taken.id)
                return LinkInDomain(taken, domain, duplicate=True)
        new = NewLink(self._context, domain, row.draft, row.original_url, row.password_hash, self._source)
        link = new.under(path, number=next(numbers))
        self._guard.refuse_loops(link, domain, key if row.path is not None else None)
        self._guard.remember(link, key)
        self._by_key[key] = link
        self._by_url.setdefault(row.original_url, link)
        self._new.append((link, key))
        return LinkInDomain(link, domain)

    def _store(self) -> None:
        # In one order in all calls: of two that add the same paths, neither may wait for the other in turn.
        self._work.links.add_many(sorted(self._new, key=itemgetter(1)))
        self._work.changes.record_many(self._domain.id, [key for _, key in self._new])
        if any(wildcard_depth(key) is not None for _, key in self._new):
            self._work.changes.record_domain(self._domain.id)

    def _free_paths(self, count: int, given: set[str]) -> Iterator[tuple[str, str]]:
        """``count`` different paths of the domain's type, each behind its key, that are free now and that no row asks for."""
        free: dict[str, str] = {}
        for _ in range(_PATH_ATTEMPTS):
            missing = count - len(free)
            if missing <= 0:
                break
            drawn = [generated_path(self._work, self._context, self._domain) for _ in range(missing)]
            fresh = {self._key(path): path for path in drawn}
            taken = self._work.links.paths_taken(self._domain.id, fresh) | given
            free.update({key: path for key, path in fresh.items() if key not in taken})
        if len(free) < count:
            raise PathsExhausted(f"No {count} free paths were found on {self._domain.hostname}; choose a longer linkType.")
        return iter(free.items())

    def _key(self, path: str) -> str:
        return path_key(path, case_sensitive=self._domain.case_sensitive)
