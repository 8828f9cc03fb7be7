"""Ids of clicks, and the beacons that bring them back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.conversion import MAX_GOAL, UNNAMED, ClickId, click_id, read_click_id, read_goal

KEY = b"k" * 32
IDS = st.builds(ClickId, st.integers(1, 2**63 - 1), st.integers(1, 2**47), st.integers(1, 2**48 - 1))


@given(IDS)
def test_an_id_is_read_as_it_was_written_and_stands_in_a_query_as_it_is(click: ClickId):
    text = click_id(click, KEY)
    assert read_click_id(text, KEY) == click
    assert read_click_id(text, b"another key") is None
    assert text.replace("-", "").replace("_", "").isalnum()


@given(IDS, st.integers(0, 39), st.sampled_from("AQz09-_"))
def test_a_changed_id_is_nobodys(click: ClickId, place: int, letter: str):
    text = click_id(click, KEY)
    forged = text[:place] + letter + text[place + 1 :]
    assert read_click_id(forged, KEY) in ((click,) if forged == text else (None,))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str):
    assert read_click_id(text, KEY) is None
    assert read_goal(text, KEY) is None


@pytest.mark.parametrize(
    ("rest", "name", "value"),
    [
        ("", UNNAMED, 0.0),
        ("&c=purchase&v=12.5", "purchase", 12.5),
        ("&c=&v=", UNNAMED, 0.0),
        ("&v=nan", UNNAMED, 0.0),
        ("&v=1e300", UNNAMED, 0.0),
        ("&v=-3&c=refund", "refund", -3.0),
        ("&c=" + "x" * 1000, "x" * MAX_GOAL, 0.0),
        ("&c=a%00%0Ab", "ab", 0.0),
    ],
)
def test_a_beacon_tells_goal_and_value(rest: str, name: str, value: float):
    click = ClickId(5, 1_764_000_000_000, 77)
    goal = read_goal(f"clid={click_id(click, KEY)}{rest}", KEY)
    assert goal == (click, name, value)
