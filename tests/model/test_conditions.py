"""Conditions of a link's own rules: what each leaf looks at, and how groups join them."""

import ipaddress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.condition_json import MAX_DEPTH, MAX_LEAVES, condition_json, read_condition
from linnet.model.conditions import NO_TRAITS, Look, TimeOfDay, Traits, misses
from linnet.model.errors import InvalidField
from linnet.model.route import milliseconds
from linnet.model.targeting import EU_MEMBERS
from tests.support.conditions import conditions_json, looks

NOON_MS = 1_777_636_800_000  # Friday, 1 May 2026, 12:00 UTC


def look(*, country: str = "", region: str = "", query: str = "", now: datetime | int = NOON_MS, **traits: object) -> Look:
    now_ms = milliseconds(now) if isinstance(now, datetime) else now
    return Look(country, region, query, Traits(**traits), now_ms)  # type: ignore[arg-type]


def fits(condition: object, visit: Look) -> bool:
    return read_condition(condition, "condition").matches(visit)


def test_places_are_those_of_the_address():
    assert fits({"country": ["at", "DE"]}, look(country="DE"))
    assert not fits({"country": ["AT"]}, look(country="DE"))
    assert fits({"country": ["EU"]}, look(country="DE"))
    assert not fits({"country": ["EU"]}, look(country="GB"))
    assert fits({"region": ["us-ca"]}, look(country="US", region="CA"))
    assert not fits({"region": ["US-CA"]}, look(country="DE", region="CA"))


@pytest.mark.parametrize(
    ("wanted", "liked", "fitting"),
    [
        ("de", ("de",), True),
        ("de", ("de-at",), True),
        ("de", ("fr", "de-at"), True),
        ("de-AT", ("de-at",), True),
        ("de-AT", ("de",), False),
        ("de-AT", ("de-de",), False),
        ("de", ("deu",), False),
        ("de", ("den-x",), False),
        ("zh-Hant", ("zh-hant-tw",), True),
    ],
)
def test_a_language_includes_its_varieties(wanted: str, liked: tuple[str, ...], fitting: bool):
    assert fits({"language": ["nl", wanted]}, look(languages=liked)) is fitting


def test_agents_are_told_by_name():
    iphone = look(os="ios", browser="safari", device="mobile")
    assert fits({"all": [{"os": ["IOS"]}, {"browser": ["safari"]}, {"device": ["tablet", "mobile"]}]}, iphone)
    assert not fits({"os": ["android", "other"]}, iphone)


def test_dates_include_their_beginning_and_not_their_end():
    condition = {"date": {"from": "2026-05-01T14:00:00+02:00", "until": NOON_MS + 5}}
    assert [fits(condition, look(now=NOON_MS + after)) for after in (-1, 0, 4, 5)] == [False, True, True, False]
    assert fits({"date": {"until": "2026-06-01"}}, look(now=0))


def test_times_of_day_are_of_their_zone_and_may_go_over_midnight():
    evening = {"timeOfDay": {"from": "18:30", "until": "06:00", "timeZone": "Europe/Berlin"}}
    summer = [(16, 29), (16, 30), (23, 59), (3, 59), (4, 0), (12, 0)]
    told = [fits(evening, look(now=datetime(2026, 7, 1, hour, minute, tzinfo=UTC))) for hour, minute in summer]
    assert told == [False, True, True, True, False, False]
    assert not fits(evening, look(now=datetime(2026, 1, 1, 16, 30, tzinfo=UTC)))
    assert fits(evening, look(now=datetime(2026, 1, 1, 17, 30, tzinfo=UTC)))


def test_weekdays_begin_at_midnight_of_their_zone():
    friday_noon = look()
    assert fits({"weekday": {"days": ["friday"], "timeZone": "UTC"}}, friday_noon)
    assert fits({"weekday": {"days": ["saturday"], "timeZone": "Pacific/Kiritimati"}}, friday_noon)
    assert not fits({"weekday": {"days": ["saturday", "sunday"], "timeZone": "America/New_York"}}, friday_noon)


