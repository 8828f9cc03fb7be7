"""What name servers say of a hostname: where it leads, and the TXT proof under it."""

import ipaddress
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver

from linnet.model.domain_state import UNANSWERED, NameFindings, is_local, proof_name, registrable_name
from linnet.network.here import Here, IPAddress, plain

MOST_SECONDS: Final = 3.0
_TRY_SECONDS: Final = 1.0
_ROUNDS: Final = 2
_MOST_SERVERS: Final = 4
_MOST_HOPS: Final = 8
_MOST_RECORDS: Final = 64
_MOST_NAMES: Final = 8
_PORT: Final = 53
# A fraction of a process's threads: name servers that are slow must not take all of them from other requests.
_ASKED_AT_ONCE: Final = 8
# Fits any network without fragments (DNS flag day 2020).
_PAYLOAD: Final = 1232
_ADDRESSES: Final = (dns.rdatatype.A, dns.rdatatype.AAAA)
# What one server answers wrongly or not at all is asked of the next one.
_FAILURES: Final = (dns.exception.DNSException, OSError, EOFError, ValueError)


class NameServers:
    """Asks ``servers`` (addresses and ports; those of the system when there are none), each time anew and without memory.

    At most eight questions at once; who asks one more gets no answer, at once. May be shared by threads.
    """

    def __init__(self, servers: Sequence[tuple[str, int]] = (), here: Here | None = None) -> None:
        self._servers = tuple(servers)
        self._here = here or Here()
        self._asking = threading.BoundedSemaphore(_ASKED_AT_ONCE)

    def findings(self, hostname: str, *, proof: bool = False, seconds: float = MOST_SECONDS) -> NameFindings:
        """What is known of ``hostname`` (lower-case punycode), and with ``proof`` the texts under its proof name, after at
        most ``seconds``. Never raises."""
        if is_local(hostname):
            place = (hostname,)
            here, elsewhere = (place, ()) if self._here.loopback else ((), place)
            return NameFindings(answered=True, here=here, elsewhere=elsewhere, texts=() if proof else None)
        if not self._asking.acquire(blocking=False):
            return UNANSWERED
        try:
            servers = self._servers or _system_servers()
            talk = _Talk(servers[:_MOST_SERVERS], time.monotonic() + min(seconds, MOST_SECONDS))
            texts = talk.texts(proof_name(hostname)) if proof else None
            return replace(self._places(talk, hostname), texts=texts)
        finally:
            self._asking.release()

    def _places(self, talk: "_Talk", hostname: str) -> NameFindings:
        found = [talk.follow(hostname, kind) for kind in _ADDRESSES]
        trails = [trail for trail in found if trail is not None]
        addresses = [address for trail in trails for address in trail.addresses]
        # A server may fail for AAAA alone; what it says of A is what most visitors go by.
        if not trails or (len(trails) < len(found) and not addresses):
            return UNANSWERED
        if not addresses:
            return self._nowhere(talk, hostname, trails)
        if any(name in self._here.names for trail in trails for name in trail.names):
            return NameFindings(answered=True, here=_texts_of(addresses))
        here = [address for address in addresses if self._here.has(address)]
        if len(here) < len(addresses) and (ours := sorted(self._here.names)[:_MOST_NAMES]):
            known = [talk.follow(name, kind) for name in ours for kind in _ADDRESSES]
            places = {address for trail in known if trail is not None for address in trail.addresses}
            here = [address for address in addresses if self._here.has(address) or address in places]
            if not here and None in known:
                return UNANSWERED
        return NameFindings(
            answered=True,
            here=_texts_of(here),
            elsewhere=_texts_of([address for address in addresses if address not in here]),
        )

    def _nowhere(self, talk: "_Talk", hostname: str, trails: Sequence["_Trail"]) -> NameFindings:
        last = trails[0].names[-1]
        if last != hostname:
            return NameFindings(answered=True, elsewhere=(last,))
        name = registrable_name(hostname)
        registered = any(trail.exists for trail in trails) or (name != hostname and talk.exists(name))
        return NameFindings(answered=True, registered=registered)


class _Trail:
    """From a name over its CNAMEs to addresses of one kind: ``names`` in their order, and whether the last one exists."""

    def __init__(self, name: str) -> None:
        self.names = [name]
        self.addresses: list[IPAddress] = []
        self.exists = True


