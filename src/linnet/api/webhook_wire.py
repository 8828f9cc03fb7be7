"""The bodies of webhooks: links and domains as the API has them, clicks as exported files have them."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from linnet.actions.placing import LinkInDomain
from linnet.api.domain_wire import domain_json
from linnet.api.options import ApiOptions
from linnet.api.wire import iso, link_json
from linnet.model.click_record import ClickRecord, written_moment
from linnet.model.domain import Domain
from linnet.model.domain_state import records_of
from linnet.model.link import Link
from linnet.model.webhook import MANY, TEST, Delivery, WebhookEvent
from linnet.statistics.files import click_lines

_encode = msgspec.json.Encoder().encode


def delivery_writer(options: ApiOptions) -> Callable[[Delivery, Domain, list[Link]], str]:
    """What makes the body of a delivery that tells of links, of a domain, or of nothing."""

    def write(delivery: Delivery, domain: Domain, links: list[Link]) -> str:
        data = _data(delivery, domain, links, options)
        return _encode({"type": delivery.type, "timestamp": iso(delivery.created_at), "data": data}).decode()

    return write


def _data(delivery: Delivery, domain: Domain, links: Sequence[Link], options: ApiOptions) -> dict[str, Any]:
    written = [link_json(LinkInDomain(link, domain), options) for link in links]
    if delivery.type == TEST:
        return {"webhookId": delivery.webhook_id, "domainId": domain.id, "hostname": domain.hostname}
    if delivery.type == WebhookEvent.DOMAIN_UPDATED:
        return domain_json(domain, records_of(domain, options.here.records(domain.hostname)))
    if delivery.type in MANY.values():
        return {"links": written}
    return written[0] if written else {}


def clicks_body(clicks: Sequence[ClickRecord], at: datetime) -> str:
    """The body that tells of several clicks."""
    lines = b",".join(click_lines(clicks))
    return f'{{"type":"{WebhookEvent.CLICK}","timestamp":"{iso(at)}","data":{{"clicks":[{lines.decode()}]}}}}'


def webhook_url_body(click: ClickRecord) -> str:
    """A click as it is told to the address in a domain's ``webhookURL``, by the names that Short.io's help has."""
    utm = {name: getattr(click, name) for name in ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")}
    body = {
        "host": click.address,
        "date": written_moment(click.clicked_at),
        "referrer": click.referrer,
        "origin": click.hostname,
        "user-agent": click.user_agent,
        "path": click.path,
    }
    return json.dumps(body | {name: value for name, value in utm.items() if value}, ensure_ascii=False)
