"""Tags, OpenGraph tags and permissions that several requests change at once, on both engines."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from linnet.actions.context import Context
from linnet.actions.links import create_link, update_link
from linnet.actions.opengraph import get_opengraph, save_opengraph
from linnet.actions.permissions import add_permission, list_permissions
from linnet.actions.removing import delete_link
from linnet.actions.tags import list_tags, tag_links
from linnet.actions.targeting import list_places, save_places
from linnet.actions.teams import create_team, save_member
from linnet.model.access import Role
from linnet.model.audit import Event
from linnet.model.errors import LinkNotFound
from linnet.model.link import LinkDraft
from linnet.model.route import RouteChange
from linnet.model.targeting import Place
from linnet.storage.routes import RouteStore
from tests.actions.conftest import House


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each gives, or the LinkNotFound that it raises; all of them started together."""

    def outcome(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except LinkNotFound as refusal:
            return refusal

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(outcome, works))


def test_tags_that_are_added_at_once_are_all_kept(house: House):
    links = [house.create(f"https://example.com/{number}", path=f"p{number}").link for number in range(20)]
    ids = [link.id for link in links]
    orders = [ids, ids[::-1], ids[5:] + ids[:5], ids[::2] + ids[1::2]]
    at_once(*(lambda n=n: tag_links(house.context, f"t{n}", orders[n % 4]) for n in range(12)))
    assert {frozenset(link.tags) for link in house.stored()} == {frozenset(f"t{n}" for n in range(12))}
    assert list_tags(house.context, house.domain.id) == sorted(f"t{n}" for n in range(12))


def test_a_tag_is_not_lost_to_a_change_of_the_link_at_the_same_time(house: House):
    link = house.create(path="a").link
    at_once(
        *(lambda n=n: tag_links(house.context, f"t{n}", [link.id]) for n in range(6)),
        *(lambda n=n: update_link(house.context, link.id, LinkDraft(title=f"title {n}")) for n in range(6)),
    )
    (stored,) = house.stored()
    assert set(stored.tags) == {f"t{n}" for n in range(6)}


def test_what_is_replaced_at_once_is_one_of_the_replacements(house: House):
    link, domain_id = house.create(path="a").link, house.domain.id
    sets = [[("title", f"T{n}"), ("description", f"D{n}")] for n in range(8)]
    places = [
        [Place(country=code, region="", original_url=f"https://example.com/{n}") for code in ("US", "DE")] for n in range(8)
    ]
    at_once(
        *(lambda tags=tags: save_opengraph(house.context, domain_id, link.id, tags) for tags in sets),
        *(lambda each=each: save_places(house.context, link.id, each) for each in places),
    )
    assert list(get_opengraph(house.context, domain_id, link.id)) in sets
    assert len({place.original_url for place in list_places(house.context, link.id, regions=False).places}) == 1


def test_a_permission_given_at_once_is_one_permission_and_one_entry(house: House):
    context, user = in_a_team(house)
    link = create(context, house)
    given = at_once(*(lambda: add_permission(context, house.domain.id, link, user) for _ in range(8)))
    assert len(set(given)) == 1
    assert list_permissions(context, house.domain.id, link) == [given[0]]
    with house.database.read() as work:
        entries = work.audit.search(user_id=house.domain.owner_id, domain_ids=(), limit=100)
    assert [entry.event for entry in entries].count(Event.PERMISSION_ADDED) == 1


def test_a_link_that_goes_meanwhile_is_not_found_and_leaves_nothing(house: House):
    context, user = in_a_team(house)
    for number in range(5):
        link = create(context, house, f"https://example.com/{number}")
        outcomes = at_once(
            lambda link=link: delete_link(context, link),
            lambda link=link: save_opengraph(context, house.domain.id, link, [("title", "T")]),
            lambda link=link: add_permission(context, house.domain.id, link, user),
            lambda link=link: tag_links(context, "t", [link]),
            lambda link=link: save_places(context, link, [place("US")]),
        )
        assert not isinstance(outcomes[0], LinkNotFound)
    assert list_tags(context, house.domain.id) == []


def test_edges_are_told_of_new_opengraph_tags(house: House):
    link = house.create(path="A").link
    last = RouteStore(house.database).last_sequence()
    save_opengraph(house.context, house.domain.id, link.id, [("og:title", "T")])
    (change,) = RouteStore(house.database).changes_after(last, 10)
    assert isinstance(change, RouteChange)
    assert change.path_key == "a"
    assert house.published[-1] == change.sequence
    with house.database.read() as work:
        (entry,) = work.audit.search(user_id=house.domain.owner_id, domain_ids=(), limit=1)
    assert (entry.event, entry.details) == (Event.OPENGRAPH_CHANGED, {"properties": ["title"]})


def test_tagging_is_noted_once_for_each_domain_with_the_links_that_changed(house: House):
    house.add_domain("other.example")
    first, second = house.create(path="a").link, house.create(path="b", tags=("t",)).link
    third = house.create(host="other.example", path="c").link
    tag_links(house.context, "t", [third.id, second.id, first.id])
    tag_links(house.context, "t", [third.id])
    with house.database.read() as work:
        entries = work.audit.search(user_id=house.domain.owner_id, domain_ids=(), limit=50)
    tagged = [(each.domain_id, each.details) for each in entries if each.event is Event.LINKS_TAGGED]
    assert tagged == [
        (third.domain_id, {"count": 1, "link_ids": [third.id], "tag": "t"}),
        (first.domain_id, {"count": 1, "link_ids": [first.id], "tag": "t"}),
    ]


def in_a_team(house: House) -> tuple[Context, int]:
    """The owner's context in a team that has ``go.example``, and another member."""
    team = create_team(house.context, "Shop")
    other = house.add_user("other@example.com")
    house.move_to(team)
    context = house.as_user(house.domain.owner_id)
    save_member(context, team.id, other.email, Role.USER)
    return context, other.id


def create(context: Context, house: House, url: str = "https://example.com/") -> str:
    return create_link(context, house.domain.hostname, LinkDraft(original_url=url)).link.id


def place(country: str, url: str = "https://example.com/") -> Place:
    return Place(country=country, region="", original_url=url)
