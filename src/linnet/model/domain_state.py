"""The state of a domain, as far as name servers tell it (contract c.2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from linnet.model.domain import Domain

PROOF_LABEL: Final = "_linnet"
PROOF_PREFIX: Final = "linnet-verification="
CONFIGURED: Final = "configured"
NOT_CONFIGURED: Final = "not_configured"
NOT_VERIFIED: Final = "not_verified"
NOT_REGISTERED: Final = "not_registered"
EXTRA_RECORDS: Final = "extra_records"
LEADING_HERE: Final = frozenset({CONFIGURED, EXTRA_RECORDS})
# Second levels under which country registries sell names, as in example.co.uk. Not the whole list of public suffixes: a
# wrong guess only makes "not_configured" of what is "not_registered".
_SECOND_LEVELS: Final = frozenset(
    ("ac", "co", "com", "edu", "go", "gob", "gov", "gv", "ltd", "me", "mil", "ne", "net", "nom", "or", "org", "plc", "sch")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFindings:
    """What name servers said of a hostname.

    ``answered`` is False when they said nothing that can be relied on; then the rest means nothing. ``registered`` is False
    when not even the name that one buys from a registry exists. ``here`` and ``elsewhere`` are the addresses (or the names
    that lead nowhere) to which the hostname leads. ``texts`` are the texts under ``proof_name``, None when nobody asked or
    answered.
    """

    answered: bool
    registered: bool = True
    here: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    texts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """A record to be entered at a domain's name servers; ``type`` is ALIAS where a CNAME is wanted and not allowed."""

    type: str
    name: str
    value: str


UNANSWERED: Final = NameFindings(answered=False)


def proof_name(hostname: str) -> str:
    """Where the TXT record stands that proves the right to ``hostname``."""
    return f"{PROOF_LABEL}.{hostname}"


def records_of(domain: Domain, leading_here: Sequence[DnsRecord]) -> list[DnsRecord]:
    """What is missing at the domain's name servers, as far as its state tells; ``leading_here`` are the records that lead its
    hostname to this installation."""
    if domain.state == CONFIGURED:
        return []
    proof = [] if domain.verified else [proof_record(domain.hostname, domain.verification_token)]
    return [*proof, *leading_here]


def proof_record(hostname: str, token: str) -> DnsRecord:
    """The record that proves the right to ``hostname``."""
    return DnsRecord("TXT", proof_name(hostname), proof_text(token))


def proof_text(token: str) -> str:
    """What that record must hold."""
    return PROOF_PREFIX + token


def is_proved(findings: NameFindings, token: str) -> bool:
    """Whether one of the texts found is the proof for ``token``."""
    return findings.texts is not None and proof_text(token) in (text.strip() for text in findings.texts)


def state_of(findings: NameFindings, *, proof_missing: bool, last: str) -> str:
    """The state of a domain whose last known one is ``last``, which stays when no name server answered.

    ``registration_pending`` is never found here: names are not sold by this project.
    """
    if proof_missing:
        return NOT_VERIFIED
    if not findings.answered:
        return NOT_CONFIGURED if last == NOT_VERIFIED else last
    if not findings.registered:
        return NOT_REGISTERED
    if not findings.here:
        return NOT_CONFIGURED
    return EXTRA_RECORDS if findings.elsewhere else CONFIGURED


def checked(domain: Domain, findings: NameFindings, now: datetime) -> Domain:
    """``domain`` after a check at ``now``. A proof once given holds for good: nobody else can register the hostname."""
    verified = domain.verified or is_proved(findings, domain.verification_token)
    state = state_of(findings, proof_missing=not verified, last=domain.state)
    return replace(domain, verified=verified, state=state, checked_at=now)


def is_local(hostname: str) -> bool:
    """Whether ``hostname`` is this machine's for whoever asks (RFC 6761, section 6.3)."""
    return hostname == "localhost" or hostname.endswith(".localhost")


def unasked_state(hostname: str) -> str:
    """The state of a domain that was not checked yet."""
    return CONFIGURED if is_local(hostname) else NOT_CONFIGURED


def registrable_name(hostname: str) -> str:
    """The part of ``hostname`` that one buys from a registry: ``example.com``, ``example.co.uk``."""
    labels = hostname.split(".")
    deep = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS
    return ".".join(labels[-3 if deep else -2 :])
