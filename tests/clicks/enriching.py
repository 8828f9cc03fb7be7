"""Raw clicks enriched as the pipeline does it; and one at a time, in plain Python, to compare that with."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from linnet.clicks.columns import Columns
from linnet.clicks.enrich import Enrichment, campaign_of, page_of, scheme_of, stored_address
from linnet.clicks.gathering import is_sound
from linnet.clicks.withholding import PROGRAM
from linnet.model.click import VARIANTS, Click, ClickFlag, DropReason, RawClick, variant_of
from linnet.model.statistics import UTM_FIELDS
from linnet.visitor.address import client_address
from linnet.visitor.agent import Judge
from linnet.visitor.packed import agent_digests, packed_addresses, visitors_of

DAY_MS = 86_400_000


def enriched(enrichment: Enrichment, raw_clicks: Sequence[RawClick]) -> tuple[Columns | None, dict[DropReason, int]]:
    """The columns of clicks (None: there are none), and how many were dropped for which reason."""
    gathering = enrichment.gathering()
    gathering.take(raw_clicks)
    return enrichment.enrich_gathered(gathering)


def as_rows(columns: Columns) -> list[dict[str, Any]]:
    """Each click of ``columns`` as a mapping."""
    rows = []
    for index in range(len(columns)):
        row = {
            name: column[index].item() if hasattr(column[index], "item") else column[index]
            for name, column in columns.own.items()
        }
        for group, dictionary in columns.groups.items():
            number = row.pop(group)
            row |= {name: values[number] for name, values in dictionary.items() if name != "code"}
        rows.append(row)
    return rows


def click_of(enrichment: Enrichment, raw: RawClick) -> Click:
    """The click that is stored of a raw one."""
    columns, _ = enriched(enrichment, [raw])
    assert columns is not None
    (row,) = as_rows(columns)
    return Click(**{name: row[name] for name in Click._fields} | {"at": row["at"].replace(tzinfo=UTC)})


def one_by_one(enrichment: Enrichment, raw: RawClick) -> Click | DropReason:
    """What should be stored of a raw click, or why nothing is."""
    if not is_sound(raw):
        return DropReason.UNREADABLE
    path, query = page_of(raw.target)
    address = client_address(raw.peer, raw.forwarded_for, enrichment.trusted)
    browser, version, os, device, bot = Judge(enrichment.agent_of, enrichment.bot_of)(raw.user_agent, raw.method, raw.status)
    click = Click(
        raw.domain_id,
        raw.link_number,
        datetime.fromtimestamp(raw.at_ms // 1000, UTC).replace(microsecond=raw.at_ms % 1000 * 1000),
        raw.status,
        raw.method,
        scheme_of(raw.flags),
        raw.hostname,
        path,
        query,
        stored_address(address, raw.flags),
        *enrichment.place_of(address),
        raw.referrer,
        *enrichment.referrer_of(raw.referrer),
        raw.user_agent,
        browser,
        version,
        os,
        device,
        human=not bot,
        bot=bot,
        **dict(zip(UTM_FIELDS, campaign_of(query), strict=True)),
        ab_path=str(VARIANTS[variant_of(raw.flags)]),
        goal_completed="",
        nonce=raw.flags >> ClickFlag.NONCE_SHIFT & ClickFlag.NONCE_MASK,
        scan=bool(raw.flags & ClickFlag.SCAN),
        language=raw.language,
        visitor=_visitor(enrichment.salt_of(raw.at_ms // DAY_MS), raw.domain_id, address, raw.user_agent),
    )
    return _withheld(click) if enrichment.honour_opt_out and raw.flags & ClickFlag.OPTED_OUT else click


def _visitor(salt: bytes | None, domain_id: int, address: str, user_agent: str) -> int:
    domain, day = np.array([domain_id], dtype=np.int64), np.zeros(1, dtype=np.int64)
    return int(visitors_of([salt], day, domain, packed_addresses([address]), agent_digests([user_agent]))[0])


def _withheld(click: Click) -> Click:
    agent = click.user_agent if click.device == PROGRAM else ""
    return click._replace(address="", visitor=0, city="", user_agent=agent, query="", referrer="", nonce=0)
