"""Rows of files as clicks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linnet.clicks.import_rows import unknown_columns
from linnet.model.errors import InvalidField
from tests.clicks.builders import AT, CHROME
from tests.clicks.importing import reading

WHEN = "2026-03-01T12:00:00.000Z"


def read(**row: Any) -> Any:
    return reading().click_of({"clicked_at": WHEN} | row)


def test_what_a_row_does_not_tell_is_told_from_the_rest():
    click = read(
        path="/abc",
        query="?utm_source=mail&utm_term=",
        user_agent=CHROME,
        address="81.2.69.142",
        referrer="https://www.facebook.com/x",
    ).click
    assert (click.domain_id, click.link_number, click.at) == (7, 0, AT)
    assert (click.browser, click.os, click.device, click.human, click.bot) == ("Chrome", "Windows", "desktop", True, "")
    assert (click.country, click.city) == ("DE", "Berlin")
    assert (click.referrer_host, click.social) == ("facebook.com", "facebook")
    assert (click.utm_source, click.utm_medium) == ("mail", "")
    assert (click.method, click.scheme, click.status, click.hostname) == ("GET", "https", 302, "go.example.com")
    assert (click.visitor, click.nonce, click.scan) == (0, 0, False)


def test_what_a_row_tells_stays_as_it_is_unknown_or_not():
    click = read(
        user_agent=CHROME,
        browser="",
        os="An old system",
        human="false",
        address="81.2.69.142",
        country="",
        query="utm_source=mail",
        utm_source="",
        referrer="https://www.facebook.com/x",
        social="",
    ).click
    assert (click.browser, click.os, click.device) == ("", "An old system", "desktop")
    assert (click.human, click.bot) == (False, "imported")
    assert (click.country, click.city) == ("", "")
    assert (click.utm_source, click.social, click.referrer_host) == ("", "", "facebook.com")


def test_programs_are_told_by_their_agents():
    click = read(user_agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)").click
    assert not click.human
    assert click.bot


@pytest.mark.parametrize(
    ("fields", "stored"),
    [({}, "81.2.69.0"), ({"whole_addresses": True}, "81.2.69.142"), ({"hide_visitor_ip": True}, "")],
)
def test_addresses_are_stored_as_the_domain_has_it(fields: dict[str, bool], stored: str):
    click = reading(**fields).click_of({"clicked_at": WHEN, "address": "81.2.69.142"}).click
    assert (click.address, click.city) == (stored, "Berlin")


@pytest.mark.parametrize("written", [WHEN, "2026-03-01T13:00:00+01:00", 1772366400000, "1772366400000"])
def test_times_are_read_however_they_are_written(written: str | int):
    assert read(clicked_at=written).click.at == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_links_are_named_or_said_to_be_none_or_not_told():
    assert [read(**row).link_id for row in ({"link_id": "lnk_7_a"}, {"link_id": ""}, {}, {"link_id": None})] == [
        "lnk_7_a",
        "",
        None,
        None,
    ]


def test_conversions_are_read_as_a_list_as_text_and_as_one_goal():
    told = [{"goal": "signup", "value": 2.5, "at": "2026-03-01T12:30:00Z"}, {"goal": "buy"}]
    as_text = '[{"goal": "signup", "value": "2.5", "at": "2026-03-01T12:30:00Z"}, {"goal": "buy", "value": null}]'
    expected = [("signup", AT + timedelta(minutes=30), 2.5), ("buy", AT, 0.0)]
    assert [tuple(each) for each in read(conversions=told).goals] == expected
    assert [tuple(each) for each in read(conversions=as_text).goals] == expected
    assert [tuple(each) for each in read(goal_completed="buy", conversion_value="9.5").goals] == [("buy", AT, 9.5)]
    assert read(conversions="", goal_completed="").goals == ()


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"clicked_at": ""}, "clicked_at"),
        ({"clicked_at": "yesterday"}, "clicked_at"),
        ({"clicked_at": "2026-03-01T12:00:00"}, "clicked_at"),
        ({"clicked_at": "2026-03-09T12:00:00Z"}, "clicked_at"),
        ({"clicked_at": "1969-01-01T00:00:00Z"}, "clicked_at"),
        ({"clicked_at": True}, "clicked_at"),
        ({"status": "found"}, "status"),
        ({"status": 999}, "status"),
        ({"status": -1}, "status"),
        ({"path": "abc"}, "path"),
        ({"path": "/" + "x" * 1024}, "path"),
        ({"scheme": "ftp"}, "scheme"),
        ({"method": "G E T"}, "method"),
        ({"address": "nowhere"}, "address"),
        ({"country": "Germany"}, "country"),
        ({"human": "perhaps"}, "human"),
        ({"human": []}, "human"),
        ({"scan": 7}, "scan"),
        ({"user_agent": ["a"]}, "user_agent"),
        ({"user_agent": "x" * 140_000}, "user_agent"),
        ({"visitor": 1 << 40}, "visitor"),
        ({"nonce": "1.5"}, "nonce"),
        ({"conversions": "{"}, "conversions"),
        ({"conversions": "[" * 100_000}, "conversions"),
        ({"conversions": [1]}, "conversions"),
        ({"conversions": [{"goal": ""}]}, "conversions"),
        ({"conversions": [{"goal": "g"}] * 21}, "conversions"),
        ({"conversions": [{"goal": "g", "value": "much"}]}, "conversion_value"),
        ({"conversions": [{"goal": "g", "value": float("inf")}]}, "conversion_value"),
        ({"conversions": [{"goal": "g", "value": 10**400}]}, "conversion_value"),
        ({"conversions": [{"goal": "g", "at": "never"}]}, "conversions"),
        ({"conversions": [{"goal": "g", "at": {"a": 1}}]}, "conversions"),
        ({"clicked_at": float("nan")}, "clicked_at"),
        ({"clicked_at": 10**400}, "clicked_at"),
        ({"path": []}, "path"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_by_its_column(row: dict[str, Any], field: str):
    with pytest.raises(InvalidField) as refused:
        read(**row)
    assert refused.value.field == field
    assert refused.value.message.endswith(".")


def test_what_the_domain_was_told_to_forget_is_refused():
    forgetful = reading(cleared_before=AT + timedelta(seconds=1))
    with pytest.raises(InvalidField, match="--even-cleared"):
        forgetful.click_of({"clicked_at": WHEN})
    assert forgetful.click_of({"clicked_at": "2026-03-01T12:00:01Z"})


def test_columns_that_no_click_has_are_known():
    assert unknown_columns(["clicked_at", "mood", "path", "goals"]) == ["mood", "goals"]
