"""Titles of cloaked links whose owners gave none: those of the pages that they show."""

import threading
from dataclasses import replace
from typing import Final

import structlog

from linnet.actions.context import Context
from linnet.actions.placing import LinkInDomain
from linnet.model.access import KeyKind
from linnet.model.domain import Domain
from linnet.model.errors import Refusal
from linnet.model.link import MAX_TITLE, Link, LinkDraft
from linnet.model.path import path_key
from linnet.model.unset import UNSET
from linnet.model.url import ENCRYPTED_SCHEME
from linnet.network.fetch import FetchOptions, fetch
from linnet.network.page_title import title_of

SECONDS: Final = 3.0
_MAX_BYTES: Final = 256 * 1024
_MEDIA_TYPES: Final = frozenset(("text/html", "application/xhtml+xml"))
# A fraction of a process's threads, which slow servers must not take all; whoever comes then gets no title.
_AT_ONCE: Final = 4
_log = structlog.get_logger("linnet.titles")


class PageTitles:
    """Looks up what pages are called. May be shared by threads."""

    def __init__(self, options: FetchOptions) -> None:
        self._options = replace(options, total_seconds=min(SECONDS, options.total_seconds))
        self._fetching = threading.BoundedSemaphore(_AT_ONCE)

    def find(self, url: str) -> str:
        """The title of the page at ``url`` after at most ``SECONDS``, "" when there is none to be had. Never raises."""
        if not self._fetching.acquire(blocking=False):
            return ""
        try:
            page = fetch(url, self._options, max_bytes=_MAX_BYTES, media_types=_MEDIA_TYPES, beginning=True)
        except Refusal as refusal:
            _log.info("titles.missing", url=url[:200], reason=refusal.message)
            return ""
        finally:
            self._fetching.release()
        return title_of(page.body, page.charset, limit=MAX_TITLE)


def with_title(context: Context, saved: LinkInDomain, draft: LinkDraft) -> LinkInDomain:
    """``saved`` with the title of its destination, if it is cloaked and has none, and ``draft``, by which it was saved, says
    something about that. For who has committed: the link works already, and stays as it is when no title is to be had, or when
    somebody changed it meanwhile. Not for public keys: strangers would send this server where they like."""
    link, domain = saved.link, saved.domain
    if link.title or not _is_cloaked(link, domain) or link.original_url.startswith(f"{ENCRYPTED_SCHEME}:"):
        return saved
    if not _is_about_titles(draft) or context.actor.key_kind is KeyKind.PUBLIC:
        return saved
    title = context.find_title(link.original_url)
    if not title:
        return saved
    try:
        with context.database.write() as work:
            domain_now = work.domains.find(domain.id, hold=True)
            now = work.links.find(link.id, hold=True)
            if domain_now is None or now is None or now.title or now.original_url != link.original_url:
                return saved
            named = replace(now, title=title)
            key = path_key(named.path, case_sensitive=domain_now.case_sensitive)
            work.links.save(named, key)
            work.changes.record(domain.id, key)
        context.publish(work.sequence)
    except Refusal as refusal:
        _log.warning("titles.not_kept", link=link.id, reason=refusal.message)
        return saved
    return replace(saved, link=named)


def _is_cloaked(link: Link, domain: Domain) -> bool:
    return domain.cloaking if link.cloaking is None else link.cloaking


def _is_about_titles(draft: LinkDraft) -> bool:
    return any(value is not UNSET for value in (draft.cloaking, draft.original_url, draft.title))
