"""Links under concurrent writers, across owners, and in the change log; on each of the engines."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from linnet.actions.link_queries import expand_link, get_link, list_links
from linnet.actions.links import create_link, update_link
from linnet.actions.placing import LinkInDomain
from linnet.actions.removing import delete_link
from linnet.model.access import Actor, KeyKind, Membership, Role
from linnet.model.errors import DomainNotFound, InvalidField, LinkNotFound, PathsExhausted, PathTaken
from linnet.model.link import LinkDraft
from linnet.model.path import LinkType
from linnet.storage.routes import RouteStore
from tests.actions.conftest import House
from tests.support.moments import NOON


class OneByte:
    """Randomness that has run dry: every path it draws is the same."""

    def randbytes(self, n: int, /) -> bytes:
        return bytes(n)


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """The answers, or refusals, of ``count`` calls at the same time."""

    def outcome(number: int) -> Any:
        try:
            return act(number)
        except (PathTaken, LinkNotFound, PathsExhausted) as refusal:
            return refusal

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(outcome, range(count)))


class TestConcurrentCreates:
    @pytest.mark.parametrize("link_type", list(LinkType))
    def test_generated_paths_never_collide(self, house: House, link_type: LinkType) -> None:
        house.add_domain("t.example", link_type=link_type)
        made = at_once(40, lambda n: house.create(f"https://example.com/{n}", host="t.example"))
        assert len({each.link.path.lower() for each in made}) == 40
        assert not any(each.duplicate for each in made)

    def test_of_many_destinations_for_one_path_one_gets_it(self, house: House) -> None:
        outcomes = at_once(32, lambda n: house.create(f"https://example.com/{n}", path="abc"))
        assert Counter(type(each) for each in outcomes) == {LinkInDomain: 1, PathTaken: 31}
        (link,) = house.stored()
        assert {each.link_id for each in outcomes if isinstance(each, PathTaken)} == {link.id}

    def test_the_same_link_asked_for_many_times_is_made_once(self, house: House) -> None:
        outcomes = at_once(32, lambda n: house.create(path="abc"))
        assert Counter(each.duplicate for each in outcomes) == {False: 1, True: 31}
        assert len(house.stored()) == 1

    def test_the_same_destination_without_a_path_is_made_once(self, house: House) -> None:
        outcomes = at_once(32, lambda n: house.create())
        assert Counter(each.duplicate for each in outcomes) == {False: 1, True: 31}
        assert len(house.stored()) == 1

    def test_of_many_deletions_of_one_link_one_succeeds(self, house: House) -> None:
        link_id = house.create().link.id
        outcomes = at_once(16, lambda n: delete_link(house.context, link_id))
        assert sum(isinstance(each, LinkNotFound) for each in outcomes) == 15


def test_a_path_generator_without_free_paths_says_so_instead_of_searching_for_ever(house: House) -> None:
    context = house.context.__class__(
        actor=house.context.actor, database=house.database, publish=house.context.publish, signing_key=b"", chooser=OneByte()
    )
    create_link(context, "go.example", LinkDraft(original_url="https://example.com/1"))
    with pytest.raises(PathsExhausted):
        create_link(context, "go.example", LinkDraft(original_url="https://example.com/2"))
    assert len(house.stored()) == 1


def test_a_domain_may_tell_cases_apart(house: House) -> None:
    house.add_domain("case.example", case_sensitive=True)
    lower = house.create("https://example.com/l", host="case.example", path="abc")
    upper = house.create("https://example.com/u", host="case.example", path="ABC")
    assert expand_link(house.context, "case.example", "abc").link.id == lower.link.id
    assert expand_link(house.context, "case.example", "ABC").link.id == upper.link.id
    with pytest.raises(LinkNotFound):
        expand_link(house.context, "case.example", "Abc")


def test_a_domain_is_found_as_people_read_it_and_as_machines_do(house: House) -> None:
    house.add_domain("xn--bcher-kva.example")
    for name in ("bücher.example", "BÜCHER.example.", " xn--bcher-kva.example"):
        assert house.create(host=name, path="a").domain.hostname == "xn--bcher-kva.example"
    for name in ("", ".", "a" * 300, "\x00", "\ud800", "go.example/x"):
        with pytest.raises(DomainNotFound):
            house.create(host=name)


class TestWhoMay:
    def test_a_key_for_one_domain_sees_nothing_of_the_others(self, house: House) -> None:
        other = house.add_domain("other.example")
        theirs = house.create(host="other.example", path="x")
        context = house.as_actor(Actor(user_id=house.domain.owner_id, key_kind=KeyKind.SECRET, only_domain_id=house.domain.id))
        assert create_link(context, "go.example", LinkDraft(original_url="https://example.com/")).link.path
        for refused in (
            lambda: create_link(context, "other.example", LinkDraft(original_url="https://example.com/")),
            lambda: get_link(context, theirs.link.id),
            lambda: get_link(context, str(theirs.link.number)),
            lambda: update_link(context, theirs.link.id, LinkDraft(title="mine")),
            lambda: delete_link(context, theirs.link.id),
            lambda: expand_link(context, "other.example", "x"),
            lambda: list_links(context, other.id),
        ):
            with pytest.raises((DomainNotFound, LinkNotFound)):
                refused()
        assert get_link(house.context, theirs.link.id).link == theirs.link

    def test_a_public_key_creates_and_expands_and_no_more(self, house: House) -> None:
        context = house.as_actor(Actor(user_id=house.domain.owner_id, key_kind=KeyKind.PUBLIC))
        link = create_link(context, "go.example", LinkDraft(original_url="https://example.com/", path="p")).link
        assert expand_link(context, "go.example", "p").link == link
        with pytest.raises(LinkNotFound):
            update_link(context, link.id, LinkDraft(title="t"))
        with pytest.raises(LinkNotFound):
            delete_link(context, link.id)

    def test_a_public_key_does_not_get_past_a_links_password(self, house: House) -> None:
        house.create(path="kept", password="secret")
        assert expand_link(house.context, "go.example", "kept").link.original_url == "https://example.com/"
        public = house.as_actor(Actor(user_id=house.domain.owner_id, key_kind=KeyKind.PUBLIC))
        with pytest.raises(LinkNotFound):
            expand_link(public, "go.example", "kept")

    def test_a_member_who_is_narrowed_to_own_links_sees_no_others(self, house: House) -> None:
        with house.database.write() as work:
            team = work.teams.add("team", NOON)
            user = work.users.add(email="member@example.com", name=None, password_hash="none", created_at=NOON)
        narrowed = Membership(team_id=team.id, user_id=user.id, role=Role.USER, own_links_only=True)
        owner = Membership(team_id=team.id, user_id=house.domain.owner_id, role=Role.OWNER)
        shared = house.add_domain("team.example", team_id=team.id)
        boss = house.as_actor(Actor(user_id=house.domain.owner_id, memberships=(owner,)))
        member = house.as_actor(Actor(user_id=user.id, memberships=(narrowed,)))
        theirs = create_link(boss, "team.example", LinkDraft(original_url="https://example.com/", path="boss")).link
        mine = create_link(member, "team.example", LinkDraft(original_url="https://example.com/"))
        assert not mine.duplicate
        assert [each.link.id for each in list_links(member, shared.id).links] == [mine.link.id]
        for refused in (
            lambda: get_link(member, theirs.id),
            lambda: expand_link(member, "team.example", "boss"),
            lambda: update_link(member, theirs.id, LinkDraft(title="t")),
        ):
            with pytest.raises(LinkNotFound):
                refused()
        with house.database.write() as work:
            work.permissions.add(theirs.number, user.id, NOON)
        assert update_link(member, theirs.id, LinkDraft(title="t")).link.title == "t"
        assert len(list_links(member, shared.id).links) == 2

    def test_a_page_token_of_one_list_opens_no_other(self, house: House) -> None:
        other = house.add_domain("other.example")
        for number in range(3):
            house.create(f"https://example.com/{number}")
        token = list_links(house.context, house.domain.id, limit=2).next_token
        assert token is not None
        assert len(list_links(house.context, house.domain.id, limit=2, page_token=token).links) == 1
        with pytest.raises(InvalidField):
            list_links(house.context, other.id, limit=2, page_token=token)
        for position in range(len(token)):
            wrong = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
            with pytest.raises(InvalidField):
                list_links(house.context, house.domain.id, limit=2, page_token=wrong)


@pytest.mark.parametrize(
    "link_id", ["", "0", "-1", "9" * 40, "lnk_", "lnk_1_", "link_1_zzz", "\x00", "lnk_1_\x00", "٣", "not-exists"]
)
def test_an_id_that_no_link_has_is_not_found(house: House, link_id: str) -> None:
    house.create()
    with pytest.raises(LinkNotFound):
        get_link(house.context, link_id)


class TestPublishing:
    def test_what_is_published_holds_the_change(self, house: House) -> None:
        before = RouteStore(house.database).last_sequence()
        house.create(path="abc")
        (sequence,) = house.published
        assert sequence is not None
        (change,) = RouteStore(house.database).changes_after(before, 10)
        assert (change.sequence, getattr(change, "path_key", None)) == (sequence, "abc")

    def test_a_move_empties_the_old_path_and_fills_the_new_one(self, house: House) -> None:
        link_id = house.create(path="old").link.id
        before = RouteStore(house.database).last_sequence()
        update_link(house.context, link_id, LinkDraft(path="new"))
        changes = RouteStore(house.database).changes_after(before, 10)
        assert {getattr(each, "path_key", None): getattr(each, "route", None) is not None for each in changes} == {
            "old": False,
            "new": True,
        }

    def test_a_wildcard_that_comes_moves_or_goes_changes_its_domain(self, house: House) -> None:
        def depths() -> tuple[int, ...]:
            _, domains, _ = RouteStore(house.database).snapshot()
            return next(iter(domains)).wildcard_depths

        link_id = house.create(path="docs/*").link.id
        assert depths() == (1,)
        for path, expected in (("*", (0,)), ("plain", ()), ("a/b/*", (2,))):
            before = RouteStore(house.database).last_sequence()
            update_link(house.context, link_id, LinkDraft(path=path))
            assert any(hasattr(each, "hostname") for each in RouteStore(house.database).changes_after(before, 10))
            assert depths() == expected
        before = RouteStore(house.database).last_sequence()
        delete_link(house.context, link_id)
        assert any(hasattr(each, "hostname") for each in RouteStore(house.database).changes_after(before, 10))
        assert depths() == ()

    def test_an_update_that_changes_nothing_is_none(self, house: House) -> None:
        made = house.create(title="T").link
        before = RouteStore(house.database).last_sequence()
        assert update_link(house.context, made.id, LinkDraft(title="T")).link == made
        assert RouteStore(house.database).last_sequence() == before
