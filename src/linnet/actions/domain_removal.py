"""Domains, removed for good."""

from linnet.actions.click_counts import clear_statistics
from linnet.actions.context import Context
from linnet.actions.domain_checks import domain_to_configure
from linnet.model.access import may_remove_domain
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import DomainInUse, InvalidField, NotAllowed
from linnet.statistics.engine import StatisticsEngine
from linnet.storage.unit_of_work import UnitOfWork


def remove_domain(context: Context, engine: StatisticsEngine, domain_id: int, hostname: str) -> Domain:
    """Remove a domain that has no links any more, if ``hostname``, as somebody typed it, is its name.

    Its clicks are forgotten, and links of it that could be restored so far cannot any more; its folders, and keys that reach it
    alone, go with it. The hostname is free then. DomainInUse while there are links, StatisticsUnavailable where the clicks
    cannot be forgotten now; then nothing is removed.
    """
    with context.database.read() as work:
        _removable(context, work, domain_id, hostname)
    # First: who sees a domain no more cannot ask for its clicks to be forgotten.
    clear_statistics(context, engine, domain_id)
    with context.database.write() as work:
        domain = _removable(context, work, domain_id, hostname)
        work.changes.record_domain(domain.id)
        work.removed.forget_of(domain.id)
        work.domains.remove(domain.id)
        context.note(work, Event.DOMAIN_DELETED, str(domain.id), domain, hostname=domain.hostname)
    context.publish(work.sequence)
    return domain


def check_typed_name(domain: Domain, typed: str) -> None:
    """InvalidField unless somebody typed the name of the domain, as people read it or in punycode."""
    if typed.strip().lower().removesuffix(".") not in (domain.hostname, domain.unicode_hostname):
        raise InvalidField(f"Type {domain.unicode_hostname} to confirm.", field="hostname")


def _removable(context: Context, work: UnitOfWork, domain_id: int, hostname: str) -> Domain:
    domain = domain_to_configure(work, context.actor, domain_id)
    if not may_remove_domain(context.actor, domain):
        raise NotAllowed("Only who registered the domain, or an owner of its team, may remove it.")
    check_typed_name(domain, hostname)
    if work.domains.has_links(domain.id):
        raise DomainInUse("The domain has links still: remove them first, or move them elsewhere.")
    return domain
