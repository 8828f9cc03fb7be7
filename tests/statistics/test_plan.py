"""How intervals are cut, so that roll-ups answer for all but the edges."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.statistics import Filter, Interval, Kind, Question
from linnet.statistics.plan import of_people, split

MIDNIGHT = datetime(2026, 5, 1, tzinfo=UTC)
DAY, QUARTER, TICK = timedelta(days=1), timedelta(minutes=15), timedelta(milliseconds=1)
moments = st.datetimes(datetime(2026, 4, 28), datetime(2026, 5, 4), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, moments, st.sampled_from([DAY, QUARTER]))
def test_the_parts_of_an_interval_are_the_interval_without_gap_or_overlap(one: datetime, other: datetime, step: timedelta):
    interval = Interval(start=min(one, other), end=max(one, other))
    whole, edges = split(interval, step)
    parts = sorted([*edges, *([whole] if whole is not None else [])], key=lambda part: part.start)
    assert (parts[0].start, parts[-1].end) == (interval.start, interval.end)
    assert all(part.end == following.start for part, following in itertools.pairwise(parts))
    if whole is not None:
        assert all((moment - MIDNIGHT) % step == timedelta() for moment in (whole.start, whole.end))
        assert all(edge.end - edge.start < step for edge in edges)


@pytest.mark.parametrize(
    ("start", "end", "edges"),
    [
        (MIDNIGHT, MIDNIGHT + 2 * DAY, []),
        (MIDNIGHT, MIDNIGHT + 2 * DAY + TICK, [(MIDNIGHT + 2 * DAY, MIDNIGHT + 2 * DAY + TICK)]),
        (MIDNIGHT - TICK, MIDNIGHT + DAY, [(MIDNIGHT - TICK, MIDNIGHT)]),
        (MIDNIGHT + TICK, MIDNIGHT + DAY, [(MIDNIGHT + TICK, MIDNIGHT + DAY)]),
    ],
)
def test_only_what_is_no_whole_day_is_an_edge(start: datetime, end: datetime, edges: list[tuple[datetime, datetime]]):
    _, found = split(Interval(start=start, end=end), DAY)
    assert [(edge.start, edge.end) for edge in found] == edges


HUMANS, BOTS = Filter(column="human", values=(True,)), Filter(column="human", values=(False,))


@pytest.mark.parametrize(
    ("include", "exclude", "only"),
    [
        ((), (), False),
        ((HUMANS,), (), True),
        ((), (BOTS,), True),
        ((HUMANS,), (BOTS,), True),
        ((BOTS,), (), False),
        ((HUMANS,), (HUMANS,), False),
        ((Filter(column="human", values=(True, False)),), (), False),
        ((HUMANS, Filter(column="country", values=("DE",))), (), False),
        ((Filter(column="scan", values=(True,)),), (), False),
    ],
)
def test_filters_that_leave_people_alone_are_known(include: tuple[Filter, ...], exclude: tuple[Filter, ...], only: bool):
    question = Question(kind=Kind.OVERVIEW, domain_id=1, include=include, exclude=exclude)
    assert of_people(question) == (Question(kind=Kind.OVERVIEW, domain_id=1) if only else None)
