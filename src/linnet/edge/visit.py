"""One visit at the edge: from host and request target to the response and its journal record."""

import re
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Protocol, cast

from linnet.edge.blocked import BLOCKED, BlockGuard
from linnet.edge.counters import NodeCounters
from linnet.edge.counts import EdgeCounts
from linnet.edge.documents import own_answer
from linnet.edge.facts import Visitor, VisitorFacts
from linnet.edge.following import Answer, Asked, Following
from linnet.edge.gate import Gate
from linnet.edge.heads import MAX_FORWARDED, MAX_REFERRER, MAX_USER_AGENT, Head, VisitHead, wishes_of
from linnet.edge.hops import Hops
from linnet.edge.hosts import HOST, Host, HostKind, host_name, host_of
from linnet.edge.lookup import record_of_path, route_of_path, wildcard_of_path
from linnet.edge.options import EdgeOptions
from linnet.edge.respond import REDIRECT_HEAD, accepted, page, redirect, tail_of
from linnet.edge.routes import HEAD, MAX_KEY, RouteIndex, RouteView, decode_route, route_key
from linnet.model import conversion
from linnet.model.click import ClickFlag, DropReason, RawClick, without_keys
from linnet.model.route import Needs, Route, lost_destination

_HEAD_BYTES = HEAD.size
# Of a path without a link.
_NO_HEAD = (0, False, 0, 0)
_MAX_HOSTS_REMEMBERED = 4096
_MAX_HOST_BYTES = 262  # a name of 253, a final dot, a colon and a port
_MAX_TARGET = 4096


class ClickRecorder(Protocol):
    """Where the edge records visits before it answers them."""

    def append(self, records: list[RawClick], /) -> int:
        """Record them durably against a killed process; returns how many were lost. Never raises."""


