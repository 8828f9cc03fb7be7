"""Links that would lead back to themselves through our own domains, and links that only look like it."""

from dataclasses import replace
from typing import Any

import pytest

from linnet.actions.bulk import BulkRow, create_links_bulk
from linnet.actions.links import update_link
from linnet.actions.placing import LinkInDomain
from linnet.model.errors import InvalidField
from linnet.model.link import LinkDraft
from tests.actions.conftest import House


def refused(house: House, field: str = "originalURL", **fields: Any) -> None:
    with pytest.raises(InvalidField) as refusal:
        house.create(**fields)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "url",
    [
        "http://go.example/a",
        "https://go.example:8443/a",
        "https://GO.EXAMPLE./a",
        "https://user:secret@go.example/a",
        "https://go.example/A?x=1#y",
        "https://go.example/%61",
    ],
)
def test_every_spelling_of_the_own_address_is_recognised(house: House, url: str) -> None:
    refused(house, url=url, path="a")


def test_a_loop_through_another_domain_of_ours_is_refused(house: House) -> None:
    house.add_domain("xn--bcher-kva.example")
    house.create("https://go.example/a", host="bücher.example", path="b")
    refused(house, url="https://bücher.example/b", path="a")
    refused(house, url="https://xn--bcher-kva.example/b", path="a")


def test_a_long_way_round_is_followed_to_its_end(house: House) -> None:
    for number in range(9):
        house.create(f"https://go.example/p{number + 1}", path=f"p{number}")
    refused(house, url="https://go.example/p0", path="p9")
    house.create("https://example.com/", path="p9")


def test_a_chain_of_more_hops_than_browsers_like_is_refused(house: House) -> None:
    house.create("https://example.com/", path="p0")
    for number in range(1, 10):
        house.create(f"https://go.example/p{number - 1}", path=f"p{number}")
    house.create("https://go.example/p8", path="short")
    refused(house, url="https://go.example/p9", path="p10")


def test_a_wildcard_that_would_answer_its_own_destination_is_refused(house: House) -> None:
    refused(house, url="https://go.example/docs/x", path="docs/*")
    refused(house, url="https://go.example/anything", path="*")


def test_a_wildcard_may_lead_to_a_link_that_answers_before_it(house: House) -> None:
    house.create("https://example.com/x", path="docs/x")
    house.create("https://example.com/help", path="help")
    house.create("https://go.example/docs/x", path="docs/*")
    house.create("https://go.example/help", path="*")


def test_a_wildcard_in_the_same_call_is_followed(house: House) -> None:
    drafts = [
        LinkDraft(original_url="https://go.example/guide", path="docs/*"),
        LinkDraft(original_url="https://go.example/docs/x", path="guide"),
        LinkDraft(original_url="https://example.com/", path="guide"),
    ]
    outcomes = create_links_bulk(house.context, "go.example", [BulkRow(draft, False) for draft in drafts])
    assert [isinstance(each, LinkInDomain) for each in outcomes] == [True, False, True]


def test_a_loop_is_found_among_rows_to_many_hosts(house: House) -> None:
    house.add_domain("other.example")
    house.create("https://go.example/a", host="other.example", path="b")
    drafts = [LinkDraft(original_url=f"https://{number}.example.com/") for number in range(40)]
    drafts.append(LinkDraft(original_url="https://OTHER.example/b", path="a"))
    outcomes = create_links_bulk(house.context, "go.example", [BulkRow(draft, False) for draft in drafts])
    assert [isinstance(each, LinkInDomain) for each in outcomes] == [True] * 40 + [False]


def test_the_case_rule_of_the_domain_decides_whether_it_is_the_own_path(house: House) -> None:
    house.add_domain("case.example", case_sensitive=True)
    house.create("https://case.example/A", host="case.example", path="a")
    refused(house, url="https://case.example/a", host="case.example", path="A")


@pytest.mark.parametrize(
    ("name", "field"),
    [("expired_url", "expiredURL"), ("android_url", "androidURL"), ("iphone_url", "iphoneURL"), ("split_url", "splitURL")],
)
def test_each_destination_of_a_link_is_looked_at(house: House, name: str, field: str) -> None:
    refused(house, field=field, path="a", **{name: "https://go.example/a"})
    made = house.create(path="a").link
    with pytest.raises(InvalidField) as refusal:
        update_link(house.context, made.id, LinkDraft.of({name: "https://go.example/a"}))
    assert refusal.value.field == field


def test_a_move_onto_the_path_that_one_leads_to_is_refused(house: House) -> None:
    made = house.create("https://go.example/target", path="a").link
    with pytest.raises(InvalidField):
        update_link(house.context, made.id, LinkDraft(path="target"))


def test_a_move_away_from_the_path_that_one_would_lead_to_is_allowed(house: House) -> None:
    made = house.create("https://example.com/", path="a").link
    moved = update_link(house.context, made.id, LinkDraft(path="b", original_url="https://go.example/a")).link
    assert (moved.path, moved.original_url) == ("b", "https://go.example/a")


@pytest.mark.parametrize(
    "url",
    [
        "https://go.example.com/a",
        "https://example/go.example/a",
        "https://go.example@example.com/a",
        "https://example.com/?u=https://go.example/a",
        "https://go.example/b",
        "shortsecure://go.example?a",
    ],
)
def test_what_only_looks_like_a_loop_is_allowed(house: House, url: str) -> None:
    assert house.create(url, path="a").link.original_url == url


def test_what_links_on_the_way_do_by_device_lot_and_end_is_followed(house: House) -> None:
    for number, fields in enumerate(
        (
            {"iphone_url": "https://go.example/a"},
            {"android_url": "https://go.example/a"},
            {"split_url": "https://go.example/a"},
            {"expired_url": "https://go.example/a", "clicks_limit": 9},
        )
    ):
        house.create("https://example.com/", path=f"b{number}", again=True, **fields)
        refused(house, url=f"https://go.example/b{number}", path="a")
    house.create("https://example.com/", path="b9", again=True, expired_url="https://go.example/a")
    assert house.create("https://go.example/b9", path="a").link.path == "a"


def test_visitors_with_one_device_are_not_sent_round_by_what_holds_for_another(house: House) -> None:
    house.create("https://example.com/", path="b", android_url="https://go.example/a")
    house.create("https://example.com/", path="a", again=True, iphone_url="https://go.example/b")
    house.create("https://go.example/d", path="c", iphone_url="https://example.com/")
    house.create("https://example.com/", path="d", again=True, iphone_url="https://go.example/c")
    refused(house, field="iphoneURL", path="e", again=True, iphone_url="https://go.example/e")


def test_a_destination_whose_path_has_dots_is_followed_as_browsers_follow_it(house: House) -> None:
    refused(house, url="https://go.example/x/../a", path="a")
    refused(house, url="https://go.example/x/%2e%2E/a", path="a")


def test_a_link_that_others_made_lead_in_a_circle_can_still_be_renamed(house: House) -> None:
    made = house.create(path="a").link
    with house.database.write() as work:
        work.links.save(replace(made, original_url="https://go.example/a"), "a")
    assert update_link(house.context, made.id, LinkDraft(title="T")).link.title == "T"
    with pytest.raises(InvalidField):
        update_link(house.context, made.id, LinkDraft(iphone_url="https://example.com/"))
