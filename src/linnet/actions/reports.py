"""Shared reports: statistics for whoever has an address, and a password where one is wanted."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from linnet.actions.context import Context, domain_by_id, link_and_domain, may_on_link
from linnet.actions.passwords import hash_password, password_matches
from linnet.actions.statistics import whole_domain
from linnet.model.access import Action, Actor, User, may
from linnet.model.audit import Event
from linnet.model.domain import Domain
from linnet.model.errors import DomainNotFound, LinkNotFound, NotAllowed, QuotaReached, ReportNotFound
from linnet.model.ids import random_characters
from linnet.model.link import Link
from linnet.model.report import MAX_PASSWORD, Report, ReportDraft, clean_report
from linnet.storage.unit_of_work import UnitOfWork

MAX_REPORTS: Final = 200
# 190 bits: nobody guesses one.
_TOKEN_CHARACTERS: Final = 32
_MAX_TOKEN: Final = 64


@dataclass(frozen=True, slots=True)
class Listed:
    """A report with who made it and the link that it is about, None for the domain, and for a link that is gone (``gone``)."""

    report: Report
    maker: str
    link: Link | None
    gone: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A report with the context of its maker, for whom the statistics are asked, and what it is about."""

    report: Report
    context: Context
    domain: Domain
    link: Link | None

    @property
    def of(self) -> int | str:
        """The domain's or the link's id, as questions about statistics have it."""
        return self.domain.id if self.link is None else self.link.id


def may_share(work: UnitOfWork, actor: Actor, domain: Domain, link: Link | None) -> bool:
    """Whether ``actor`` may share the statistics of a domain, or of one link of it."""
    if link is not None:
        return may_on_link(work, actor, Action.SHARE, link, domain)
    try:
        whole_domain(work, actor, domain.id)
    except (NotAllowed, DomainNotFound):
        return False
    return may(actor, Action.SHARE, domain)


def may_share_here(context: Context, of: int | str) -> bool:
    """Whether the actor may share the statistics of the domain whose id is the number ``of``, or the link whose id is the text
    ``of``; False also where there is none."""
    try:
        with context.database.read() as work:
            _place(work, context, of)
    except (NotAllowed, DomainNotFound, LinkNotFound):
        return False
    return True


def create_report(context: Context, of: int | str, draft: ReportDraft) -> tuple[Report, str]:
    """A new report about the domain whose id is the number ``of``, or the link whose id is the text ``of``, and its token,
    which is shown once. NotAllowed for who may only read; QuotaReached at MAX_REPORTS of the domain."""
    with context.database.read() as work:
        _place(work, context, of)
    draft = clean_report(draft, context.now())
    # Outside of the transaction: it takes a while, and nobody else writes meanwhile.
    password_hash = hash_password(draft.password) if draft.password else None
    token = random_characters(_TOKEN_CHARACTERS, context.chooser)
    with context.database.write() as work:
        domain, link = _place(work, context, of)
        if work.reports.count(domain.id) >= MAX_REPORTS:
            raise QuotaReached(f"{domain.hostname} has {MAX_REPORTS} reports already; revoke one that is not needed.")
        report = Report(
            id=0,
            user_id=context.actor.user_id,
            domain_id=domain.id,
            link_number=None if link is None else link.number,
            name=draft.name,
            view=draft.view,
            created_at=context.now(),
            expires_at=draft.expires_at,
            password_hash=password_hash,
        )
        report = work.reports.add(report, _digest(token))
        about = domain.hostname if link is None else link.id
        locked = password_hash is not None
        context.note(work, Event.REPORT_CREATED, str(report.id), domain, name=report.name, about=about, locked=locked)
    return report, token


def list_reports(context: Context, of: int | str) -> Sequence[Listed]:
    """The reports of a domain with those of its links, or of a link, the newest first: to who may change the domain's settings
    all of them, to everybody else one's own."""
    with context.database.read() as work:
        link = None
        if isinstance(of, int):
            domain = domain_by_id(work, context.actor, Action.READ_STATISTICS, of)
        else:
            link, domain = link_and_domain(work, context.actor, Action.READ_STATISTICS, of)
        mine = None if may(context.actor, Action.CONFIGURE, domain) else context.actor.user_id
        number = None if link is None else link.number
        found = work.reports.search(domain.id, user_id=mine, link_number=number, limit=MAX_REPORTS)
        numbers = {each.link_number for each in found if each.link_number is not None}
        links = {each.number: each for each in work.links.find_many((), numbers)}
        makers = {each.user_id: work.users.find(each.user_id) for each in found}
    return [_listed(each, makers[each.user_id], links.get(each.link_number or 0)) for each in found]


def revoke_report(context: Context, report_id: int) -> Report:
    """End a report that the actor made, or one of a domain whose settings he may change; ReportNotFound for any other."""
    with context.database.write() as work:
        report = work.reports.find(report_id)
        domain = work.domains.find(report.domain_id) if report is not None else None
        if report is None or domain is None or not _may_revoke(context.actor, report, domain):
            raise ReportNotFound("There is no such report among those that you may revoke.")
        work.reports.remove(report.id)
        context.note(work, Event.REPORT_REVOKED, str(report.id), domain, name=report.name)
    return report


def open_report(context: Context, token: str, find_actor: Callable[[int, bool], Actor]) -> Opened:
    """The report with this token. ReportNotFound when there is none, its time is up, what it is about is gone, or its maker may
    not share that any more; which of these is not told.

    ``context`` is nobody's; ``find_actor`` gives the maker as he would act now, with a second factor if he has one.
    """
    missing = ReportNotFound("There is no report here: its address is wrong, or it has ended.")
    if not (0 < len(token) <= _MAX_TOKEN and token.isascii()):
        raise missing
    with context.database.read() as work:
        report = work.reports.find_by_digest(_digest(token))
        if report is None or report.is_over(context.now()):
            raise missing
        factor = work.second_factors.is_on(report.user_id)
    maker = find_actor(report.user_id, factor)
    with context.database.read() as work:
        domain = work.domains.find(report.domain_id)
        link = work.links.find_by_number(report.link_number) if report.link_number is not None else None
        gone = link is None and report.link_number is not None
        if domain is None or gone or (link is not None and link.domain_id != domain.id):
            raise missing
        if not may_share(work, maker, domain, link):
            raise missing
    return Opened(report, replace(context, actor=maker), domain, link)


def password_opens(report: Report, password: str) -> bool:
    """Whether a password is the report's; it takes as long where the report has none, which no password opens."""
    return len(password) <= MAX_PASSWORD and password_matches(password, report.password_hash)


def _place(work: UnitOfWork, context: Context, of: int | str) -> tuple[Domain, Link | None]:
    link = None
    if isinstance(of, int):
        domain = whole_domain(work, context.actor, of)
    else:
        link, domain = link_and_domain(work, context.actor, Action.READ_STATISTICS, of)
    if not may_share(work, context.actor, domain, link):
        raise NotAllowed("You may read these statistics, and not share them: that takes the role User or more.")
    return domain, link


def _may_revoke(actor: Actor, report: Report, domain: Domain) -> bool:
    own = report.user_id == actor.user_id and may(actor, Action.READ, domain)
    return own or may(actor, Action.CONFIGURE, domain)


def _listed(report: Report, maker: User | None, link: Link | None) -> Listed:
    gone = report.link_number is not None and link is None
    return Listed(report, maker.email if maker is not None else "", link, gone)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
