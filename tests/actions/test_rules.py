"""Linnet's own rules and variants: what the change log and the audit log are told, and loops through them; on both engines."""

from typing import Any

import pytest

from linnet.actions.links import duplicate_link, update_link
from linnet.actions.removing import delete_link
from linnet.actions.restoring import restore_link
from linnet.actions.rules import get_own_targeting, save_rules, save_variants
from linnet.model.audit import Event
from linnet.model.errors import InvalidField
from linnet.model.link import LinkDraft
from linnet.model.route import RouteChange
from linnet.model.rules import Rule, read_rules
from linnet.model.variants import NOTHING_OWN, WeightedVariant, read_variants
from linnet.storage.routes import RouteStore
from tests.actions.conftest import House


def rules(*urls: str, condition: Any = None) -> tuple[Rule, ...]:
    return read_rules([{"condition": condition or {"language": ["de"]}, "originalURL": url} for url in urls])


def variants(*urls: str | None) -> tuple[WeightedVariant, ...]:
    return read_variants([{"originalURL": url, "weight": 1} for url in urls])


def test_edges_and_the_audit_log_are_told_of_what_changed_and_of_nothing_else(house: House):
    link = house.create(path="Sale").link
    last = RouteStore(house.database).last_sequence()
    save_rules(house.context, link.id, rules("https://example.com/de", "https://example.com/2"))
    save_variants(house.context, link.id, variants(None))
    save_variants(house.context, link.id, variants(None))
    save_rules(house.context, link.id, ())
    changes = RouteStore(house.database).changes_after(last, 100)
    assert [each.path_key for each in changes if isinstance(each, RouteChange)] == ["sale"] * 3
    assert house.published[-4:] == [last + 1, last + 2, None, last + 3]
    with house.database.read() as work:
        entries = work.audit.search(user_id=house.domain.owner_id, domain_ids=(), limit=3)
    assert [(each.event, each.subject, each.details) for each in entries] == [
        (Event.TARGETING_CHANGED, link.id, {"rules": 0}),
        (Event.TARGETING_CHANGED, link.id, {"variants": 1}),
        (Event.TARGETING_CHANGED, link.id, {"rules": 2}),
    ]
    assert get_own_targeting(house.context, link.id).rules == ()


def test_rules_and_variants_do_not_touch_each_other_and_labels_stay(house: House):
    link = house.create(path="a").link
    first = save_variants(house.context, link.id, variants(None, "https://example.com/b"))
    saved = save_rules(house.context, link.id, rules("https://example.com/de"))
    assert get_own_targeting(house.context, link.id) == (saved, first)
    again = save_variants(house.context, link.id, variants("https://example.com/c", "https://example.com/b"))
    assert [each.label for each in (*first, *again)] == ["a", "b", "c", "b"]
    save_variants(house.context, link.id, ())
    save_rules(house.context, link.id, ())
    assert get_own_targeting(house.context, link.id) == NOTHING_OWN


def test_a_region_that_its_country_does_not_have_is_refused_by_its_place(house: House):
    link = house.create(path="a").link
    save_rules(house.context, link.id, rules("https://example.com/", condition={"region": ["US-CA", "DE-BY"]}))
    wrong = {"any": [{"country": ["DE"]}, {"not": {"region": ["US-CA", "DE-CA"]}}]}
    with pytest.raises(InvalidField, match="DE-CA") as refusal:
        save_rules(house.context, link.id, rules("https://example.com/", condition=wrong))
    assert refusal.value.field == "rules[0].condition"
    assert len(get_own_targeting(house.context, link.id).rules) == 1


@pytest.mark.parametrize("url", ["http://go.example/a", "https://go.example/b"])
def test_a_rule_or_a_variant_that_leads_back_to_its_link_is_refused(house: House, url: str):
    link = house.create(path="a").link
    house.create("https://GO.example/A?x", path="b")
    with pytest.raises(InvalidField) as refusal:
        save_rules(house.context, link.id, rules("https://example.com/", url))
    assert refusal.value.field == "rules[1].originalURL"
    with pytest.raises(InvalidField) as refusal:
        save_variants(house.context, link.id, variants(None, "https://example.com/", url))
    assert refusal.value.field == "variants[2].originalURL"
    assert get_own_targeting(house.context, link.id) == NOTHING_OWN


@pytest.mark.parametrize("kind", ["rules", "variants", "iphone_url", "split_url"])
def test_a_link_that_another_ones_targeting_would_lead_back_to_is_refused(house: House, kind: str):
    url = "https://go.example/back"
    hub = house.create(path="hub").link
    if kind == "rules":
        save_rules(house.context, hub.id, rules(url))
    elif kind == "variants":
        save_variants(house.context, hub.id, variants(None, url))
    else:
        update_link(house.context, hub.id, LinkDraft.of({kind: url}))
    with pytest.raises(InvalidField):
        house.create("https://go.example/hub", path="back")
    house.create("https://go.example/hub", path="elsewhere")


def test_a_link_moved_copied_or_restored_to_where_its_rules_lead_is_refused(house: House):
    link = house.create(path="a").link
    save_rules(house.context, link.id, rules("https://go.example/free"))
    with pytest.raises(InvalidField):
        update_link(house.context, link.id, LinkDraft(path="free"))
    with pytest.raises(InvalidField):
        duplicate_link(house.context, link.id, path="free")
    delete_link(house.context, link.id)
    house.create("https://go.example/a", path="free")
    with pytest.raises(InvalidField):
        restore_link(house.context, link.id)


def test_a_copy_has_the_rules_and_variants_and_follows_them_no_further(house: House):
    link = house.create(path="a").link
    saved = save_rules(house.context, link.id, rules("https://example.com/de"))
    ways = save_variants(house.context, link.id, variants("https://example.com/b", None))
    copy = duplicate_link(house.context, link.id)[0].link
    save_rules(house.context, link.id, ())
    assert get_own_targeting(house.context, copy.id) == (saved, ways)
    assert get_own_targeting(house.context, link.id) == ((), ways)
