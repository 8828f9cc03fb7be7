"""Links: created, changed and duplicated, one at a time."""

from dataclasses import dataclass, replace

from linnet.actions.context import Context, domain_by_hostname, domain_by_id, link_and_domain
from linnet.actions.harm import refuse_harmful_draft
from linnet.actions.loops import LoopGuard, may_make_loops
from linnet.actions.passwords import hash_link_password
from linnet.actions.placing import LinkInDomain, Place, is_visible, path_taken
from linnet.actions.titles import with_title
from linnet.model.access import Action, may, narrowed_to
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, NotAllowed, PathTaken, QuotaReached
from linnet.model.grouping import Folder, with_folder_defaults
from linnet.model.ids import new_link_id
from linnet.model.link import (
    Link,
    LinkDraft,
    changed_fields,
    clean_draft,
    merged_original_url,
    new_link,
    refuse_past_removal,
    with_draft,
)
from linnet.model.path import clean_path, path_key, wildcard_depth
from linnet.model.unset import UNSET, Unset
from linnet.storage.unit_of_work import UnitOfWork

_TAKEN_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to be made: all but its path."""

    context: Context
    domain: Domain
    draft: LinkDraft
    original_url: str
    password_hash: str | Unset | None
    source: str

    def under(self, path: str, *, number: int = 0) -> Link:
        """The link that it becomes under ``path``, not stored yet."""
        return new_link(
            self.draft,
            link_id=new_link_id(self.domain.id, self.context.chooser),
            domain_id=self.domain.id,
            owner_id=self.context.actor.user_id,
            path=path,
            original_url=self.original_url,
            password_hash=None if isinstance(self.password_hash, Unset) else self.password_hash,
            source=self.source,
            now=self.context.now(),
            number=number,
        )


def create_link(
    context: Context, hostname: str, draft: LinkDraft, *, allow_duplicates: bool = False, source: str = "api"
) -> LinkInDomain:
    """Create a link, or find the one that exists, by the five rules of contract b.2:

    the path exists with the same destination: that link; with another one: PathTaken; the destination exists and no path is
    given: that link, unless ``allow_duplicates``; otherwise a new link, or QuotaReached.
    """
    draft = checked_draft(context, draft)
    password_hash: str | Unset | None = UNSET
    if draft.password:
        with context.database.read() as work:
            domain_by_hostname(work, context.actor, Action.CREATE, hostname)
        password_hash = hashed_password(draft)
    with context.database.write() as work:
        place = Place(context, work, domain_by_hostname(work, context.actor, Action.CREATE, hostname))
        created = create_in(place, draft, password_hash, allow_duplicates=allow_duplicates, source=source)
    context.publish(work.sequence)
    return created if created.duplicate else with_title(context, created, draft)


def create_in(
    place: Place, draft: LinkDraft, password_hash: str | Unset | None, *, allow_duplicates: bool, source: str
) -> LinkInDomain:
    """``create_link`` inside a unit of work: of a draft that is checked, with a password that is hashed."""
    context, work, domain = place.context, place.work, place.domain
    folder = folder_of(work, domain, draft.folder_id)
    if folder is not None:
        draft = with_folder_defaults(draft, folder, context.now())
    new = NewLink(context, domain, draft, merged_original_url(draft), password_hash, source)
    if isinstance(draft.path, str):
        created = _create_under(place, new, draft.path)
    elif not allow_duplicates and (existing := _find_or_reserve(place, new.original_url)) is not None:
        created = LinkInDomain(existing, domain, duplicate=True)
    else:
        created = LinkInDomain(place.add_anywhere(new.under, prefix=prefix_of(folder)), domain)
    if not created.duplicate:
        context.note(work, Event.LINK_CREATED, created.link.id, domain)
    return created


def update_link(context: Context, link_id: str, draft: LinkDraft, *, domain_id: int | None = None) -> LinkInDomain:
    """Change what the draft mentions; None clears. PathTaken when another link has the new path; LinkNotFound also when the
    link is not of the domain ``domain_id``, if that is given."""
    draft = checked_draft(context, draft)
    if draft.original_url is None:
        raise InvalidField("originalURL cannot be cleared: a link needs a destination.", field="originalURL")
    if draft.password:
        with context.database.read() as work:
            link_and_domain(work, context.actor, Action.WRITE, link_id, domain_id=domain_id)
    password_hash = hashed_password(draft)
    with context.database.write() as work:
        link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id, domain_id=domain_id, hold=True)
        folder_of(work, domain, draft.folder_id)
        changed = with_draft(link, draft, password_hash=password_hash, now=context.now())
        if changed != link:
            _save(context, work, domain, link, changed)
    context.publish(work.sequence)
    return with_title(context, LinkInDomain(changed, domain), draft)


def duplicate_link(context: Context, link_id: str, *, path: str | None = None) -> tuple[LinkInDomain, Link]:
    """A new link with all that another one has (its password, tags, targeting and OpenGraph tags too), under
    ``path`` or a fresh one; and the other link. From then on neither follows the other. PathTaken when the path is taken."""
    wanted = clean_path(path) if path is not None else None
    with context.database.write() as work:
        original, domain = link_and_domain(work, context.actor, Action.READ, link_id, hold=True)
        if not may(context.actor, Action.CREATE, domain):
            raise NotAllowed(f"You may read the links of {domain.hostname}, but not create any.")
        domain = domain_by_id(work, context.actor, Action.CREATE, domain.id)
        place = Place(context, work, domain)

        def under(path: str) -> Link:
            now = context.now()
            return replace(
                original,
                id=new_link_id(domain.id, context.chooser),
                number=0,
                path=path,
                owner_id=context.actor.user_id,
                source="api",
                created_at=now,
                updated_at=now,
            )

        if wanted is None:
            folder = work.folders.find(domain.id, original.folder_id) if original.folder_id else None
            copy = place.add_anywhere(under, prefix=prefix_of(folder))
        else:
            try:
                copy = place.add_under(under, wanted)
            except PathTaken as refusal:
                raise path_taken(context, work, domain, refusal) from None
        work.places.save(copy.number, work.places.search(original.number))
        work.rules.save(copy.number, work.rules.find(original.number))
        place.guard.refuse_stored_loops(copy, domain, place.key(copy.path))
        work.opengraph.save(copy.number, work.opengraph.search(original.number))
        context.note(work, Event.LINK_CREATED, copy.id, domain, duplicated_from=original.id)
    context.publish(work.sequence)
    return LinkInDomain(copy, domain), original


def checked_draft(context: Context, draft: LinkDraft) -> LinkDraft:
    """``draft`` with all that it mentions checked and in its stored form; InvalidField otherwise."""
    draft = clean_draft(draft)
    refuse_past_removal(draft, context.now())
    refuse_harmful_draft(context, draft)
    return draft


def hashed_password(draft: LinkDraft) -> str | Unset | None:
    """The hash to store for the draft's password; an empty one clears like None."""
    if isinstance(draft.password, Unset):
        return UNSET
    return hash_link_password(draft.password) if draft.password else None


