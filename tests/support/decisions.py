"""Routes and facts of visits at random, for tests by property."""

from hypothesis import strategies as st

from linnet.model.click import LETTERS
from linnet.model.redirect import VisitFacts
from linnet.model.route import Needs, Route
from linnet.model.rules import Rule, route_rules
from linnet.model.targeting import Handheld
from linnet.model.variants import Way
from tests.support.conditions import conditions, traits

routes = st.builds(
    Route,
    link_number=st.integers(1, 2**40),
    domain_id=st.just(1),
    destination=st.sampled_from(["https://e.example/", "https://e.example/$1?a=b#c", "shortsecure://a?b"]),
    redirect_type=st.sampled_from([301, 302, 307, 308]),
    skip_query=st.booleans(),
    needs=st.integers(0, 2 ** len(Needs.__members__) // 2 - 1),
    expires_at_ms=st.none() | st.integers(0, 2**41),
    expired_url=st.none() | st.just("https://e.example/over"),
    clicks_limit=st.none() | st.integers(1, 5),
    places=st.none()
    | st.dictionaries(
        st.tuples(st.sampled_from(["DE", "US", "EU"]), st.sampled_from(["", "CA", "BY"])),
        st.sampled_from(["https://e.example/there", "https://e.example/$1"]),
    ),
    iphone_url=st.none() | st.just("https://e.example/iphone"),
    android_url=st.none() | st.just("https://e.example/android?x=$1"),
    split_url=st.none() | st.just("https://e.example/split"),
    split_percent=st.integers(0, 100),
    rules=st.lists(
        st.builds(Rule, condition=conditions, original_url=st.sampled_from(["https://e.example/rule", "https://e.example/$1"])),
        max_size=3,
    ).map(route_rules),
    variants=st.lists(
        st.builds(Way, st.sampled_from(LETTERS), st.integers(1, 1000), st.just("https://e.example/way")), max_size=3
    ).map(tuple),
)
facts = st.builds(
    VisitFacts,
    query=st.text(max_size=30),
    rest=st.text(max_size=10),
    clicks_used=st.integers(0, 6),
    country=st.sampled_from(["", "DE", "US", "JP"]),
    region=st.sampled_from(["", "BY", "CA"]),
    handheld=st.sampled_from(Handheld),
    share=st.integers(0, 99),
    unlocked=st.booleans(),
    previews=st.booleans(),
    untracked=st.booleans(),
    secure=st.booleans(),
    lots=st.binary(max_size=64),
    traits=traits,
)
