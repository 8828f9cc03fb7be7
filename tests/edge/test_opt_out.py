"""Visitors who ask not to be tracked: their clicks are recorded, and nobody else is told of them."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from linnet.model.click import ClickFlag
from linnet.model.route import Needs
from tests.support.small_edge import SmallEdge

DNT, GPC, ALLOWED = ((b"dnt", b"1"),), ((b"sec-gpc", b"1"),), ((b"dnt", b"0"),)


@pytest.mark.parametrize("ordinary", [False, True])
@pytest.mark.parametrize(("headers", "honoured"), [(DNT, True), (GPC, True), (ALLOWED, True), ((), True), (DNT, False)])
def test_only_who_may_be_tracked_carries_the_id_of_its_click_on(
    tmp_path: Path, ordinary: bool, headers: tuple[tuple[bytes, bytes], ...], honoured: bool
) -> None:
    edge = SmallEdge(tmp_path, ordinary=ordinary, click_key=b"key", honour_opt_out=honoured)
    edge.domain(tracks_conversions=True)
    edge.route(5, "sale")
    location = edge.visit("/sale", headers=headers).location
    assert location is not None
    carried = "clid" in parse_qs(urlsplit(location).query)
    (record,) = edge.journal.clicks
    asked = headers in (DNT, GPC)
    assert bool(record.flags & ClickFlag.OPTED_OUT) is asked
    assert carried is bool(record.flags >> ClickFlag.NONCE_SHIFT & ClickFlag.NONCE_MASK) is not (asked and honoured)
    edge.close()


@pytest.mark.parametrize(
    ("headers", "honoured", "status"), [(DNT, True, 302), (GPC, True, 302), ((), True, 200), (GPC, False, 200)]
)
def test_services_of_others_are_not_told_of_who_may_not_be_tracked(
    tmp_path: Path, headers: tuple[tuple[bytes, bytes], ...], honoured: bool, status: int
) -> None:
    edge = SmallEdge(tmp_path, honour_opt_out=honoured)
    edge.route(5, "sale", needs=Needs.TRACKING, tracking={"integration_ga": "G-ABC1234567"})
    assert edge.visit("/sale", headers=headers).status == status
    edge.route(6, "framed", needs=Needs.TRACKING | Needs.CLOAKING, tracking={"integration_ga": "G-ABC1234567"})
    framed = edge.visit("/framed", headers=headers)
    assert (framed.status, b"<iframe" in framed.body) == (200, True)
    assert (b"G-ABC1234567" in framed.body) is (status == 200)
    edge.close()
