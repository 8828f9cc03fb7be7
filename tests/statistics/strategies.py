"""Clicks, goals and questions at random, crowded enough that filters, edges and ranks matter."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from linnet.clicks.conversions import Conversion
from linnet.model.click import Click
from linnet.model.statistics import COLUMNS, Bucket, Counted, Filter, Interval, Kind, Question
from linnet.statistics.plan import ROLLED_UP
from tests.statistics.clicks import click

TICK, QUARTER, DAY = timedelta(milliseconds=1), timedelta(minutes=15), timedelta(days=1)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "-03:30",
    "+12:45",
)
# Days around which something happens: clocks change (also by half an hour), weeks, months and years end, a leap day.
DAYS = tuple(
    datetime(*day, tzinfo=UTC)
    for day in (
        (2026, 3, 29),
        (2026, 10, 25),
        (2026, 3, 8),
        (2026, 11, 1),
        (2026, 4, 4),
        (2025, 10, 4),
        (2024, 2, 29),
        (2025, 12, 31),
        (2027, 1, 1),
        (2026, 5, 31),
    )
)
HOSTILE = (
    "'; DROP TABLE clicks; --",
    "<script>alert(1)</script>",
    "x\x00y",
    "\\",
    "\\N",
    "a\tb\r\nc",
    "{p0:String}",
    "%_?$1",
    '"`',
    "😀",
    "e\u0301",
    "é",
    "\ufeff",
    "0",
    "NULL",
)
_PATHS = ("/abc", "/ABC", "/", "/a/b", "/😀", "/x\x00y", "/'", "/\\")
_POOLS = {
    "method": ("GET", "HEAD"),
    "scheme": ("http", "https"),
    "path": _PATHS,
    "country": ("DE", "US", ""),
    "region": ("", "Texas", "Bayern", HOSTILE[0]),
    "city": ("Berlin", "Paris", "", "/"),
    "referrer_host": ("", "a.example", "b.example", *HOSTILE[:4]),
    "social": ("", "facebook"),
    "browser": ("Firefox", "Chrome Mobile", "", *HOSTILE),
    "browser_version": ("140", "14", ""),
    "os": ("Linux", "iOS", ""),
    "device": ("desktop", "mobile", ""),
    "bot": ("", "Googlebot", HOSTILE[1]),
    "utm_source": ("", *HOSTILE),
    "utm_medium": ("", "mail"),
    "utm_campaign": ("", "spring", "Spring"),
    "utm_term": ("", "a b"),
    "utm_content": ("", HOSTILE[9]),
    "ab_path": ("", "original", "a", "b"),
    "language": ("", "de", "en"),
    "user_agent": ("agent/1", HOSTILE[5]),
    "referrer": ("", "https://a.example/" + HOSTILE[2]),
    "query": ("", "a=%00"),
}
_GOALS = ("buy", "sign-up", HOSTILE[0], HOSTILE[2])
# What has a column of its own that is no text.
_TYPED = {
    "status": st.sampled_from([(302,), (404, 410), (65535,)]),
    "human": st.sampled_from([(True,), (False,)]),
    "scan": st.sampled_from([(True,), (False,)]),
    "link_number": st.sampled_from([(), (1,), (0, 2, 9), tuple(range(5000))]),
    "link_or_path": st.sampled_from([("/abc", 1), (2,), ("/'", "/x"), ("/abc", 0, 2)]),
    "place": st.sampled_from([(), ("DE/Bayern/Berlin",), ("US/Texas/Paris", "DE//Berlin", "x")]),
    "goal_completed": st.lists(st.sampled_from(["", *_GOALS]), max_size=2, unique=True).map(tuple),
}
# A moment, as far from a day of ``DAYS`` as clicks and questions are: where roll-ups begin and end, and one tick beside it.
_offsets = st.builds(
    lambda days, quarters, ticks: days * DAY + quarters * QUARTER + ticks * TICK,
    st.integers(-3, 3),
    st.sampled_from([0, 0, 0, 1, 40, 56, 95]),
    st.sampled_from([-1, 0, 0, 1, 12345]),
)


def clicks_near(day: datetime) -> st.SearchStrategy[list[Click]]:
    """Clicks of two domains around a day; no two have the same id."""
    made = st.builds(
        click,
        domain_id=st.sampled_from([1, 1, 1, 1, 2]),
        link_number=st.integers(0, 3),
        at=_offsets.map(lambda offset: day + offset),
        status=st.sampled_from([302, 302, 404, 410]),
        human=st.booleans(),
        scan=st.booleans(),
        visitor=st.sampled_from([0, 1, 2, 3, (1 << 40) - 1]),
        nonce=st.booleans().map(int),
        **{name: st.sampled_from(pool) for name, pool in _POOLS.items()},
    )
    return st.lists(made, max_size=40).map(
        lambda clicks: [each._replace(nonce=each.nonce and number) for number, each in enumerate(clicks, 1)]
    )


def conversions_of(clicks: list[Click]) -> st.SearchStrategy[list[Conversion]]:
    """Goals that came of some of the clicks, each of a click once, and at a moment of its own."""
    known = [each for each in clicks if each.nonce]
    if not known:
        return st.just([])
    reached = st.tuples(st.sampled_from(known), st.sampled_from(_GOALS), st.sampled_from([0.0, 0.25, 12.5]))
    return st.lists(reached, max_size=12, unique_by=lambda each: (each[0].nonce, each[1])).map(
        lambda found: [
            Conversion(made.domain_id, made.link_number, made.at, made.nonce, name, made.at + place * QUARTER, value)
            for place, (made, name, value) in enumerate(found, 1)
        ]
    )


def _intervals(day: datetime) -> st.SearchStrategy[Interval]:
    lengths = st.sampled_from([TICK, timedelta(hours=1), DAY, 4 * DAY, 7 * DAY, 9 * DAY + TICK])
    # Also moments that no click can have, between two milliseconds.
    between = st.sampled_from([timedelta(), timedelta(), timedelta(microseconds=500)])
    return st.builds(
        lambda offset, rest, length: Interval(start=day + offset + rest, end=day + offset + rest + length),
        _offsets,
        between,
        lengths,
    )


def _filters(day: datetime) -> st.SearchStrategy[Filter]:
    texts = [
        st.builds(Filter, column=st.just(name), values=st.lists(st.sampled_from(pool), max_size=3).map(tuple))
        for name, pool in _POOLS.items()
        if name in (*COLUMNS.values(),)
    ]
    typed = [st.builds(Filter, column=st.just(name), values=values) for name, values in _TYPED.items()]
    dated = st.tuples(_offsets, _offsets).map(lambda pair: Filter(column="at", values=tuple(day + each for each in pair)))
    return st.one_of(*typed, dated, *texts)


def questions_near(day: datetime) -> st.SearchStrategy[Question]:
    """Questions about the first of the two domains, with what every kind of them needs."""
    filters = st.lists(_filters(day), max_size=2).map(tuple)
    links = st.none() | st.integers(0, 4)
    return st.builds(
        Question,
        kind=st.just(Kind.OVERVIEW),
        domain_id=st.just(1),
        link_number=links,
        time_zone=st.sampled_from(ZONES),
        interval=st.none() | _intervals(day),
        previous=st.none() | _intervals(day),
        bucket=st.sampled_from(Bucket),
        tops=st.lists(st.sampled_from(sorted({*ROLLED_UP, "path", "human"})), max_size=4, unique=True).map(tuple),
        limit=st.integers(1, 4),
        include=st.just(()) | filters,
        exclude=st.just(()) | filters,
        before=st.none() | _offsets.map(lambda offset: day + offset),
        after=st.none() | _offsets.map(lambda offset: day + offset),
        column=st.sampled_from(sorted(COLUMNS.values())),
        prefix=st.sampled_from(["", "", "", "/a", "F", "4", "<", "x\x00", "t", "%", "\\", "😀", "b"]),
        counted=st.lists(
            st.builds(
                Counted,
                link_number=st.none() | st.integers(0, 4),
                path=st.sampled_from(_PATHS),
                interval=st.none() | _intervals(day),
            ),
            max_size=6,
        ).map(tuple),
        link_numbers=st.just((1, 3, 9)),
    )
