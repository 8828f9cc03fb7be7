"""Enrichment: what a raw click becomes, alone and in a batch."""

import ipaddress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linnet.clicks.columns import columns_of
from linnet.clicks.enrich import Enrichment
from linnet.model.click import VARIANT_BITS, Click, ClickFlag, DropReason, RawClick, Variant
from linnet.visitor.agent import Agent, agent_of
from linnet.visitor.geo import Place
from linnet.visitor.referrer import referrer_of
from tests.clicks.builders import AT, AT_MS, raw_click
from tests.clicks.enriching import DAY_MS, as_rows, click_of, enriched, one_by_one

PROXY = (ipaddress.ip_network("10.0.0.0/8"),)


def place_of(address: str) -> Place:
    return Place("DE", "Berlin", "Berlin") if address.startswith("81.") else Place()


ENRICHMENT = Enrichment(PROXY, agent_of, place_of, referrer_of, salt_of=lambda day: b"salt" if day % 2 else None)


def told_of(**changes: Any) -> Click:
    return click_of(ENRICHMENT, raw_click(**changes))


def test_a_visit_by_a_browser_is_told_in_full() -> None:
    told = told_of(target="/abc?utm_source=mail&x=1", referrer="https://www.facebook.com/some/post", flags=ClickFlag.HTTPS)
    assert (told.at, told.scheme, told.path, told.query) == (AT, "https", "/abc", "utm_source=mail&x=1")
    assert (told.address, told.country, told.region, told.city) == ("81.2.69.0", "DE", "Berlin", "Berlin")
    assert (told.browser, told.browser_version, told.os, told.device) == ("Chrome", "120", "Windows", "desktop")
    assert (told.human, told.bot, told.referrer_host, told.social) == (True, "", "facebook.com", "facebook")
    assert (told.utm_source, told.utm_medium, told.ab_path, told.goal_completed) == ("mail", "", "", "")


def test_milliseconds_are_kept() -> None:
    assert told_of(at_ms=AT_MS + 7).at.microsecond == 7000


def test_a_hidden_address_is_not_stored_but_its_place_is() -> None:
    told = told_of(flags=ClickFlag.HIDE_ADDRESS)
    assert (told.address, told.country) == ("", "DE")


@pytest.mark.parametrize(
    ("peer", "flags", "stored"),
    [
        ("81.2.69.142", 0, "81.2.69.0"),
        ("2a02:810:12:3456::1", 0, "2a02:810:12::"),
        ("2a02:810:12:3456::1", ClickFlag.KEEP_ADDRESS, "2a02:810:12:3456::1"),
        ("81.2.69.142", ClickFlag.KEEP_ADDRESS | ClickFlag.HIDE_ADDRESS, ""),
        ("81.2.69.142", ClickFlag.KEEP_ADDRESS | ClickFlag.OPTED_OUT, ""),
        ("", 0, ""),
    ],
)
def test_of_an_address_its_network_is_stored_unless_the_domain_or_the_visitor_says_otherwise(
    peer: str, flags: int, stored: str
) -> None:
    assert told_of(peer=peer, flags=flags).address == stored


def test_visitors_of_a_day_are_told_apart_without_telling_who_they_are() -> None:
    salted = replace(ENRICHMENT, salt_of={AT_MS // DAY_MS: b"today", AT_MS // DAY_MS + 1: b"tomorrow"}.get)

    def visitor(**changes: Any) -> int:
        return click_of(salted, raw_click(**changes)).visitor

    first = visitor()
    assert 0 < first < 1 << 40
    assert visitor(at_ms=AT_MS + 1000, target="/other", link_number=9) == first
    others = {visitor(domain_id=8), visitor(peer="81.2.69.143"), visitor(user_agent="other"), visitor(at_ms=AT_MS + DAY_MS)}
    assert len(others | {first}) == 5
    assert visitor(flags=ClickFlag.OPTED_OUT) == visitor(peer="") == visitor(at_ms=AT_MS + 2 * DAY_MS) == 0


def test_behind_a_trusted_proxy_the_forwarded_address_counts() -> None:
    whole = ClickFlag.KEEP_ADDRESS
    assert told_of(peer="10.0.0.1", forwarded_for="6.6.6.6, 81.2.69.142", flags=whole).address == "81.2.69.142"
    assert told_of(peer="9.9.9.9", forwarded_for="81.2.69.142", flags=whole).address == "9.9.9.9"


def test_a_head_request_is_no_persons() -> None:
    assert (told_of(method="HEAD").human, told_of(method="HEAD").bot) == (False, "HEAD request")


def test_a_person_who_is_not_let_through_is_not_counted_as_one() -> None:
    assert [told_of(status=status).human for status in (302, 404, 403)] == [True, True, False]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/", "/"),
        ("/A%20b", "/A b"),
        ("/%E4%BD%A0", "/你"),
        ("/ä".encode().decode("latin-1"), "/ä"),
        ("/%ff", "/\ufffd"),
        ("/%00x", "/\ufffdx"),
        ("/" + "x" * 5000, "/" + "x" * 1023),
    ],
)
def test_paths_are_readable_and_bounded(target: str, path: str) -> None:
    assert told_of(target=target).path == path


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("utm_source=a&utm_medium=b&utm_campaign=c&utm_term=d&utm_content=e", ("a", "b", "c", "d", "e")),
        ("utm_source=a+b%20c&utm_source=", ("a b c", "", "", "", "")),
        ("utm_campaign=" + "x" * 500, ("", "", "x" * 256, "", "")),
        ("&&=&utm_&utm_source", ("", "", "", "", "")),
        ("utm_source=a&" + "&".join(["x=1"] * 2000), ("", "", "", "", "")),
    ],
)
def test_campaigns_come_from_the_query(query: str, expected: tuple[str, ...]) -> None:
    told = told_of(target=f"/abc?{query}")
    assert (told.utm_source, told.utm_medium, told.utm_campaign, told.utm_term, told.utm_content) == expected