class _Talk:
    """Questions that end together, at ``deadline`` (of the monotonic clock)."""

    def __init__(self, servers: tuple[tuple[str, int], ...], deadline: float) -> None:
        self._servers = servers
        self._deadline = deadline

    def follow(self, hostname: str, kind: dns.rdatatype.RdataType) -> _Trail | None:
        """Where ``hostname`` leads; None when nobody answered. A loop, and a chain that is too long, leads nowhere."""
        trail = _Trail(hostname)
        while len(trail.names) <= _MOST_HOPS:
            response = self._ask(trail.names[-1], kind)
            if response is None:
                return None
            before = trail.names[-1]
            self._walk(response, kind, trail)
            trail.exists = response.rcode() != dns.rcode.NXDOMAIN
            # An authoritative server stops where its zone ends: the rest is asked for.
            if trail.addresses or not trail.exists or trail.names[-1] == before or trail.names[-1] in trail.names[:-1]:
                break
        return trail

    def texts(self, hostname: str) -> tuple[str, ...] | None:
        """The TXT records of ``hostname`` as text, None when nobody answered."""
        response = self._ask(hostname, dns.rdatatype.TXT)
        if response is None:
            return None
        records = [record for rrset in response.answer if rrset.rdtype == dns.rdatatype.TXT for record in rrset]
        return tuple(b"".join(record.strings).decode("latin-1") for record in records[:_MOST_RECORDS])

    def exists(self, hostname: str) -> bool:
        """Whether there is such a name; True when nobody answered."""
        response = self._ask(hostname, dns.rdatatype.SOA)
        return response is None or response.rcode() != dns.rcode.NXDOMAIN

    def _walk(self, response: dns.message.Message, kind: dns.rdatatype.RdataType, trail: _Trail) -> None:
        aliases, places = _records(response, kind)
        while len(trail.names) <= _MOST_HOPS:
            name = trail.names[-1]
            trail.addresses = places.get(name, [])
            following = aliases.get(name)
            if trail.addresses or following is None:
                return
            trail.names.append(following)
            if following in trail.names[:-1]:
                return

    def _ask(self, hostname: str, kind: dns.rdatatype.RdataType) -> dns.message.Message | None:
        try:
            name = dns.name.from_text(hostname)
        except _FAILURES:
            # No name of DNS (too long with its prefix): like a name that does not exist.
            return _nothing()
        for server in self._servers * _ROUNDS:
            try:
                response = self._ask_one(name, kind, server)
            except _FAILURES:
                continue
            if response is None:
                return None
            if response.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                return response
        return None

    def _ask_one(
        self, name: dns.name.Name, kind: dns.rdatatype.RdataType, server: tuple[str, int]
    ) -> dns.message.Message | None:
        address, port = server
        query = dns.message.make_query(name, kind, use_edns=0, payload=_PAYLOAD)
        left = self._deadline - time.monotonic()
        if left <= 0:
            return None
        try:
            return dns.query.udp(
                query,
                address,
                timeout=min(left, _TRY_SECONDS),
                port=port,
                ignore_unexpected=True,
                ignore_errors=True,
                raise_on_truncation=True,
            )
        except dns.message.Truncated:
            left = self._deadline - time.monotonic()
            return dns.query.tcp(query, address, timeout=max(min(left, _TRY_SECONDS), 0.01), port=port)


def _records(response: dns.message.Message, kind: dns.rdatatype.RdataType) -> tuple[dict[str, str], dict[str, list[IPAddress]]]:
    """The aliases and the addresses in an answer, by lower-case name without the final dot."""
    aliases: dict[str, str] = {}
    places: dict[str, list[IPAddress]] = {}
    for rrset in response.answer:
        owner = _text_of(rrset.name)
        if rrset.rdtype == dns.rdatatype.CNAME:
            aliases[owner] = _text_of(next(iter(rrset)).target)
        elif rrset.rdtype == kind:
            found = [plain(ipaddress.ip_address(record.address)) for record in list(rrset)[:_MOST_RECORDS]]
            places.setdefault(owner, []).extend(found)
    return aliases, places


def _nothing() -> dns.message.Message:
    response = dns.message.Message()
    response.set_rcode(dns.rcode.NXDOMAIN)
    return response


def _text_of(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


def _texts_of(addresses: Sequence[IPAddress]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(address) for address in addresses))


def _system_servers() -> tuple[tuple[str, int], ...]:
    try:
        return tuple((str(server), _PORT) for server in dns.resolver.Resolver().nameservers)
    except _FAILURES:
        return ()
