"""The table of links: what a member finds in it, what it says of its own freshness, and how it does without its helpers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from linnet.actions import link_table
from linnet.actions.click_ranks import ClickRanks, clicks_of
from linnet.actions.link_table import Freshness, LinkSearch, matching_links, table_of
from linnet.actions.links import create_link, update_link
from linnet.actions.permissions import add_permission, remove_permission
from linnet.actions.removing import delete_link
from linnet.actions.restoring import restore_link
from linnet.actions.tags import tag_links
from linnet.actions.teams import create_team, save_member
from linnet.model.access import Actor, Role
from linnet.model.errors import DomainNotFound, InvalidField, StatisticsUnavailable
from linnet.model.link import LinkDraft
from linnet.model.search import LinkQuery, Order, Shown
from linnet.model.statistics import Question, Top
from linnet.storage import search_follower
from linnet.storage.search_feed import SearchFeed
from linnet.storage.search_follower import SearchFollower
from linnet.storage.search_index import SearchIndex
from tests.actions.conftest import House
from tests.support.moments import NOON


class Clicks:
    """An engine that knows how often links were clicked, until it is told to be away."""

    def __init__(self) -> None:
        self.ranks: dict[int, int] = {}
        self.away = False
        self.asked = 0

    def top(self, question: Question, /) -> tuple[Top, ...]:
        self.asked += 1
        if self.away:
            raise StatisticsUnavailable("away")
        return tuple(Top(value="", score=score, detail=str(number)) for number, score in self.ranks.items())

    def counts(self, question: Question, /) -> tuple[int, ...]:
        self.asked += 1
        return tuple(each.link_number or 0 for each in question.counted)


@pytest.fixture
def clicks() -> Clicks:
    return Clicks()


@pytest.fixture
def search(house: House, clicks: Any, tmp_path: Path) -> LinkSearch:
    index = SearchIndex(tmp_path / "search.db")
    return LinkSearch(index, SearchFollower(SearchFeed(house.database), index), ClickRanks(clicks), patience_seconds=5.0)


def paths(house: House, search: LinkSearch, text: str = "", **fields: Any) -> list[str]:
    return [link.path for link in table_of(house.context, search, house.domain.id, LinkQuery(text=text, **fields)).links]


def test_a_link_is_found_as_soon_as_it_is_made_and_no_more_when_it_is_gone(house: House, search: LinkSearch) -> None:
    link = house.create(path="summer", title="Beach").link
    assert paths(house, search, "beach") == ["summer"]
    update_link(house.context, link.id, LinkDraft(title="Mountains", path="winter"))
    assert paths(house, search, "beach") == []
    assert paths(house, search, "mountain winter") == ["winter"]
    tag_links(house.context, "holidays", [link.id])
    assert paths(house, search, tag="holidays") == ["winter"]
    delete_link(house.context, link.id)
    assert paths(house, search) == []
    restore_link(house.context, link.id)
    assert paths(house, search, tag="holidays") == ["winter"]


def test_pages_lead_to_each_other_both_ways(house: House, search: LinkSearch) -> None:
    for number in range(7):
        house.create(path=f"p{number}", again=True)

    def page(**place: Any) -> link_table.LinkTable:
        return table_of(house.context, search, house.domain.id, LinkQuery(order=Order.PATH), limit=3, **place)

    first = page()
    second = page(after=first.next)
    last = page(last=True)
    assert [[link.path for link in table.links] for table in (first, second, last)] == [
        ["p0", "p1", "p2"],
        ["p3", "p4", "p5"],
        ["p4", "p5", "p6"],
    ]
    assert first.previous is None
    assert last.next is None
    assert page(before=second.previous).links == first.links
    assert page(before=second.previous).next is not None
    assert (first.count, first.freshness) == (7, Freshness.WHOLE)


@pytest.mark.parametrize(
    "token", ["", "x", "é", "W10", "bnVsbA", "WzEsMl0", "a" * 10_000, "W1tdLFtdLDBd", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LDEsMF0"]
)
def test_a_token_that_nobody_gave_out_is_passed_over(house: House, search: LinkSearch, token: str) -> None:
    house.create(path="a")
    assert table_of(house.context, search, house.domain.id, LinkQuery(), after=token).links


def test_a_member_with_links_of_his_own_finds_those_and_what_he_was_permitted(house: House, search: LinkSearch) -> None:
    team = create_team(house.as_user(1), "Team")
    member = house.add_user("member@example.com")
    save_member(house.as_user(1), team.id, "member@example.com", Role.USER, own_links_only=True)
    shared = house.create(path="summer-shared").link
    house.create(path="summer-hidden", again=True)
    house.move_to(team)
    mine = house.as_user(member.id)
    create_link(mine, "go.example", LinkDraft(original_url="https://example.com/own", path="summer-own"))

    def found() -> tuple[list[str], int | None]:
        table = table_of(mine, search, house.domain.id, LinkQuery(text="summer", order=Order.PATH))
        return [link.path for link in table.links], table.count

    assert found() == (["summer-own"], 1)
    add_permission(house.as_user(1), house.domain.id, shared.id, member.id)
    assert found() == (["summer-own", "summer-shared"], 2)
    remove_permission(house.as_user(1), house.domain.id, shared.id, member.id)
    assert found() == (["summer-own"], 1)
    assert [link.path for links in matching_links(mine, search, house.domain.id, LinkQuery(), limit=10) for link in links] == [
        "summer-own"
    ]


def test_another_domain_is_not_there_at_all(house: House, search: LinkSearch) -> None:
    stranger = house.as_actor(Actor(user_id=house.add_user("stranger@example.com").id))
    for domain_id in (house.domain.id, 4711, 2**40):
        with pytest.raises(DomainNotFound):
            table_of(stranger, search, domain_id, LinkQuery())


def test_without_an_index_the_newest_links_are_there(house: House, search: LinkSearch, tmp_path: Path) -> None:
    for number in range(3):
        house.create(path=f"p{number}", again=True, title="even" if number % 2 == 0 else None)
    broken = replace(search, index=SearchIndex(tmp_path / "missing" / "search.db"))
    broken = replace(broken, follower=SearchFollower(SearchFeed(house.database), broken.index))
    table = table_of(house.context, broken, house.domain.id, LinkQuery(text="even", order=Order.PATH))
    assert table.freshness is Freshness.AWAY
    assert {link.path for link in table.links} == {"p0", "p2"}
    assert (table.count, table.ordered) == (None, False)


def test_an_index_that_is_being_made_says_so(house: House, search: LinkSearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_follower, "_AT_ONCE", 1)
    for number in range(3):
        house.create(path=f"p{number}", again=True)
    table = table_of(house.context, replace(search, patience_seconds=0), house.domain.id, LinkQuery())
    assert table.freshness is Freshness.MAKING
    assert len(table.links) == 3


def test_an_index_that_is_behind_says_so_and_shows_nothing_that_is_gone(house: House, search: LinkSearch) -> None:
    link = house.create(path="summer", title="Beach").link
    assert paths(house, search) == ["summer"]
    update_link(house.context, link.id, LinkDraft(title="Mountains"))
    table = table_of(house.context, replace(search, patience_seconds=-1), house.domain.id, LinkQuery(text="beach"))
    assert (table.freshness, list(table.links)) == (Freshness.BEHIND, [])


def test_the_most_clicked_go_first_and_the_order_is_asked_for_once(house: House, search: LinkSearch, clicks: Clicks) -> None:
    made = [house.create(path=f"p{number}", again=True).link for number in range(4)]
    clicks.ranks = {made[1].number: 9, made[0].number: 3}
    assert paths(house, search, order=Order.CLICKS) == ["p1", "p0", "p3", "p2"]
    assert paths(house, search, order=Order.CLICKS) == ["p1", "p0", "p3", "p2"]
    assert clicks.asked == 1


def test_without_statistics_the_newest_go_first(house: House, search: LinkSearch, clicks: Clicks) -> None:
    for number in range(3):
        house.create(path=f"p{number}", again=True)
    clicks.away = True
    table = table_of(house.context, search, house.domain.id, LinkQuery(order=Order.CLICKS))
    assert ([link.path for link in table.links], table.query.order) == (["p2", "p1", "p0"], Order.NEWEST)


def test_clicks_of_a_page_are_one_question(clicks: Any) -> None:
    told = clicks_of(clicks, 1, [3, 5], NOON)
    assert (told[3].lately, told[3].total, told[5].total, clicks.asked) == (90, 3, 5, 1)


@pytest.mark.parametrize("text", ["a" * 301, "a " * 11, "x" * 10_000])
def test_a_text_that_is_too_long_is_refused(house: House, search: LinkSearch, text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        table_of(house.context, search, house.domain.id, LinkQuery(text=text))
    assert refused.value.field == "q"


def test_all_that_match_come_once_while_they_change(house: House, search: LinkSearch) -> None:
    for number in range(9):
        house.create(path=f"p{number}", again=True)
    found = []
    for links in matching_links(house.context, search, house.domain.id, LinkQuery(shown=Shown.ACTIVE), limit=8, step=3):
        found += [link.path for link in links]
        for link in links:
            delete_link(house.context, link.id)
    assert found == [f"p{number}" for number in range(8, 0, -1)]