@pytest.mark.parametrize("variant", Variant)
def test_the_way_of_a_split_comes_from_the_flags_beside_the_campaign(variant: Variant) -> None:
    told = told_of(target="/abc?utm_source=mail", flags=VARIANT_BITS[variant] | ClickFlag.HTTPS | 5 << ClickFlag.NONCE_SHIFT)
    assert (told.ab_path, told.utm_source, told.scheme, told.nonce, told.scan) == (variant, "mail", "https", 5, False)


def test_scans_are_told_from_the_flags_beside_everything_else() -> None:
    nonce = ClickFlag.NONCE_MASK
    for letter in ("", "p"):
        told = told_of(flags=ClickFlag.SCAN | nonce << ClickFlag.NONCE_SHIFT | VARIANT_BITS[letter])
        assert (told.scan, told.nonce, told.ab_path) == (True, nonce, letter)
        assert told_of(flags=nonce << ClickFlag.NONCE_SHIFT | VARIANT_BITS[letter]).scan is False


def test_clicks_of_one_campaign_that_a_split_sent_two_ways_are_told_apart() -> None:
    ways = [Variant.SPLIT, Variant.NONE, Variant.ORIGINAL, Variant.SPLIT]
    batch = [raw_click(target="/abc?utm_source=mail", flags=VARIANT_BITS[way]) for way in ways]
    columns, _ = enriched(ENRICHMENT, batch)
    assert columns is not None
    assert [(row["ab_path"], row["utm_source"]) for row in as_rows(columns)] == [(way, "mail") for way in ways]


@pytest.mark.parametrize(
    "damage", [{"target": ""}, {"target": "abc"}, {"at_ms": 0}, {"at_ms": 2**63}, {"domain_id": 2**31}, {"status": 2**16}]
)
def test_what_no_store_can_hold_is_dropped(damage: dict[str, Any]) -> None:
    columns, dropped = enriched(ENRICHMENT, [raw_click(**damage), raw_click(link_number=5)])
    assert dropped == {DropReason.UNREADABLE: 1}
    assert columns is not None
    assert columns.own["link_number"].tolist() == [5]


texts = st.sampled_from(
    [
        "",
        "a",
        "http://t.co/x",
        "/",
        "/a?utm_source=b",
        "/b?utm_source=b&utm_term=é",
        "81.2.3.4",
        "::1",
        "10.0.0.1",
        "HEAD",
        "curl/8",
    ]
)
raw_clicks = st.builds(
    RawClick,
    at_ms=st.integers(-1, 3 * AT_MS),
    domain_id=st.integers(0, 5),
    link_number=st.integers(0, 5),
    status=st.sampled_from([301, 302, 403, 404]),
    method=texts,
    hostname=texts,
    target=texts,
    peer=texts,
    forwarded_for=texts,
    user_agent=texts,
    referrer=texts,
    flags=st.integers(0, 63) | st.integers(0, 2**62),
)


@settings(max_examples=200, deadline=None)
@given(batch=st.lists(raw_clicks, max_size=30))
def test_a_batch_is_enriched_like_each_of_its_clicks(batch: list[RawClick]) -> None:
    outcomes = [one_by_one(ENRICHMENT, raw) for raw in batch]
    clicks = [outcome for outcome in outcomes if isinstance(outcome, Click)]
    columns, dropped = enriched(ENRICHMENT, batch)
    assert sum(dropped.values()) == len(batch) - len(clicks)
    if columns is None:
        assert not clicks
    else:
        assert as_rows(columns) == as_rows(columns_of(clicks))


def test_an_unknown_agent_is_stored_as_unknown() -> None:
    nothing = Enrichment((), lambda _: Agent("", "", "", "", True, ""), place_of, referrer_of)
    told = click_of(nothing, raw_click(user_agent="?"))
    assert (told.user_agent, told.browser, told.human) == ("?", "", True)