def folder_of(work: UnitOfWork, domain: Domain, folder_id: str | Unset | None) -> Folder | None:
    """The folder of the domain that a draft names, None when it names none; InvalidField when the domain has none such."""
    if not isinstance(folder_id, str) or not folder_id:
        return None
    folder = work.folders.find(domain.id, folder_id)
    if folder is None:
        raise InvalidField(f"folderId '{folder_id[:64]}' is no folder of {domain.hostname}.", field="folderId")
    return folder


def prefix_of(folder: Folder | None) -> str:
    """What stands before the generated paths of links in a folder, exactly as the folder has it."""
    return (folder.prefix or "") if folder is not None else ""


def _find_or_reserve(place: Place, original_url: str) -> Link | None:
    """The domain's link to a destination; when there is none, nobody else will have made one before this unit of work ends."""
    destinations, domain = place.work.destinations, place.domain
    destinations.reserve(domain.id, (original_url,))
    return destinations.find(domain.id, original_url, visible_to=narrowed_to(place.context.actor, domain))


def _create_under(place: Place, new: NewLink, path: str) -> LinkInDomain:
    context, work, domain = place.context, place.work, place.domain
    for attempt in range(_TAKEN_ATTEMPTS):
        try:
            return LinkInDomain(place.add_under(new.under, path), domain)
        except (PathTaken, QuotaReached) as refusal:
            existing = work.links.find_by_path(domain.id, place.key(path))
            same = existing is not None and existing.original_url == new.original_url
            if existing is not None and same and is_visible(context, work, domain, existing):
                return LinkInDomain(existing, domain, duplicate=True)
            if isinstance(refusal, QuotaReached):
                raise
            # Only where writers run at once: the one that had the path is gone again.
            if existing is not None or attempt == _TAKEN_ATTEMPTS - 1:
                raise path_taken(context, work, domain, refusal) from None
    raise AssertionError("the last attempt returns or raises")


def _save(context: Context, work: UnitOfWork, domain: Domain, link: Link, changed: Link) -> None:
    key = path_key(changed.path, case_sensitive=domain.case_sensitive)
    guard = LoopGuard(work)
    # Only then: who did not make a loop may still rename its link.
    if may_make_loops(link, changed):
        guard.refuse_loops(changed, domain, key)
    if changed.path != link.path:
        guard.refuse_stored_loops(changed, domain, key)
    try:
        work.links.save(changed, key)
    except PathTaken as refusal:
        raise path_taken(context, work, domain, refusal) from None
    work.changes.record_many(domain.id, (path_key(link.path, case_sensitive=domain.case_sensitive), key))
    if wildcard_depth(link.path) != wildcard_depth(changed.path):
        work.changes.record_domain(domain.id)
    context.note(work, Event.LINK_UPDATED, link.id, domain, fields=sorted(changed_fields(link, changed)))
