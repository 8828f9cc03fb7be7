"""What to enter at a domain's name servers, and what they say now."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from litestar import Response

from linnet.actions.domain_checks import look_up_domain
from linnet.dashboard.pages import Asked
from linnet.dashboard.texts import marked
from linnet.model.domain import Domain
from linnet.model.domain_state import (
    CONFIGURED,
    EXTRA_RECORDS,
    NOT_CONFIGURED,
    NOT_REGISTERED,
    NOT_VERIFIED,
    DnsRecord,
    NameFindings,
    proof_record,
)

# Each state in two words, and in a sentence.
STATES: Final[Mapping[str, tuple[str, str]]] = {
    CONFIGURED: (marked("Ready"), marked("The name leads here. Links of this domain work.")),
    EXTRA_RECORDS: (
        marked("Leads elsewhere too"),
        marked("Some of its addresses are not those of this server: some visitors do not come here. Remove those records."),
    ),
    NOT_CONFIGURED: (
        marked("Does not lead here"),
        marked("Name servers do not lead visitors of this name here yet. A new record may take minutes, seldom hours."),
    ),
    NOT_REGISTERED: (
        marked("Not registered"),
        marked("Nobody has registered this name. Register it at a registrar first, or look for a slip in its spelling."),
    ),
    NOT_VERIFIED: (
        marked("Proof is missing"),
        marked("Links of this domain are not served before the TXT record below shows that the name is yours."),
    ),
    "registration_pending": (marked("Being registered"), marked("The registration of this name is under way.")),
}


def expected_records(asked: Asked, domain: Domain) -> list[DnsRecord]:
    """What name servers are to hold for the domain, whether they do or not."""
    leading_here = asked.options.here.records(domain.hostname)
    proof = [proof_record(domain.hostname, domain.verification_token)] if not domain.verified else []
    return [*proof, *leading_here]


def state_part(asked: Asked) -> Response[Any]:
    """What name servers say just now: a part of the page, asked for every few seconds; 204 while it is what the page shows."""
    domain, findings = look_up_domain(asked.context, asked.path["domain_id"])
    seen = fingerprint(domain, findings)
    if findings is None or seen == asked.query.text("seen"):
        return Response(b"", status_code=204, media_type="text/plain", headers={"Cache-Control": "no-store"})
    return asked.page("domain_state.html", domain=domain, findings=findings, state=STATES[domain.state], seen=seen, live=True)


def fingerprint(domain: Domain, findings: NameFindings | None) -> str:
    """What tells one answer of name servers from another."""
    return hashlib.sha256(repr((domain.state, domain.verified, findings)).encode()).hexdigest()[:16]