class Edge:
    """The edge of one process. Its responses leave after the records of the same event-loop tick are in the journal."""

    def __init__(
        self,
        index: RouteIndex,
        counters: NodeCounters,
        recorder: ClickRecorder,
        options: EdgeOptions,
        facts: VisitorFacts,
        clock: Callable[[], float] = time.time,
        blocked: BlockGuard | None = None,
    ) -> None:
        self.counts = EdgeCounts()
        self._index = index
        hops = Hops(self.host, self._current_view, options.own_ports)
        keys = options.click_key, options.unlock_key
        self._following = Following(counters, facts, *keys, hops, blocked, options.honour_opt_out)
        self.blocked = blocked
        self._facts = facts
        self._recorder = recorder
        self._options = options
        self._clock = clock
        self._hosts: dict[bytes, Host | HostKind] = {}
        # One for each domain, however its visitors spell it.
        self._domains: dict[str, Host] = {}
        self._hosts_version = -1
        self._view: RouteView | None = None
        self._records: list[RawClick] = []
        self._second = 0
        self._date = b""
        self._orphans = 0
        self._conversions = 0

    def host(self, header: bytes) -> Host | HostKind:
        """What a Host header (with or without a port) stands for."""
        view = self._current_view()
        found = self._hosts.get(header)
        if found is None and len(header) > _MAX_HOST_BYTES:
            return HostKind.UNKNOWN if HOST.fullmatch(header) else HostKind.INVALID
        if found is None:
            if len(self._hosts) >= _MAX_HOSTS_REMEMBERED:
                self._forget_hosts()
            found = self._hosts[header] = self._find_host(header, view)
        return found

    def answer_ordinary(
        self, host: Host, line: re.Match[bytes], head: VisitHead, peer: str, forwarded_for: bytes | None, data: bytes
    ) -> bytes:
        """``answer`` for a visit that took the quick way, of a link that exists; ``line`` has its method, its target, the path
        without the slash and the query, ``forwarded_for`` is None where it does not come through a trusted proxy. This is what
        a busy server spends its time on."""
        method, target, path, query = line.groups()
        forwarded, https = (b"", False) if forwarded_for is None else (forwarded_for[-MAX_FORWARDED:], head.https)
        close = head.close
        view = self._view or self._current_view()
        key = host.prefix + (path if host.case_sensitive else path.lower())
        record = view.record(key) if len(key) < MAX_KEY else None
        if record is None or not (host.quick or (https and host.quick_by_https)):
            return self.answer(host, method.decode(), target, close, peer, head.agent, head.referrer, data, forwarded, https)
        now = self._clock()
        second = int(now)
        if host.tail_second != second:
            self._renew_tails(host, second)
        needs, skip_query, status, number = HEAD.unpack_from(record)
        tail = host.closing_tail if close else host.tail
        name = "GET" if method == b"GET" else "HEAD"
        flags = host.flags | ClickFlag.HTTPS if https else host.flags
        if query is not None:
            query, scan = host.passed_on(query[1:])
            flags |= scan
        if needs == host.plain and (not query or skip_query):
            response = REDIRECT_HEAD[status] + record[_HEAD_BYTES:] + tail
            if self.blocked is not None and self.blocked.stops(record[_HEAD_BYTES:]):
                status, response = BLOCKED, self.blocked.answer(record[_HEAD_BYTES:], tail, name)
        else:
            visitor = Visitor(peer, forwarded, head.agent[:MAX_USER_AGENT])
            asked = Asked(name, query or b"", "", now, visitor, head, https, tail, host.pages)
            status, response, more = self._following.answer(host.domain, decode_route(record, host.domain_id), asked)
            flags |= more
        language, opted_out = head.wishes or wishes_of(head)
        visits = self.counts.visits
        visits[status] = visits.get(status, 0) + 1
        # A bare tuple: making the named one would cost more than everything else in this method.
        record_of_visit = (
            int(now * 1000),
            host.domain_id,
            number,
            status,
            name,
            host.hostname,
            target[:_MAX_TARGET].decode("ascii"),
            peer,
            forwarded.decode("latin-1"),
            head.agent_text,
            head.referrer_text,
            flags | opted_out,
            language,
        )
        self._records.append(cast(RawClick, record_of_visit))
        return response

    def answer(
        self,
        host: Host,
        method: str,
        target: bytes,
        close: bool,
        peer: str,
        user_agent: bytes,
        referrer: bytes,
        head: Head,
        forwarded_for: bytes = b"",
        https: bool = False,
    ) -> bytes:
        """The response to a GET or HEAD for a domain; the visit is noted for the tick's journal write.

        ``forwarded_for`` and ``https`` come from a trusted proxy's headers, and from nobody else's. ``head`` is where the
        headers are that only some links ask for.
        """
        now = self._clock()
        if host.tail_second != int(now):
            self._renew_tails(host, int(now))
        tail = host.closing_tail if close else host.tail
        raw_path, _, query = target.partition(b"?")
        domain = host.domain
        query, scan = host.passed_on(query)
        flags = host.flags | scan
        excluded = False
        if host.gate is not None:
            secured = host.gate.redirect(raw_path, target, https)
            if secured is not None:
                return self._send_on(301, secured, self._tail(host, https, close))
            excluded = self._is_excluded(host.gate, peer, forwarded_for)
        record = self._record(host, raw_path)
        needs, skip_query, status, number = HEAD.unpack_from(record) if record is not None else _NO_HEAD
        if record is not None and needs == host.plain and (not query or skip_query):
            status, response = self._redirect(status, record[_HEAD_BYTES:], tail, method)
        elif record is None and raw_path == conversion.PATH:
            return self.convert(host, method, target, close, peer, user_agent, forwarded_for, https)
        elif record is None and raw_path in host.own_paths:
            whole = self._current_view().domain(domain.hostname) or domain
            return own_answer(whole, raw_path, tail, host.pages, head_only=method == "HEAD")
        else:
            visitor = Visitor(peer, forwarded_for[-MAX_FORWARDED:], user_agent[:MAX_USER_AGENT])
            asked = Asked(method, query, "", now, visitor, head, https, tail, host.pages, excluded)
            if record is not None:
                answer = self._following.answer(domain, decode_route(record, domain.domain_id), asked)
            else:
                number, answer = self._answer_unknown(host, raw_path, asked)
            status, response = answer.status, answer.response
            flags |= answer.flags
        visits = self.counts.visits
        visits[status] = visits.get(status, 0) + 1
        if excluded:
            self.counts.drop(DropReason.EXCLUDED)
        elif number or self._admit_orphan():
            kept = target if number else without_keys(target)
            flags = flags | ClickFlag.HTTPS if https else flags
            self._note(now, host, number, status, method, kept, peer, forwarded_for, user_agent, referrer, flags, head)
        return response

    def _note(
        self,
        now: float,
        host: Host,
        number: int,
        status: int,
        method: str,
        target: bytes,
        peer: str,
        forwarded_for: bytes,
        user_agent: bytes,
        referrer: bytes,
        flags: int,
        head: Head = (),
    ) -> None:
        """Keep a record, within its bounds, for the end of the tick."""
        language, opted_out = wishes_of(head)
        # A bare tuple: making the named one would cost more than all else here.
        record = (
            int(now * 1000),
            host.domain_id,
            number,
            status,
            method,
            host.hostname,
            target[:_MAX_TARGET].decode("latin-1"),
            peer,
            forwarded_for[-MAX_FORWARDED:].decode("latin-1"),
            user_agent[:MAX_USER_AGENT].decode("latin-1"),
            referrer[:MAX_REFERRER].decode("latin-1"),
            flags | opted_out,
            language,
        )
        self._records.append(cast(RawClick, record))

    def _record(self, host: Host, raw_path: bytes) -> bytes | None:
        """The record of the link with that very path."""
        view = self._current_view()
        if b"%" in raw_path or not raw_path.isascii():
            return record_of_path(view, host, raw_path)
        return view.record(route_key(host.prefix, raw_path[1:] if host.case_sensitive else raw_path[1:].lower()))

    def _redirect(self, status: int, destination: bytes, tail: bytes, method: str) -> tuple[int, bytes]:
        """A plain redirect, or the warning in its place."""
        if self.blocked is not None and self.blocked.stops(destination):
            return BLOCKED, self.blocked.answer(destination, tail, method)
        return status, redirect(status, destination, tail)

    def convert(
        self,
        host: Host,
        method: str,
        target: bytes,
        close: bool,
        peer: str,
        user_agent: bytes,
        forwarded_for: bytes = b"",
        https: bool = False,
    ) -> bytes:
        """The response to a conversion beacon (contract e): 204, 400 for one that names no click of this installation, or 429
        when there are more of them in a second than ever come of visitors."""
        now = self._clock()
        self._advance(int(now))
        tail = self._tail(host, https, close)
        goal = conversion.read_goal(target.partition(b"?")[2].decode("latin-1"), self._options.click_key)
        if goal is None:
            return page(400, tail, head_only=method == "HEAD")
        self._conversions += 1
        if self._conversions > self._options.conversions_per_second:
            self.counts.drop(DropReason.CONVERSION_LIMIT)
            return page(429, tail, head_only=method == "HEAD")
        number, flags = goal.click.link_number, host.flags | ClickFlag.CONVERSION
        self._note(now, host, number, 204, method, target, peer, forwarded_for, user_agent, b"", flags)
        return accepted(tail)

    def locked(self, host: Host, target: bytes, visitor: Visitor, https: bool) -> tuple[Route, Asked] | bytes:
        """The link with a password for which a form was sent to ``target``; where there is none that goes on, the response."""
        raw_path, _, query = target.partition(b"?")
        secured = host.gate.redirect(raw_path, target, https) if host.gate is not None else None
        if secured is not None:
            # Browsers go there without the form, and are asked anew.
            return self._send_on(301, secured, self._tail(host, https, False))
        route = route_of_path(self._current_view(), host, raw_path)
        if route is None or not route.needs & Needs.PASSWORD:
            return self.refuse(405, close=False, host=host, https=https)
        now = self._clock()
        if host.tail_second != int(now):
            self._renew_tails(host, int(now))
        excluded = host.gate is not None and self._is_excluded(host.gate, visitor.peer, visitor.forwarded_for)
        asked = Asked("POST", query, "", now, visitor, (), https, self._tail(host, https, False), host.pages, excluded)
        return self._following.ended(host.domain, route, asked) or (route, asked)

    def address_of(self, visitor: Visitor) -> str:
        """The visitor's address, behind trusted proxies too; "" when there is none."""
        return self._facts.address_of(visitor)

    def refuse(
        self, status: int, *, close: bool, head_only: bool = False, host: Host | None = None, https: bool = False
    ) -> bytes:
        """The page for a request that is no visit: malformed, for an unknown host, or to ``host`` with another method."""
        self._advance(int(self._clock()))
        tail = self._tail(host, https, close) if host is not None else tail_of(self._date, b"", close=close)
        return page(status, tail, head_only=head_only)

    def end_tick(self) -> None:
        """Write the tick's records to the journal and let go of the tick's view of the index."""
        view, self._view = self._view, None
        if view is not None:
            view.close()
        if self._records:
            records, self._records = self._records, []
            lost = self._recorder.append(records)
            if lost:
                self.counts.drop(DropReason.JOURNAL_FULL, lost)

    def _current_view(self) -> RouteView:
        view = self._view
        if view is None:
            view = self._view = self._index.view()
            version = view.domains_version()
            if version != self._hosts_version:
                self._forget_hosts()
                self._hosts_version = version
        return view

    def _find_host(self, header: bytes, view: RouteView) -> Host | HostKind:
        if not HOST.fullmatch(header):
            return HostKind.INVALID
        name = host_name(header)
        if name in self._options.admin_hosts:
            return HostKind.ADMIN
        if name in self._options.api_hosts:
            return HostKind.API
        known = self._domains.get(name)
        if known is not None:
            return known
        domain = view.domain(name) if name else None
        if domain is None:
            return HostKind.UNKNOWN
        host = self._domains[name] = host_of(domain, self._options.https_port)
        return host

    def _forget_hosts(self) -> None:
        self._hosts.clear()
        self._domains.clear()

    def _is_excluded(self, gate: Gate, peer: str, forwarded_for: bytes) -> bool:
        excluded = gate.excluded
        return excluded is not None and self.address_of(Visitor(peer, forwarded_for[-MAX_FORWARDED:], b"")) in excluded

    def _answer_unknown(self, host: Host, raw_path: bytes, asked: Asked) -> tuple[int, Answer]:
        """The answer to a path without a link, with the number of the wildcard link that has it after all, or 0."""
        domain = host.domain
        found = wildcard_of_path(self._current_view(), host, raw_path)
        if found is not None:
            route, rest = found
            return route.link_number, self._following.answer(domain, route, asked._replace(rest=rest))
        lost = lost_destination(domain, raw_path)
        if lost is None:
            return 0, Answer(404, page(404, asked.tail, head_only=asked.method == "HEAD", pages=host.pages), 0)
        return 0, self._following.lost(domain, lost, asked)

    def _admit_orphan(self) -> bool:
        self._orphans += 1
        if self._orphans <= self._options.orphans_per_second:
            return True
        self.counts.drop(DropReason.ORPHAN_LIMIT)
        return False

    def _renew_tails(self, host: Host, second: int) -> None:
        self._advance(second)
        # Of a domain with headers for https alone, visits by http are sent away before they get one of these.
        host.tail = self._tail(host, True, False)
        host.closing_tail = self._tail(host, True, True)
        host.tail_second = second

    def _tail(self, host: Host, https: bool, close: bool) -> bytes:
        return tail_of(self._date, host.headers + host.secure_headers if https else host.headers, close=close)

    def _send_on(self, status: int, destination: bytes, tail: bytes) -> bytes:
        """A redirect that is no click."""
        self.counts.visits[status] = self.counts.visits.get(status, 0) + 1
        return redirect(status, destination, tail)

    def _advance(self, second: int) -> None:
        if second != self._second:
            self._second = second
            self._date = formatdate(second, usegmt=True).encode()
            self._orphans = self._conversions = 0
            if self.blocked is not None:
                self.blocked.refresh()