@pytest.mark.parametrize(
    ("wanted", "query", "fitting"),
    [
        ({"name": "a"}, "a=1", True),
        ({"name": "a"}, "a", True),
        ({"name": "a"}, "b=a", False),
        ({"name": "ä b"}, "%C3%A4+b=1", True),
        ({"name": "a", "equals": "x y"}, "a=z&a=x%20y", True),
        ({"name": "a", "equals": ""}, "a=", True),
        ({"name": "a", "equals": "x"}, "a=xx", False),
        ({"name": "a", "contains": "x"}, "a=yxy", True),
        ({"name": "a", "contains": "x"}, "a=y&b=x", False),
        ({"name": "a"}, "", False),
        ({"name": "a"}, "x&" * 199 + "a=1", True),
        ({"name": "a"}, "x&" * 200 + "a=1", False),
    ],
)
def test_query_parameters_are_there_equal_or_contain(wanted: dict[str, str], query: str, fitting: bool):
    assert fits({"query": wanted}, look(query=query)) is fitting


@pytest.mark.parametrize(
    ("host", "with_subdomains", "exactly"),
    [
        ("example.com", True, True),
        ("www.example.com", True, False),
        ("notexample.com", False, False),
        ("example.com.evil.test", False, False),
        ("com", False, False),
        ("", False, False),
    ],
)
def test_referrers_are_hosts_with_or_without_those_below(host: str, with_subdomains: bool, exactly: bool):
    assert fits({"referrer": {"hosts": ["Example.COM."]}}, look(referrer_host=host)) is with_subdomains
    assert fits({"referrer": {"hosts": ["example.com"], "subdomains": False}}, look(referrer_host=host)) is exactly


@pytest.mark.parametrize(
    ("address", "fitting"),
    [
        ("192.0.2.255", True),
        ("192.0.3.0", False),
        ("2001:db8:ffff::1", True),
        ("2001:db9::1", False),
        ("", False),
        ("?", False),
    ],
)
def test_networks_hold_addresses(address: str, fitting: bool):
    assert fits({"cidr": ["192.0.2.99/24", "2001:db8::/32"]}, look(address=address)) is fitting


def test_what_is_unknown_fits_nothing_but_its_negation():
    unknown = Look("", "", "", NO_TRAITS, NOON_MS)
    leaves = [
        {"country": ["DE", "EU"]},
        {"region": ["US-CA"]},
        {"language": ["de"]},
        {"os": ["other"]},
        {"browser": ["other"]},
        {"device": ["desktop"]},
        {"query": {"name": "a"}},
        {"referrer": {"hosts": ["example.com"]}},
        {"cidr": ["0.0.0.0/0", "::/0"]},
    ]
    assert not any(fits(leaf, unknown) for leaf in leaves)
    assert all(fits({"not": leaf}, unknown) for leaf in leaves)


def test_a_zone_that_this_machine_has_lost_fits_nothing():
    assert not TimeOfDay(0, 1439, "Atlantis/Capital").matches(look())


def test_misses_name_the_leaves_that_would_have_to_be_otherwise():
    condition = read_condition(
        {
            "all": [
                {"country": ["DE"]},
                {"any": [{"language": ["de"]}, {"all": [{"os": ["ios"]}, {"timeOfDay": _LUNCH}]}]},
                {"not": {"device": ["tablet"]}},
            ]
        },
        "condition",
    )
    assert misses(condition, look(country="DE", languages=("de",))) == []
    assert misses(condition, look(country="AT", os="ios", device="tablet", now=0)) == [
        "condition.all[0].country",
        "condition.all[1].any[0].language",
        "condition.all[1].any[1].all[1].timeOfDay",
        "condition.all[2].not",
    ]


_LUNCH = {"from": "11:30", "until": "14:00", "timeZone": "UTC"}


@given(conditions_json, looks)
def test_conditions_mean_what_their_json_says(value: dict[str, Any], visit: Look):
    condition = read_condition(value, "condition")
    assert condition.matches(visit) is condition.matches(visit) is _says(value, visit)
    assert (misses(condition, visit) == []) is condition.matches(visit)


