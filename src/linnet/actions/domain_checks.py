"""Checks of domains: their state, and the proof that lets a hostname be served."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from linnet.actions.context import Context, domain_by_id
from linnet.actions.notes import caretakers, tell
from linnet.model.access import Action, Actor, may
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.domain_state import CONFIGURED, LEADING_HERE, NameFindings, checked
from linnet.model.errors import NotAllowed, StorageUnavailable
from linnet.model.profile import NoteKind
from linnet.storage.unit_of_work import UnitOfWork

# How long a request may wait for name servers.
_ASIDE_SECONDS: Final = 1.0
_WAITED_FOR_SECONDS: Final = 3.0
_LOOKED_AT_AGAIN: Final = timedelta(minutes=1)
_VERIFIED_AGAIN: Final = timedelta(seconds=5)
_LOOKED_UP_AGAIN: Final = timedelta(seconds=2)


def domain_to_configure(work: UnitOfWork, actor: Actor, domain_id: int) -> Domain:
    """The domain, locked where ``work`` writes; NotAllowed for one that the actor may only use, DomainNotFound for one that it
    does not see."""
    domain = _to_configure(work, actor, domain_id)
    if not work.writing:
        return domain
    work.domains.lock(domain_id)
    # It may have been moved to another team while the lock was waited for.
    return _to_configure(work, actor, domain_id)


def _to_configure(work: UnitOfWork, actor: Actor, domain_id: int) -> Domain:
    domain = domain_by_id(work, actor, Action.READ, domain_id)
    if not may(actor, Action.CONFIGURE, domain):
        raise NotAllowed("Only owners and admins of the team may change a domain's settings.")
    return domain


def get_domain(context: Context, domain_id: int) -> Domain:
    """A domain; DomainNotFound also for another's. One that is not configured is checked again, at most once a minute."""
    with context.database.read() as work:
        domain = domain_by_id(work, context.actor, Action.READ, domain_id)
    if domain.state == CONFIGURED or _was_checked(domain, context.now() - _LOOKED_AT_AGAIN):
        return domain
    try:
        return check_domain(context, domain, seconds=_ASIDE_SECONDS)
    except StorageUnavailable:
        # Reading goes on when nothing can be stored.
        return domain


def verify_domain(context: Context, domain_id: int) -> Domain:
    """Check a domain now, unless that was done a few seconds ago."""
    with context.database.read() as work:
        domain = domain_to_configure(work, context.actor, domain_id)
    if _was_checked(domain, context.now() - _VERIFIED_AGAIN):
        return domain
    return check_domain(context, domain, seconds=_WAITED_FOR_SECONDS)


def look_up_domain(context: Context, domain_id: int) -> tuple[Domain, NameFindings | None]:
    """Check a domain now, and tell what name servers said; None when they were asked a moment ago and are left in peace."""
    with context.database.read() as work:
        domain = domain_to_configure(work, context.actor, domain_id)
    if _was_checked(domain, context.now() - _LOOKED_UP_AGAIN):
        return domain, None
    findings = context.names.findings(domain.hostname, proof=not domain.verified, seconds=_WAITED_FOR_SECONDS)
    return _store_check(context, domain, findings), findings


def check_domain(context: Context, domain: Domain, *, seconds: float) -> Domain:
    """Ask name servers about ``domain``, and store and give what it is then. A proof that is found lets it be served."""
    return _store_check(context, domain, context.names.findings(domain.hostname, proof=not domain.verified, seconds=seconds))


def _store_check(context: Context, domain: Domain, findings: NameFindings) -> Domain:
    with context.database.write() as work:
        before = work.domains.lock(domain.id)
        if before is None:
            return domain
        after = checked(before, findings, context.now())
        work.domains.save_check(after)
        if after.verified and not before.verified:
            work.changes.record_domain(after.id)
            context.note(work, Event.DOMAIN_VERIFIED, str(after.id), after, hostname=after.hostname)
        if before.state in LEADING_HERE and after.state not in LEADING_HERE:
            told = {"domain": after.unicode_hostname, "domain_id": after.id, "state": after.state}
            tell(context, work, caretakers(work, after), NoteKind.DOMAIN_LOST, **told)
    context.publish(work.sequence)
    return after


def vouch_for_domain(context: Context, domain: Domain) -> Domain:
    """Let ``domain`` be served without a proof: the administrator's word."""
    with context.database.write() as work:
        before = work.domains.lock(domain.id) or domain
        after = replace(before, verified=True)
        work.domains.save_check(after)
        work.changes.record_domain(after.id)
        context.note(work, Event.DOMAIN_VERIFIED, str(after.id), after, hostname=after.hostname, vouched=True)
    context.publish(work.sequence)
    return after


def check_due_domains(
    make_context: Callable[[Actor], Context],
    before: datetime,
    *,
    limit: int,
    is_ended: Callable[[], bool],
) -> int:
    """Check domains whose last check was before ``before``, at most ``limit`` of them, each on its owner's behalf; how many
    were checked. Stops early once ``is_ended``."""
    looking = make_context(Actor(user_id=0))
    with looking.database.read() as work:
        due = work.domains.unchecked_since(before, limit=limit)
    done = 0
    for domain in due:
        if is_ended():
            break
        check_domain(make_context(Actor(user_id=domain.owner_id)), domain, seconds=_WAITED_FOR_SECONDS)
        done += 1
    return done


def _was_checked(domain: Domain, since: datetime) -> bool:
    return domain.checked_at is not None and domain.checked_at > since
