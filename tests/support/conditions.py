"""Conditions and visits at random, for tests by property."""

from hypothesis import strategies as st

from linnet.model.condition_json import read_condition
from linnet.model.conditions import BROWSERS, DEVICES, OSES, WEEKDAYS, Look, Traits

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
LATEST_MS = 7_258_000_000_000
_ADDRESSES = ["192.0.2.7", "198.51.100.1", "2001:db8::1", "fe80::1", ""]


def _some(values: object) -> st.SearchStrategy[list[str]]:
    choice = values if isinstance(values, st.SearchStrategy) else st.sampled_from(list(values))  # type: ignore[call-overload]
    return st.lists(choice, min_size=1, max_size=4, unique=True)


_texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
_clocks = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}")
_moments = st.integers(31_536_000_000, LATEST_MS)
_dates = st.lists(_moments, min_size=2, max_size=2, unique=True).map(sorted)
leaves_json = st.one_of(
    st.fixed_dictionaries({"country": _some(["DE", "AT", "US", "EU", "GB"])}),
    st.fixed_dictionaries({"region": _some(["US-CA", "DE-BY", "US-NY"])}),
    st.fixed_dictionaries({"language": _some(["de", "de-at", "en", "zh-hant"])}),
    st.fixed_dictionaries({"os": _some(OSES)}),
    st.fixed_dictionaries({"browser": _some(BROWSERS)}),
    st.fixed_dictionaries({"device": _some(DEVICES)}),
    _dates.map(lambda two: {"date": {"from": two[0], "until": two[1]}}),
    _moments.map(lambda one: {"date": {"until": one}}),
    st.tuples(st.lists(_clocks, min_size=2, max_size=2, unique=True), st.sampled_from(ZONES)).map(
        lambda each: {"timeOfDay": {"from": each[0][0], "until": each[0][1], "timeZone": each[1]}}
    ),
    st.tuples(_some(WEEKDAYS), st.sampled_from(ZONES)).map(lambda each: {"weekday": {"days": each[0], "timeZone": each[1]}}),
    st.tuples(_texts, st.sampled_from(["equals", "contains", ""]), _texts).map(
        lambda each: {"query": {"name": each[0]} | ({each[1]: each[2]} if each[1] else {})}
    ),
    st.tuples(_some(["example.com", "news.example.com", "xn--bcher-kva.example"]), st.booleans()).map(
        lambda each: {"referrer": {"hosts": each[0], "subdomains": each[1]}}
    ),
    st.fixed_dictionaries({"cidr": _some(["192.0.2.0/24", "198.51.100.1/32", "2001:db8::/32", "0.0.0.0/0", "::/0"])}),
)
_groups = st.recursive(
    leaves_json,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4).map(lambda each: {"all": each})
        | st.lists(inner, min_size=1, max_size=4).map(lambda each: {"any": each})
        | inner.map(lambda each: {"not": each})
    ),
    max_leaves=12,
)


def _depth(condition: object) -> int:
    kind, inner = next(iter(condition.items()))  # type: ignore[attr-defined]
    if kind in ("all", "any"):
        return 1 + max(map(_depth, inner))
    return 1 + _depth(inner) if kind == "not" else 0


conditions_json = _groups.filter(lambda condition: _depth(condition) <= 5)
conditions = conditions_json.map(lambda value: read_condition(value, "condition"))
traits = st.builds(
    Traits,
    address=st.sampled_from(_ADDRESSES) | st.text(max_size=20),
    languages=st.lists(st.sampled_from(["de", "de-at", "de-at-1996", "deu", "en-us", "zh", ""]), max_size=2).map(tuple),
    os=st.sampled_from(["", *OSES]),
    browser=st.sampled_from(["", *BROWSERS]),
    device=st.sampled_from(["", *DEVICES]),
    referrer_host=st.sampled_from(["", "example.com", "a.example.com", "notexample.com", "xn--bcher-kva.example"]) | st.text(),
)
queries = st.lists(st.tuples(_texts, _texts), max_size=4).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
) | st.text(max_size=40)
looks = st.builds(
    Look,
    country=st.sampled_from(["", "DE", "AT", "US", "GB", "JP"]),
    region=st.sampled_from(["", "CA", "BY"]),
    query=queries,
    traits=traits,
    now_ms=st.integers(0, LATEST_MS) | st.integers(),
)
