"""The values of ClickHouse's statements: rounded to what is stored, in pieces that a server takes."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.statistics.bound import Bound

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# What a server takes in one field of a form.
FIELD_BYTES = 128 * 1024


@given(st.integers(0, 2000), st.integers(0, 2))
def test_moments_between_two_milliseconds_leave_out_and_let_in_the_same_clicks(microseconds: int, stored_ms: int):
    asked, stored = NOON + microseconds * MICROSECOND, NOON + timedelta(milliseconds=stored_ms)
    bound = Bound()
    bound.moment(asked)
    bound.moment_until(asked)
    first, last = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in bound.parameters.values())
    assert (stored >= asked) == (stored >= first)
    assert (stored < asked) == (stored < first)
    assert (stored > asked) == (stored > last)
    assert (stored <= asked) == (stored <= last)


def test_what_no_type_holds_is_brought_to_its_ends():
    bound = Bound()
    bound.day(date(9999, 12, 31))
    bound.moment(datetime(9999, 12, 31, 23, 59, 59, 999_999))  # noqa: DTZ001 (as the spans of COUNTS are)
    bound.moment(datetime(1960, 1, 1, tzinfo=UTC))
    assert list(bound.parameters.values()) == ["2149-06-06", "2299-12-31 00:00:00.000", "1970-01-01 00:00:00.000"]


@pytest.mark.parametrize("character", ["a", "\\", "'", "😀", "\x00"])
def test_no_piece_is_larger_than_a_field(character: str):
    bound = Bound()
    texts = [character * length for length in (0, 1, 19_999, 20_000, 20_001, 65_000)] + [character] * 9_000
    text = bound.texts(texts)
    bound.numbers(range(-(2**63), -(2**63) + 9_000))
    bound.moments([NOON] * 9_000)
    assert text.startswith("arrayConcat(")
    for value in bound.parameters.values():
        written = repr(value) if isinstance(value, list) else value
        # A backslash is written as two, once more within a list.
        assert len(written.encode().replace(b"\\", b"\\\\")) < FIELD_BYTES, len(quote(written))
    whole = [each for value in bound.parameters.values() for each in (value if isinstance(value, list) else [value])]
    assert sum(len(each) for each in whole if isinstance(each, str) and set(each) <= {character}) == sum(map(len, texts))


def test_an_empty_list_is_a_list():
    bound = Bound()
    assert (bound.texts([]), bound.numbers([])) == ("{p0:Array(String)}", "{p1:Array(Int64)}")
    assert bound.parameters == {"p0": [], "p1": []}
