"""Texts in files of clicks."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.click import Click
from linnet.model.click_record import STORED_FIELDS, ClickRecord, guarded, unguarded, written_moment


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "'=1", "''=1", "\uff1d1", "'\uff0b1"])
def test_what_a_spreadsheet_takes_for_a_formula_is_a_text_in_a_cell(text: str):
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("text", ["", "a", "1=1", "'quoted'", "ü", "'"])
def test_other_texts_are_left_alone(text: str):
    assert guarded(text) == text


@given(st.text(st.sampled_from("'=+-@\uff1d\uff20\t\r\nab"), max_size=6))
def test_every_text_comes_back(text: str):
    assert unguarded(guarded(text)) == text


def test_moments_are_utc_with_milliseconds():
    moment = datetime(2026, 3, 1, 1, 2, 3, 4999, tzinfo=timezone(timedelta(hours=2)))
    assert written_moment(moment) == "2026-02-28T23:02:03.004Z"
    assert written_moment(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01T00:00:00.000Z"


def test_records_hold_all_that_is_stored_of_a_click():
    assert set(Click._fields) - set(STORED_FIELDS) == {"domain_id", "goal_completed"}
    assert set(STORED_FIELDS) - {"at"} == set(ClickRecord._fields) - {
        "clicked_at",
        "link_id",
        "goal_completed",
        "conversion_value",
        "conversions",
    }
