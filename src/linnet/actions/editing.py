"""Links opened and saved whole: with their targeting and OpenGraph tags, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from linnet.actions.context import Context, domain_by_id, link_and_domain, may_on_link
from linnet.actions.explain import Explainer, Explanation, Visit, explain_route
from linnet.actions.harm import refuse_harmful
from linnet.actions.links import (
    checked_draft,
    create_in,
    folder_of,
    hashed_password,
)
from linnet.actions.loops import LoopGuard, may_make_loops
from linnet.actions.placing import LinkInDomain, path_taken
from linnet.actions.placing import Place as PlaceForLinks
from linnet.actions.rules import refuse_unknown_regions
from linnet.actions.targeting import refuse_too_many_places
from linnet.actions.titles import with_title
from linnet.model.access import Action, may
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.editing import NOTHING_BESIDE, Beside, Contents, changed_parts, parts_of, stored_name, version_of
from linnet.model.errors import EditConflict, InvalidField, NotAllowed, PathTaken
from linnet.model.link import Link, LinkDraft, with_draft
from linnet.model.opengraph import clean_tags
from linnet.model.path import path_key, wildcard_depth
from linnet.model.targeting import Place, clean_place
from linnet.model.unset import UNSET, Unset
from linnet.storage.routes import find_route
from linnet.storage.unit_of_work import UnitOfWork
from linnet.visitor.regions import regions_of

# What a trial saves in place of a password's hash, which takes a while to make; nothing opens it.
_TRIAL_HASH: Final = "trial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(Beside):
    """What an editor makes of a link: the fields that ``draft`` mentions, and what is beside the link; the rest stays."""

    draft: LinkDraft


@dataclass(frozen=True, slots=True)
class Opened:
    """A link before an editor. ``version`` remembers what it was, for ``save_edit``."""

    contents: Contents
    domain: Domain
    version: str
    may_write: bool

    @property
    def link(self) -> Link:
        """The link itself."""
        return self.contents.link


_Beside = TypeVar("_Beside", bound=Beside)


class _Undone(Exception):
    """Leaves a transaction whose changes are not to stay."""


def open_link(context: Context, link_id: str) -> Opened:
    """A link with all that belongs to it; LinkNotFound when the actor may not see it."""
    with context.database.read() as work:
        link, domain = link_and_domain(work, context.actor, Action.READ, link_id)
        contents = _contents(work, link)
        may_write = may_on_link(work, context.actor, Action.WRITE, link, domain)
    return Opened(contents, domain, version_of(contents, context.signing_key), may_write)


def domain_for_links(context: Context, domain_id: int) -> Domain:
    """A domain to create links in; NotAllowed for an actor who may only read there, DomainNotFound when it may not even."""
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
    if not may(context.actor, Action.CREATE, domain):
        raise NotAllowed(f"You may read the links of {domain.hostname}, but not create any.")
    return domain


def create_edited(
    context: Context, domain_id: int, edit: Edit, *, allow_duplicates: bool = False, source: str = "website"
) -> LinkInDomain:
    """A new link, by the rules of ``create_link``, with all that the editor gave it: all of it or, when anything is refused,
    nothing. A link that exists already is answered as it is."""
    edit = checked_edit(context, edit)
    domain_for_links(context, domain_id)
    password_hash = hashed_password(edit.draft)
    with context.database.write() as work:
        created = _create(context, work, domain_id, edit, password_hash, allow_duplicates=allow_duplicates, source=source)
    context.publish(work.sequence)
    return created if created.duplicate else with_title(context, created, edit.draft)


def save_edit(context: Context, link_id: str, edit: Edit, *, version: str | None = None) -> LinkInDomain:
    """Change a link and what belongs to it in one transaction; what is as it was stays untouched.

    EditConflict when the link is not any more what it was under ``version``, where one is given; NotAllowed for an actor who
    may only read it.
    """
    edit = checked_edit(context, edit)
    if not open_link(context, link_id).may_write:
        raise NotAllowed("You may see this link, but not change it.")
    password_hash = hashed_password(edit.draft)
    with context.database.write() as work:
        saved = _save(context, work, link_id, edit, password_hash, version=version)
    context.publish(work.sequence)
    return with_title(context, saved, edit.draft)


def explain_edit(
    context: Context, explainer: Explainer, edit: Edit, visit: Visit, *, link_id: str | None = None, domain_id: int = 0
) -> Explanation:
    """What would become of a visit if the edit of a link, or of a new one of a domain, were saved; it is not."""
    edit = checked_edit(context, edit)
    password_hash = _TRIAL_HASH if edit.draft.password else UNSET if isinstance(edit.draft.password, Unset) else None
    try:
        with context.database.write() as work:
            if link_id is None:
                tried = _create(context, work, domain_id, edit, password_hash, allow_duplicates=True, source="website")
            else:
                tried = _save(context, work, link_id, edit, password_hash)
            route = find_route(work.connection, tried.link.number)
            raise _Undone
    except _Undone:
        return explain_route(context, explainer, tried.link, tried.domain, route, visit)


def _contents(work: UnitOfWork, link: Link) -> Contents:
    return Contents(
        link=link,
        places=tuple(work.places.search(link.number)),
        own=work.rules.find(link.number),
        opengraph=work.opengraph.search(link.number),
    )


def checked_edit(context: Context, edit: Edit) -> Edit:
    """``edit`` with everything in its stored form; InvalidField names a row by its place, such as ``places[2].country``."""
    draft = checked_draft(context, edit.draft)
    if draft.original_url is None:
        raise InvalidField("originalURL cannot be cleared: a link needs a destination.", field="originalURL")
    return checked_beside(context, replace(edit, draft=draft))


def checked_beside(context: Context, beside: _Beside) -> _Beside:
    """The same for what is beside a link alone."""
    if beside is NOTHING_BESIDE:
        return beside
    for number, rule in enumerate(beside.rules or ()):
        refuse_unknown_regions(rule, f"rules[{number}].condition")
        refuse_harmful(context, rule.original_url, field=f"rules[{number}].originalURL")
    for number, variant in enumerate(beside.variants or ()):
        refuse_harmful(context, variant.original_url, field=f"variants[{number}].originalURL")
    return replace(
        beside,
        places=None if beside.places is None else _checked_places(context, beside.places),
        opengraph=None if beside.opengraph is None else clean_tags(beside.opengraph),
    )


def _checked_places(context: Context, places: Sequence[Place]) -> tuple[Place, ...]:
    found: dict[tuple[str, str], Place] = {}
    for number, place in enumerate(places):
        row = f"places[{number}]"
        try:
            cleaned = clean_place(replace(place, created_at=context.now()))
            if cleaned.region and cleaned.region not in regions_of(cleaned.country):
                text = f"region '{cleaned.region}' is no region of {cleaned.country} in ISO 3166-2."
                raise InvalidField(text, field="region")
            refuse_harmful(context, cleaned.original_url, field="originalURL")
        except InvalidField as refusal:
            raise InvalidField(refusal.message, field=f"{row}.{refusal.field}") from None
        if (cleaned.country, cleaned.region) in found:
            raise InvalidField("This place has a destination above already.", field=f"{row}.country")
        found[cleaned.country, cleaned.region] = cleaned
    checked = tuple(found.values())
    refuse_too_many_places(checked)
    return checked


def _create(
    context: Context,
    work: UnitOfWork,
    domain_id: int,
    edit: Edit,
    password_hash: str | Unset | None,
    *,
    allow_duplicates: bool,
    source: str,
) -> LinkInDomain:
    place = PlaceForLinks(context, work, domain_by_id(work, context.actor, Action.CREATE, domain_id))
    created = create_in(place, edit.draft, password_hash, allow_duplicates=allow_duplicates, source=source)
    if not created.duplicate:
        contents = Contents(link=created.link)
        refuse_loops_beside(place.guard, place.domain, contents, edit)
        save_beside(work, contents, edit)
    return created


def _save(
    context: Context,
    work: UnitOfWork,
    link_id: str,
    edit: Edit,
    password_hash: str | Unset | None,
    *,
    version: str | None = None,
) -> LinkInDomain:
    link, domain = link_and_domain(work, context.actor, Action.WRITE, link_id, hold=True)
    before = _contents(work, link)
    if version is not None and changed_parts(version, before, context.signing_key):
        raise EditConflict("Somebody changed this link after you had opened it. Nothing of yours was saved yet.")
    folder_of(work, domain, edit.draft.folder_id)
    changed = with_draft(link, edit.draft, password_hash=password_hash, now=context.now())
    guard = LoopGuard(work)
    if changed != link:
        _save_link(context, work, guard, domain, link, changed)
    refuse_loops_beside(guard, domain, replace(before, link=changed), edit)
    save_beside(work, before, edit)
    after = _contents(work, changed)
    was, now = parts_of(before), parts_of(after)
    parts = sorted(stored_name(part) for part in was if was[part] != now[part])
    if not parts:
        return LinkInDomain(link, domain)
    if changed == link:
        changed = replace(link, updated_at=context.now())
        work.links.save(changed, _key(domain, changed))
    work.changes.record_many(domain.id, tuple({_key(domain, link), _key(domain, changed)}))
    context.note(work, Event.LINK_UPDATED, link.id, domain, fields=parts)
    return LinkInDomain(changed, domain)


def _save_link(context: Context, work: UnitOfWork, guard: LoopGuard, domain: Domain, link: Link, changed: Link) -> None:
    key = _key(domain, changed)
    # Only then: who did not make a loop may still rename its link.
    if may_make_loops(link, changed):
        guard.refuse_loops(changed, domain, key)
    try:
        work.links.save(changed, key)
    except PathTaken as refusal:
        raise path_taken(context, work, domain, refusal) from None
    if wildcard_depth(link.path) != wildcard_depth(changed.path):
        work.changes.record_domain(domain.id)
    if changed.path != link.path:
        guard.refuse_stored_loops(changed, domain, key)


def refuse_loops_beside(guard: LoopGuard, domain: Domain, before: Contents, beside: Beside) -> None:
    """InvalidField where what is to be beside the link of ``before`` leads back to it."""
    link, key = before.link, _key(domain, before.link)
    for number, place in enumerate(beside.places or ()):
        try:
            guard.refuse_loops_by_place(link, domain, key, [place])
        except InvalidField as refusal:
            raise InvalidField(refusal.message, field=f"places[{number}].originalURL") from None
    own = beside.own(before.own)
    if own != before.own:
        guard.refuse_loops_by_rule(link, domain, key, own)


def save_beside(work: UnitOfWork, before: Contents, beside: Beside) -> None:
    """Store what is to be beside the link of ``before``."""
    number = before.link.number
    if beside.places is not None:
        work.places.replace_all(number, beside.places)
    own = beside.own(before.own)
    if own != before.own:
        work.rules.save(number, own)
    if beside.opengraph is not None and tuple(beside.opengraph) != before.opengraph:
        work.opengraph.save(number, beside.opengraph)


def _key(domain: Domain, link: Link) -> str:
    return path_key(link.path, case_sensitive=domain.case_sensitive)
