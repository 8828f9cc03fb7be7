"""Short.io's spellings and shapes of domains (contract b.4, c.2)."""

import json
from collections.abc import Sequence
from typing import Any

from msgspec import UNSET as ABSENT
from msgspec import Struct

from linnet.api.wire import Flag, Number, Text, iso
from linnet.model.domain import Domain
from linnet.model.domain_settings import PAGE_TEXTS, visitor_addresses
from linnet.model.domain_state import CONFIGURED, DnsRecord


class DomainCreate(Struct, kw_only=True):
    """The body of createDomain; ``teamId`` is our own."""

    hostname: str
    hideReferer: Flag = ABSENT
    linkType: Text = ABSENT
    httpsLinks: Flag = ABSENT
    teamId: Number = ABSENT


def domain_json(domain: Domain, records: Sequence[DnsRecord]) -> dict[str, Any]:
    """A domain as the API returns it (contract c.2).

    ``dnsRecords`` is our own: what to enter at the domain's name servers, while something is missing there.
    """
    body: dict[str, Any] = {
        "id": domain.id,
        "hostname": domain.hostname,
        "unicodeHostname": domain.unicode_hostname,
        "state": domain.state,
        "createdAt": iso(domain.created_at),
        "updatedAt": iso(domain.updated_at),
        "hasFavicon": domain.favicon is not None,
        "hideReferer": domain.hide_referrer,
        "linkType": domain.link_type.value,
        "cloaking": domain.cloaking,
        "hideVisitorIp": domain.hide_visitor_ip,
        "enableAI": domain.enable_ai,
        "httpsLevel": domain.https_level,
        "httpsLinks": domain.https_links,
        "clientStorage": domain.client_storage,
        "caseSensitive": domain.case_sensitive,
        "incrementCounter": str(domain.increment_counter) if domain.increment_counter else "",
        "robots": domain.robots,
        "exportEnabled": True,
        "enableConversionTracking": domain.enable_conversion_tracking,
        "qrScanTracking": domain.qr_scan_tracking,
        "purgeExpiredLinks": domain.purge_expired_links,
        "UserId": domain.owner_id,
    }
    if domain.state != CONFIGURED:
        body["dnsRecords"] = [{"type": each.type, "name": each.name, "value": each.value} for each in records]
    optional = {
        "TeamId": domain.team_id,
        "segmentKey": domain.segment_key,
        "webhookURL": domain.webhook_url,
        "integrationGA": domain.integration_ga,
        "integrationFB": domain.integration_fb,
        "integrationTT": domain.integration_tt,
        "integrationAdroll": domain.integration_adroll,
        "integrationGTM": domain.integration_gtm,
        "redirect404": domain.redirect_404,
        "rootRedirect": domain.root_redirect,
    }
    return body | {name: value for name, value in optional.items() if value is not None}


def whole_domain_json(domain: Domain, records: Sequence[DnsRecord]) -> dict[str, Any]:
    """A domain as getDomain and verifyDomain return it; all but ``ipExclusions`` and ``userPlan`` is our own."""
    body = domain_json(domain, records) | {"ipExclusions": domain.ip_exclusions, "userPlan": "large"}
    body["limitCountsRobots"] = domain.limit_counts_robots
    body["visitorAddresses"] = visitor_addresses(domain)
    body["clickRetentionDays"] = domain.click_retention_days
    optional = {
        "qr": domain.qr_style or None,
        "favicon": domain.favicon,
        "pageTexts": {spelling: domain.page_texts[name] for spelling, name in PAGE_TEXTS.items() if name in domain.page_texts},
        "appleAppSiteAssociation": json.loads(domain.apple_association) if domain.apple_association else None,
        "assetLinks": json.loads(domain.asset_links) if domain.asset_links else None,
    }
    return body | {name: value for name, value in optional.items() if value}