@given(conditions_json)
def test_reading_and_writing_are_inverse(value: dict[str, Any]):
    condition = read_condition(value, "condition")
    written = condition_json(condition)
    assert read_condition(written, "condition") == condition
    assert condition_json(read_condition(written, "condition")) == written


def _says(value: dict[str, Any], visit: Look) -> bool:  # noqa: C901 (an oracle: one line for each kind)
    """What a condition means, worked out from its JSON form in other ways."""
    kind, inner = next(iter(value.items()))
    traits = visit.traits
    match kind:
        case "all":
            return False not in [_says(each, visit) for each in inner]
        case "any":
            return True in [_says(each, visit) for each in inner]
        case "not":
            return not _says(inner, visit)
        case "country":
            return visit.country in {*inner, *(EU_MEMBERS if "EU" in inner else ())}
        case "region":
            return bool(visit.region) and f"{visit.country}-{visit.region}" in inner
        case "language":
            return any((liked + "-").startswith(tag + "-") for liked in traits.languages for tag in inner)
        case "os" | "browser" | "device":
            return getattr(traits, kind) in inner
        case "date":
            return inner.get("from", visit.now_ms) <= visit.now_ms < inner.get("until", visit.now_ms + 1)
        case "timeOfDay":
            clock = _clock(visit, inner["timeZone"])
            start, end = inner["from"], inner["until"]
            return clock != "" and (start <= clock < end if start < end else not end <= clock < start)
        case "weekday":
            return _clock(visit, inner["timeZone"], "%A") in inner["days"]
        case "query":
            values = [each for name, each in parse_qsl(visit.query, keep_blank_values=True) if name == inner["name"]]
            return any(each == inner.get("equals", each) and inner.get("contains", "") in each for each in values)
        case "referrer":
            dotted = f".{traits.referrer_host}"
            return any(dotted == f".{host}" or (inner["subdomains"] and dotted.endswith(f".{host}")) for host in inner["hosts"])
        case "cidr":
            try:
                address = ipaddress.ip_address(traits.address)
            except ValueError:
                return False
            return any(address in ipaddress.ip_network(network) for network in inner)
    raise AssertionError(kind)


