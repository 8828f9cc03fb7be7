"""Linnet's own rules and weighted variants, and the routes that are made of them, on both engines."""

from linnet.model.condition_json import read_condition
from linnet.model.route import RouteChange
from linnet.model.rules import Rule
from linnet.model.variants import NOTHING_OWN, OwnTargeting, WeightedVariant
from linnet.storage.database import Database
from linnet.storage.routes import RouteStore
from tests.storage.builders import a_link, add_domain, add_link
from tests.support.routes import route_of

CONDITION = {"all": [{"query": {"name": "größe", "equals": 'a"\\u0000'}}, {"not": {"cidr": ["192.0.2.0/24"]}}]}
RULES = (
    Rule(condition=read_condition({"language": ["de", "de-AT"]}, "c"), original_url="https://bücher.example/ß", name="Größe"),
    Rule(condition=read_condition(CONDITION, "c"), original_url="https://example.com/$1"),
)
VARIANTS = (
    WeightedVariant(original_url=None, weight=1, label="b"),
    WeightedVariant(original_url="https://example.com/b", weight=1000, name="Ä", label="a"),
)


def test_rules_and_variants_are_kept_as_they_are_until_others_take_their_place(database: Database) -> None:
    add_domain(database)
    first, second = (add_link(database, a_link(path)) for path in "ab")
    with database.write() as work:
        assert work.rules.find(first.number) == NOTHING_OWN
        work.rules.save(first.number, OwnTargeting(RULES, VARIANTS))
        work.rules.save(second.number, OwnTargeting(variants=VARIANTS))
    with database.write() as work:
        assert work.rules.find(first.number) == OwnTargeting(RULES, VARIANTS)
        assert work.rules.find(second.number) == OwnTargeting((), VARIANTS)
        work.rules.save(first.number, OwnTargeting(RULES[1:], ()))
        work.rules.save(second.number, NOTHING_OWN)
    with database.read() as work:
        assert work.rules.find(first.number) == OwnTargeting(RULES[1:], ())
        assert work.rules.find(second.number) == work.rules.find(99) == NOTHING_OWN


def test_a_removed_link_takes_its_rules_along(database: Database) -> None:
    add_domain(database)
    link = add_link(database, a_link())
    with database.write() as work:
        work.rules.save(link.number, OwnTargeting(RULES, VARIANTS))
        work.links.remove(link)
        assert work.rules.find(link.number) == NOTHING_OWN


def test_changes_and_snapshots_carry_the_rules_that_each_link_has_now(database: Database) -> None:
    add_domain(database)
    links = [add_link(database, a_link(path)) for path in ("a", "b/*", "c", "d")]
    own = [OwnTargeting(), OwnTargeting(RULES, ()), OwnTargeting(), OwnTargeting(RULES[:1], VARIANTS)]
    with database.write() as work:
        for link, each in zip(links, own, strict=True):
            work.rules.save(link.number, each)
    expected = [route_of(link, rules=each.rules, variants=each.variants) for link, each in zip(links, own, strict=True)]
    assert [route for _, _, route in RouteStore(database).snapshot()[2]] == expected
    changes = RouteStore(database).changes_after(0, 100)
    assert [change.route for change in changes if isinstance(change, RouteChange)] == expected
