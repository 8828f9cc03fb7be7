"""One change to many links: done where it may be, told where not, and noted."""

from pathlib import Path
from typing import Any

import pytest

from linnet.actions import many_links
from linnet.actions.click_ranks import ClickRanks
from linnet.actions.folders import create_folder
from linnet.actions.link_table import LinkSearch
from linnet.actions.many_links import Archived, Moved, Removed, Tagged, change_links, change_matching
from linnet.actions.removing import delete_link
from linnet.actions.restoring import list_removed_links
from linnet.actions.teams import create_team, save_member
from linnet.model.access import Role
from linnet.model.errors import DomainNotFound, FolderNotFound, InvalidField, NotAllowed
from linnet.model.link import MAX_TAGS
from linnet.model.search import LinkQuery
from linnet.storage.search_feed import SearchFeed
from linnet.storage.search_follower import SearchFollower
from linnet.storage.search_index import SearchIndex
from tests.actions.conftest import House


@pytest.fixture
def search(house: House, tmp_path: Path) -> LinkSearch:
    index = SearchIndex(tmp_path / "search.db")
    engine: Any = None
    return LinkSearch(index, SearchFollower(SearchFeed(house.database), index), ClickRanks(engine), patience_seconds=5.0)


def events(house: House) -> list[str]:
    with house.database.read() as work:
        return [entry.event.value for entry in work.audit.search(user_id=1, domain_ids=[house.domain.id], limit=50)]


def test_tags_are_added_and_removed_and_the_rest_stays_in_its_order(house: House) -> None:
    ids = [house.create(path=f"p{n}", again=True, tags=tags).link.id for n, tags in enumerate((("a", "b", "c"), ("b",), ()))]
    added = change_links(house.context, house.domain.id, ids, Tagged("b"))
    assert (added.done, added.unchanged, added.left) == (1, 2, 0)
    removed = change_links(house.context, house.domain.id, ids, Tagged("b", added=False))
    assert removed.done == 3
    assert [link.tags for link in house.stored()] == [("a", "c"), (), ()]
    change_links(house.context, house.domain.id, ids, Tagged(" z "))
    assert [link.tags for link in house.stored()] == [("a", "c", "z"), ("z",), ("z",)]


def test_a_link_that_can_take_no_more_tags_is_told(house: House) -> None:
    full = house.create(path="full", tags=tuple(f"t{number}" for number in range(MAX_TAGS))).link
    other = house.create(path="other", again=True).link
    outcome = change_links(house.context, house.domain.id, [full.id, other.id], Tagged("one more"))
    assert (outcome.done, outcome.left) == (1, 1)
    assert outcome.refused[0][0] == "/full"


def test_links_move_into_a_folder_and_out_again(house: House) -> None:
    folder = create_folder(house.context, house.domain.id, "Summer", {})
    ids = [house.create(path=f"p{number}", again=True).link.id for number in range(2)]
    assert change_links(house.context, house.domain.id, ids, Moved(folder.id)).done == 2
    assert {link.folder_id for link in house.stored()} == {folder.id}
    assert change_links(house.context, house.domain.id, ids, Moved(folder.id)).unchanged == 2
    assert change_links(house.context, house.domain.id, ids, Moved(None)).done == 2
    with pytest.raises(FolderNotFound):
        change_links(house.context, house.domain.id, ids, Moved("nowhere"))


def test_links_are_archived_taken_back_and_removed(house: House) -> None:
    ids = [house.create(path=f"p{number}", again=True).link.id for number in range(3)]
    assert change_links(house.context, house.domain.id, ids[:2], Archived()).done == 2
    assert change_links(house.context, house.domain.id, ids, Archived(archived=False)).unchanged == 1
    assert change_links(house.context, house.domain.id, ids, Removed()).done == 3
    assert len(list_removed_links(house.context, house.domain.id).removed) == 3
    assert {"links.archived", "links.unarchived", "links.deleted"} <= set(events(house))


def test_what_is_gone_or_elsewhere_is_left_alone_and_told(house: House) -> None:
    here = house.create(path="here").link
    gone = delete_link(house.context, house.create(path="gone", again=True).link.id)
    house.add_domain("other.example")
    elsewhere = house.create(host="other.example", path="elsewhere").link
    outcome = change_links(house.context, house.domain.id, [here.id, gone.id, elsewhere.id, "lnk_9_x", "x" * 999], Archived())
    assert (outcome.done, outcome.left) == (1, 4)
    assert {name for name, _ in outcome.refused} == {gone.id, elsewhere.id, "lnk_9_x", "x" * 100}
    with pytest.raises(DomainNotFound):
        change_links(house.context, 4711, [here.id], Archived())


def test_who_may_only_read_changes_nothing(house: House) -> None:
    team = create_team(house.as_user(1), "Team")
    reader = house.add_user("reader@example.com")
    save_member(house.as_user(1), team.id, "reader@example.com", Role.READ_ONLY)
    link = house.create(path="a").link
    house.move_to(team)
    with pytest.raises(NotAllowed):
        change_links(house.as_user(reader.id), house.domain.id, [link.id], Removed())
    assert [each.id for each in house.stored()] == [link.id]


def test_all_that_match_are_changed_up_to_the_bound(house: House, search: LinkSearch, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        house.create(path=f"summer-{number}", again=True)
    house.create(path="winter", again=True)
    monkeypatch.setattr(many_links, "MAX_MATCHING", 4)
    first = change_matching(house.context, search, house.domain.id, LinkQuery(text="summer"), Archived())
    assert (first.done, first.more) == (4, True)
    second = change_matching(house.context, search, house.domain.id, LinkQuery(text="summer"), Archived())
    assert (second.done, second.more) == (2, False)
    assert [link.path for link in house.stored() if not link.archived] == ["winter"]


def test_too_many_ids_and_impossible_tags_are_refused(house: House) -> None:
    with pytest.raises(InvalidField):
        change_links(house.context, house.domain.id, ["lnk_1_x"] * 501, Archived())
    for tag in ("", " ", "x" * 65, "a\nb"):
        with pytest.raises(InvalidField):
            change_links(house.context, house.domain.id, ["lnk_1_x"], Tagged(tag))
