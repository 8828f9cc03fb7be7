"""Files of raw clicks from the command line, whether the server runs or not."""

import re
from collections.abc import Generator
from contextlib import closing
from datetime import timedelta

from linnet.actions.raw_clicks import export_clicks
from linnet.actions.statistics import StatisticsRequest
from linnet.compose.click_orders import click_orders
from linnet.compose.control import control
from linnet.model.click_record import FileFormat
from linnet.model.periods import moment, time_zone
from linnet.model.statistics import Period
from linnet.settings import Settings
from linnet.statistics.exports import OrderedExports

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BEGINNING = "1971-01-01"


def exported_clicks(
    settings: Settings,
    hostname: str,
    kind: FileFormat,
    *,
    begin: str | None,
    end: str | None,
    zone: str,
    link_id: str | None,
) -> Generator[bytes]:
    """The clicks of a domain as a file, in parts: from ``begin`` to ``end``, both included, of all time where neither is given.
    A day stands for its beginning and, as ``end``, for all of it."""
    with control(settings) as admin, click_orders(settings) as orders:
        domain = admin.domain_named(hostname)
        context = admin.changing(domain)
        request = _request(begin, end, zone, now=context.now().isoformat())
        _, parts = export_clicks(context, None, OrderedExports(orders), domain.id, request, kind, link_id=link_id)
        with closing(parts):
            yield from parts


def _request(begin: str | None, end: str | None, zone: str, *, now: str) -> StatisticsRequest:
    if begin is None and end is None:
        return StatisticsRequest(period=Period.TOTAL, time_zone=zone)
    if end is not None and _DAY.fullmatch(end):
        day_after = moment(end, time_zone(zone), field="--to").astimezone(time_zone(zone)) + timedelta(days=1)
        end = (day_after - timedelta(milliseconds=1)).isoformat()
    return StatisticsRequest(period=Period.CUSTOM, start=begin or _BEGINNING, end=end or now, time_zone=zone)
