"""Many links in one call: one transaction, and each row with an outcome of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from linnet.actions.context import Context, domain_by_hostname
from linnet.actions.links import LinkInDomain, draft_link, generated_path, hashed_password, record_route
from linnet.actions.loops import LoopGuard
from linnet.model.access import Action
from linnet.model.domain import Domain
from linnet.model.errors import PathsExhausted, PathTaken, Refusal, TooLarge
from linnet.model.link import Link, LinkDraft, clean_draft, merged_original_url
from linnet.model.path import path_key
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
    cleaned = [_clean(row) for row in rows]
    for attempt in range(_ATTEMPTS):
        try:
            with context.database.write() as work:
                domain = domain_by_hostname(work, context.actor, Action.WRITE, hostname)
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
    allow_duplicates: bool
    password_hash: str | None | Unset


def _clean(row: BulkRow) -> _CleanRow | Refusal:
    if isinstance(row.draft, Refusal):
        return row.draft
    try:
        draft = clean_draft(row.draft)
        return _CleanRow(draft, merged_original_url(draft), row.allow_duplicates, hashed_password(draft))
    except Refusal as refusal:
        return refusal


class _Bulk:
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
        readable = [row for row in rows if isinstance(row, _CleanRow)]
        links = self._work.links
        self._by_key = links.find_by_paths(self._domain.id, [self._key(r.draft.path) for r in readable if isinstance(r.draft.path, str)])
        searched = [r.original_url for r in readable if not isinstance(r.draft.path, str) and not r.allow_duplicates]
        self._by_url = links.urls_existing(self._domain.id, searched) if searched else {}
        free = iter(self._free_paths(sum(not isinstance(row.draft.path, str) for row in readable)))
        outcomes: list[LinkInDomain | Refusal] = []
        for row in rows:
            try:
                outcomes.append(row if isinstance(row, Refusal) else self._create_one(row, free))
            except Refusal as refusal:
                outcomes.append(refusal)
        return self._store(outcomes)

    def _create_one(self, row: _CleanRow, free: Iterator[str]) -> LinkInDomain:
        context, domain, draft = self._context, self._domain, row.draft
        if not isinstance(draft.path, str):
            existing = None if row.allow_duplicates else self._by_url.get(row.original_url)
            if existing is not None:
                return LinkInDomain(existing, domain, duplicate=True)
        given = isinstance(draft.path, str)
        path = draft.path if isinstance(draft.path, str) else next(free)
        key = self._key(path)
        link = draft_link(context, domain, draft, row.original_url, path, row.password_hash, self._source)
        if given and (taken := self._by_key.get(key)) is not None:
            if taken.original_url != link.original_url:
                raise PathTaken(f"The path '{path}' is taken by another link of this domain.", link_id=taken.id)
            return LinkInDomain(taken, domain, duplicate=True)
        self._guard.refuse_loops(link, domain, key if given else None)
        self._by_key[key] = link
        self._by_url.setdefault(row.original_url, link)
        self._new.append((link, key))
        return LinkInDomain(link, domain)

    def _store(self, outcomes: list[LinkInDomain | Refusal]) -> list[LinkInDomain | Refusal]:
        stored = {link.id: link for link in self._work.links.add_many(self._new)}
        for link in stored.values():
            record_route(self._work, self._domain, link)
        return [
            replace(outcome, link=stored[outcome.link.id])
            if isinstance(outcome, LinkInDomain) and outcome.link.id in stored
            else outcome
            for outcome in outcomes
        ]

    def _free_paths(self, count: int) -> list[str]:
        """``count`` different paths of the domain's type that are free now."""
        free: dict[str, str] = {}
        for _ in range(_PATH_ATTEMPTS):
            missing = count - len(free)
            if missing <= 0:
                break
            drawn = [generated_path(self._work, self._context, self._domain) for _ in range(missing)]
            fresh = {self._key(path): path for path in drawn}
            taken = self._work.links.paths_taken(self._domain.id, fresh) | self._by_key.keys()
            free.update({key: path for key, path in fresh.items() if key not in taken})
        if len(free) < count:
            raise PathsExhausted(f"No {count} free paths were found on {self._domain.hostname}; choose a longer linkType.")
        return list(free.values())

    def _key(self, path: object) -> str:
        return path_key(str(path), case_sensitive=self._domain.case_sensitive)
