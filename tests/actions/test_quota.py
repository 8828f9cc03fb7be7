"""How many links an owner may have, on each of the engines."""

from collections import Counter
from dataclasses import replace
from typing import Any

from linnet.actions.bulk import BulkRow, create_links_bulk
from linnet.actions.examples import create_example_links
from linnet.actions.links import create_link
from linnet.model.errors import QuotaReached
from linnet.model.link import LinkDraft
from tests.actions.conftest import House
from tests.actions.test_links import at_once


def test_of_calls_at_once_only_as_many_succeed_as_there_is_room(house: House) -> None:
    context = replace(house.context, max_links=10)

    def create(number: int) -> Any:
        try:
            if number % 2:
                return create_link(context, "go.example", LinkDraft(original_url=f"https://example.com/{number}")).duplicate
            rows = [BulkRow(LinkDraft(original_url=f"https://example.com/{number}/{k}"), False) for k in range(2)]
            return [type(outcome) for outcome in create_links_bulk(context, "go.example", rows)]
        except QuotaReached:
            return QuotaReached

    outcomes = at_once(8, create)
    assert len(house.stored()) == 10, outcomes


def test_examples_at_once_are_made_once(house: House) -> None:
    calls = at_once(3, lambda _: create_example_links(house.context, "go.example"))
    assert Counter(link.duplicate for call in calls for link, _ in call) == {False: 5, True: 10}
    assert len(house.stored()) == 5