def _clock(visit: Look, zone: str, form: str = "%H:%M") -> str:
    if not 0 <= visit.now_ms < 253_402_000_000_000:
        return ""
    return datetime.fromtimestamp(visit.now_ms // 1000, ZoneInfo(zone)).strftime(form).lower()


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, "c"),
        ([], "c"),
        ({}, "c"),
        ({"country": ["DE"], "os": ["ios"]}, "c"),
        ({"planet": ["mars"]}, "c"),
        ({"all": []}, "c.all"),
        ({"any": {}}, "c.any"),
        ({"all": [{"country": ["DE"]}, {"country": ["UK"]}]}, "c.all[1].country[0]"),
        ({"country": []}, "c.country"),
        ({"country": "DE"}, "c.country"),
        ({"country": ["DE"] * 101}, "c.country"),
        ({"country": [7]}, "c.country[0]"),
        ({"region": ["CA"]}, "c.region[0]"),
        ({"region": ["US-TOOLONG"]}, "c.region[0]"),
        ({"language": ["german language"]}, "c.language[0]"),
        ({"language": ["*"]}, "c.language[0]"),
        ({"os": ["beos"]}, "c.os[0]"),
        ({"browser": ["ios"]}, "c.browser[0]"),
        ({"device": ["phone"]}, "c.device[0]"),
        ({"date": {}}, "c.date"),
        ({"date": {"from": None}}, "c.date"),
        ({"date": {"since": 5}}, "c.date"),
        ({"date": {"from": "2026-01-01T00:00:00"}}, "c.date.from"),
        ({"date": {"from": True}}, "c.date.from"),
        ({"date": {"from": [1]}}, "c.date.from"),
        ({"date": {"until": "tomorrow"}}, "c.date.until"),
        ({"date": {"until": 10**30}}, "c.date.until"),
        ({"date": {"from": NOON_MS, "until": NOON_MS}}, "c.date.until"),
        ({"timeOfDay": {"from": "09:00", "until": "17:00"}}, "c.timeOfDay.timeZone"),
        ({"timeOfDay": {"from": "9:00", "until": "17:00", "timeZone": "UTC"}}, "c.timeOfDay.from"),
        ({"timeOfDay": {"from": "09:00", "until": "24:00", "timeZone": "UTC"}}, "c.timeOfDay.until"),
        ({"timeOfDay": {"from": "09:00", "until": "09:00", "timeZone": "UTC"}}, "c.timeOfDay.until"),
        ({"timeOfDay": {"from": "09:00", "until": "17:00", "timeZone": "Berlin"}}, "c.timeOfDay.timeZone"),
        ({"timeOfDay": {"from": "09:00", "until": "17:00", "timeZone": "../../etc/passwd"}}, "c.timeOfDay.timeZone"),
        ({"timeOfDay": {"from": "09:00", "until": "17:00", "timeZone": "Europe"}}, "c.timeOfDay.timeZone"),
        ({"timeOfDay": {"from": "09:00", "until": "17:00", "timeZone": "\x00"}}, "c.timeOfDay.timeZone"),
        ({"weekday": {"days": ["someday"], "timeZone": "UTC"}}, "c.weekday.days[0]"),
        ({"weekday": {"days": [], "timeZone": "UTC"}}, "c.weekday.days"),
        ({"query": {"equals": "a"}}, "c.query.name"),
        ({"query": {"name": ""}}, "c.query.name"),
        ({"query": {"name": "a", "contains": ""}}, "c.query.contains"),
        ({"query": {"name": "a", "equals": "b", "contains": "c"}}, "c.query"),
        ({"query": {"name": "a", "equals": "x" * 257}}, "c.query.equals"),
        ({"query": {"name": "a\x00"}}, "c.query.name"),
        ({"referrer": {"hosts": ["https://example.com/"]}}, "c.referrer.hosts[0]"),
        ({"referrer": {"hosts": ["example.com"], "subdomains": 1}}, "c.referrer.subdomains"),
        ({"referrer": ["example.com"]}, "c.referrer"),
        ({"cidr": ["192.0.2.0/33"]}, "c.cidr[0]"),
        ({"cidr": ["::ffff:192.0.2.0/120"]}, "c.cidr[0]"),
        ({"not": [{"country": ["DE"]}]}, "c.not"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(value: object, field: str):
    with pytest.raises(InvalidField) as refusal:
        read_condition(value, "c")
    assert refusal.value.field == field
    assert field in refusal.value.message


def test_trees_are_bounded_in_depth_and_in_leaves():
    leaf = {"country": ["DE"]}
    deep: dict[str, Any] = leaf
    for _ in range(MAX_DEPTH):
        deep = {"all": [deep]}
    assert read_condition(deep, "c")
    with pytest.raises(InvalidField, match="nested too deeply"):
        read_condition({"not": deep}, "c")
    halves = [{"any": [leaf] * (MAX_LEAVES // 2)}] * 2
    assert read_condition({"all": halves}, "c")
    with pytest.raises(InvalidField) as refusal:
        read_condition({"all": [*halves, leaf]}, "c")
    assert refusal.value.field == "c.all[2].country"


_KINDS = ["all", "any", "not", "country", "date", "timeOfDay", "weekday", "query", "referrer", "cidr", "from", "timeZone"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KINDS), inner, max_size=2),
    max_leaves=10,
)


@given(json_values)
def test_whatever_is_sent_is_a_condition_or_refused(value: object):
    try:
        fitting = read_condition(value, "condition").matches(look())
    except InvalidField as refusal:
        named = refusal.field
    else:
        named = "condition"
        assert fitting in (True, False)
    assert named is not None
    assert named.startswith("condition")
