"""Bulk creation beside other writers, on each of the engines."""

from collections import Counter
from typing import Any

import pytest

from linnet.actions.bulk import BulkRow, create_links_bulk
from linnet.actions.placing import LinkInDomain
from linnet.model.errors import InvalidField, PathsExhausted, PathTaken, Refusal, TooLarge
from linnet.model.link import LinkDraft
from linnet.model.path import LinkType
from linnet.storage.routes import RouteStore
from tests.actions.conftest import House
from tests.actions.test_links import OneByte, at_once


def rows(*drafts: dict[str, Any] | Refusal, again: bool = False) -> list[BulkRow]:
    return [BulkRow(draft if isinstance(draft, Refusal) else LinkDraft(**draft), again) for draft in drafts]


def bulk(
    house: House, *drafts: dict[str, Any] | Refusal, host: str = "go.example", again: bool = False
) -> list[LinkInDomain | Refusal]:
    return create_links_bulk(house.context, host, rows(*drafts, again=again))


def to(number: int, **fields: Any) -> dict[str, Any]:
    return {"original_url": f"https://example.com/{number}"} | fields


def test_the_outcomes_are_the_rows_in_their_order(house: House) -> None:
    outcomes = bulk(house, to(1, path="z"), InvalidField("no", field="title"), to(2, path="a"), to(3, title="T" * 513), to(4))
    paths = [each.link.path if isinstance(each, LinkInDomain) else each.field for each in outcomes]
    assert paths[:4] == ["z", "title", "a", "title"]
    stored = {link.path: link.original_url for link in house.stored()}
    assert len(stored) == 3
    assert (stored["z"], stored["a"]) == ("https://example.com/1", "https://example.com/2")


def test_the_numbers_of_the_outcomes_are_those_that_are_stored(house: House) -> None:
    outcomes = bulk(house, *(to(n, path=f"p{20 - n:02}", tags=(f"t{n}",)) for n in range(20)))
    made = [each.link for each in outcomes if isinstance(each, LinkInDomain)]
    assert sorted(made, key=lambda link: link.number) == sorted(house.stored(), key=lambda link: link.number)


def test_a_call_without_a_good_row_changes_nothing(house: House) -> None:
    before = RouteStore(house.database).last_sequence()
    assert bulk(house) == []
    (outcome,) = bulk(house, {})
    assert isinstance(outcome, InvalidField)
    assert outcome.field == "originalURL"
    assert RouteStore(house.database).last_sequence() == before


def test_too_many_rows_are_refused_before_anything_is_done(house: House) -> None:
    with pytest.raises(TooLarge):
        bulk(house, *[to(n) for n in range(1001)])
    assert house.stored() == []


@pytest.mark.parametrize("link_type", list(LinkType))
def test_generated_paths_follow_the_domain_and_never_repeat(house: House, link_type: LinkType) -> None:
    house.add_domain("t.example", link_type=link_type)
    asked = [to(n, path="2") if n == 0 else to(n) for n in range(30)]
    outcomes = bulk(house, *asked, host="t.example")
    paths = [each.link.path for each in outcomes if isinstance(each, LinkInDomain)]
    assert len({path.lower() for path in paths}) == 30
    if link_type is LinkType.INCREMENT:
        assert paths[:4] == ["2", "1", "3", "4"]


def test_a_generator_without_free_paths_says_so_and_stores_nothing(house: House) -> None:
    context = house.context.__class__(
        actor=house.context.actor, database=house.database, publish=house.context.publish, signing_key=b"", chooser=OneByte()
    )
    with pytest.raises(PathsExhausted):
        create_links_bulk(context, "go.example", rows(to(1), to(2)))
    assert house.stored() == []


def test_a_loop_among_the_rows_is_refused_where_it_closes(house: House) -> None:
    first, second, third = bulk(
        house,
        {"original_url": "https://go.example/b", "path": "a"},
        {"original_url": "https://go.example/a", "path": "b"},
        {"original_url": "https://go.example/a", "path": "c"},
    )
    assert isinstance(first, LinkInDomain)
    assert isinstance(second, InvalidField)
    assert second.field == "originalURL"
    assert isinstance(third, LinkInDomain)


def test_calls_at_once_for_the_same_destinations_make_each_link_once(house: House) -> None:
    drafts = [to(n) for n in range(50)]
    outcomes = at_once(6, lambda n: bulk(house, *(drafts if n % 2 else drafts[::-1])))
    assert Counter(each.duplicate for call in outcomes for each in call) == {False: 50, True: 250}
    assert len(house.stored()) == 50


def test_calls_at_once_for_the_same_paths_in_any_order_all_end_well(house: House) -> None:
    drafts = [to(n, path=f"p{n}") for n in range(50)]
    outcomes = at_once(6, lambda n: bulk(house, *(drafts if n % 2 else drafts[::-1])))
    assert Counter(each.duplicate for call in outcomes for each in call) == {False: 50, True: 250}
    assert len(house.stored()) == 50


def test_a_row_that_lost_its_path_to_another_call_is_told_so(house: House) -> None:
    outcomes = at_once(6, lambda n: bulk(house, *(to(n * 100 + k, path=f"p{k}") for k in range(20))))
    kinds = Counter(type(each) for call in outcomes for each in call)
    assert kinds == {LinkInDomain: 20, PathTaken: 100}
