"""Settings with consequences: path keys, loops, teams; on each of the engines."""

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from linnet.actions.bulk import BulkRow, create_links_bulk
from linnet.actions.domain_settings import update_settings
from linnet.actions.domains import list_domains
from linnet.model.access import Actor, KeyKind, Membership, Role
from linnet.model.domain import Domain
from linnet.model.errors import DomainNotFound, InvalidField, NotAllowed, PathTaken, SettingsConflict, TeamNotFound
from linnet.model.link import LinkDraft
from linnet.model.setting_marks import marks_of
from linnet.model.unset import UNSET
from linnet.storage.routes import RouteStore
from tests.actions.conftest import House
from tests.support.moments import NOON


def change(house: House, **sent: Any) -> Domain:
    return update_settings(house.context, house.domain.id, sent)


def keys(house: House) -> dict[str, str]:
    """Of every route that a new edge would know, the key by the path that leads to it."""
    _, _, routes = RouteStore(house.database).snapshot()
    return {route.destination.rpartition("/")[2]: key for domain_id, key, route in routes if domain_id == house.domain.id}


def create(house: House, *paths: str) -> None:
    for path in paths:
        house.create(f"https://example.com/{path}", path=path, again=True)


def test_the_case_rule_can_be_turned_on_and_off_under_existing_links(house: House) -> None:
    create(house, "Spring", "summer", "Straße", "*")
    assert keys(house) == {"Spring": "spring", "summer": "summer", "Stra%C3%9Fe": "straße", "*": "*"}
    before = RouteStore(house.database).last_sequence()
    change(house, caseSensitive=True)
    assert keys(house)["Spring"] == "Spring"
    told = {getattr(each, "path_key", None): each for each in RouteStore(house.database).changes_after(before, 100)}
    assert set(told) == {"spring", "Spring", "straße", "Straße", None}
    assert getattr(told["spring"], "route", "") is None
    assert told[None].domain.case_sensitive  # type: ignore[union-attr]
    create(house, "SPRING")
    with pytest.raises(PathTaken):
        house.create("https://example.com/other", path="Spring")


def test_rules_that_would_merge_paths_are_refused_with_their_names(house: House) -> None:
    change(house, caseSensitive=True)
    create(house, "Spring", "SPRING", "Alone")
    with pytest.raises(InvalidField, match=r"'S(pring|PRING)' and 'S(pring|PRING)'") as refusal:
        change(house, caseSensitive=False, robots="noindex")
    assert refusal.value.field == "caseSensitive"
    assert keys(house) == {"Spring": "Spring", "SPRING": "SPRING", "Alone": "Alone"}
    with house.database.read() as work:
        domain = work.domains.find(house.domain.id)
    assert domain is not None
    assert (domain.case_sensitive, domain.robots) == (True, "allow")


def test_a_path_that_another_link_has_in_lower_case_is_refused_too(house: House) -> None:
    change(house, caseSensitive=True)
    create(house, "spring", "Spring")
    with pytest.raises(InvalidField, match="'spring' and 'Spring'"):
        change(house, caseSensitive=False)


def test_ten_thousand_links_get_their_keys_anew(house: House) -> None:
    for start in range(0, 10_000, 1000):
        drafts = [
            BulkRow(LinkDraft(original_url=f"https://example.com/P{i}", path=f"P{i}"), True) for i in range(start, start + 1000)
        ]
        create_links_bulk(house.context, "go.example", drafts)
    change(house, caseSensitive=True)
    assert keys(house) == {f"P{i}": f"P{i}" for i in range(10_000)}
    change(house, caseSensitive=False)
    assert keys(house) == {f"P{i}": f"p{i}" for i in range(10_000)}
    with house.database.read() as work:
        assert work.links.find_by_path(house.domain.id, "p9999") is not None


def test_links_made_while_the_rule_changes_have_the_new_keys(house: House) -> None:
    stop, made = threading.Event(), []

    def keep_creating() -> None:
        while not stop.is_set():
            path = f"Path{len(made)}"
            create(house, path)
            made.append(path)

    thread = threading.Thread(target=keep_creating)
    thread.start()
    try:
        for turn in range(10):
            change(house, caseSensitive=turn % 2 == 0)
        sensitive = change(house, caseSensitive=True).case_sensitive
    finally:
        stop.set()
        thread.join()
    assert sensitive
    assert keys(house) == {path: path for path in made}


@pytest.mark.parametrize(
    "url", ["https://go.example/nothing", "https://go.example", "https://GO.example/spring", "https://go.example/round"]
)
def test_unknown_paths_do_not_lead_to_unknown_paths(house: House, url: str) -> None:
    house.create("https://go.example/unknown", path="round")
    with pytest.raises(InvalidField) as refusal:
        change(house, redirect404=url)
    assert refusal.value.field == "redirect404"


@pytest.mark.parametrize(
    "url", ["https://go.example", "https://GO.example/?again", "https://go.example/nothing", "https://go.example/round"]
)
def test_the_root_does_not_lead_to_itself(house: House, url: str) -> None:
    house.create("https://go.example/", path="round")
    change(house, redirect404="https://example.com/404")
    if url.endswith("nothing"):
        # Not the root again: this visitor ends where all do whose path has no link.
        assert change(house, rootRedirect=url).root_redirect == url
        return
    with pytest.raises(InvalidField) as refusal:
        change(house, rootRedirect=url)
    assert refusal.value.field == "rootRedirect"


def test_unknown_paths_do_not_lead_back_through_the_root(house: House) -> None:
    change(house, rootRedirect="https://go.example/nothing")
    with pytest.raises(InvalidField) as refusal:
        change(house, redirect404="https://go.example/")
    assert refusal.value.field == "redirect404"
    change(house, rootRedirect="https://example.com/")
    assert change(house, redirect404="https://go.example/").redirect_404 == "https://go.example/"


def test_a_link_does_not_lead_back_to_itself_through_the_root(house: House) -> None:
    change(house, rootRedirect="https://go.example/here")
    with pytest.raises(InvalidField, match="loop"):
        house.create("https://go.example/", path="here")
    house.create("https://example.com/", path="")
    house.create("https://go.example/", path="here")


def test_two_domains_do_not_send_unknown_paths_to_each_other(house: House) -> None:
    house.add_domain("b.example", redirect_404="https://go.example/nothing")
    with pytest.raises(InvalidField):
        change(house, redirect404="https://b.example/nothing")
    with pytest.raises(InvalidField):
        house.create("https://b.example/x", path="nothing")


def test_unknown_paths_may_lead_to_a_link(house: House) -> None:
    house.create("https://example.com/", path="")
    assert change(house, redirect404="https://go.example/").redirect_404 == "https://go.example/"


def with_team(house: House, role: Role) -> tuple[House, int]:
    with house.database.write() as work:
        team = work.teams.add("Team", NOON)
        membership = Membership(team_id=team.id, user_id=house.context.actor.user_id, role=role)
        work.teams.save_member(membership)
    actor = replace(house.context.actor, memberships=(membership,))
    return replace(house, context=replace(house.context, actor=actor)), team.id


def test_a_domain_moves_into_a_team_and_back(house: House) -> None:
    house, team_id = with_team(house, Role.ADMIN)
    assert change(house, teamId=team_id).team_id == team_id
    assert [each.id for each in list_domains(house.context, team_id=team_id)] == [house.domain.id]
    assert list_domains(house.context, without_team=True) == []
    assert change(house, teamId=None).team_id is None
    assert list_domains(house.context, team_id=team_id) == []
    assert [each.id for each in list_domains(house.context, without_team=True)] == [house.domain.id]


@pytest.mark.parametrize("role", [Role.USER, Role.READ_ONLY])
def test_who_does_not_run_a_team_moves_nothing_into_it(house: House, role: Role) -> None:
    house, team_id = with_team(house, role)
    for unknown in (team_id, team_id + 1, -1, 2**40):
        with pytest.raises(TeamNotFound):
            change(house, teamId=unknown)


@pytest.mark.parametrize("role", [Role.USER, Role.READ_ONLY])
def test_who_only_uses_a_domain_does_not_change_it(house: House, role: Role) -> None:
    house, team_id = with_team(house, role)
    with house.database.write() as work:
        domain = work.domains.find(house.domain.id)
        assert domain is not None
        work.domains.save(replace(domain, team_id=team_id))
    with pytest.raises(NotAllowed):
        change(house, robots="noindex")


def test_an_admin_does_not_take_anothers_domain_out_of_the_team(house: House) -> None:
    house, team_id = with_team(house, Role.ADMIN)
    change(house, teamId=team_id)
    with house.database.write() as work:
        other = work.users.add(email="other@example.com", name=None, password_hash="x", created_at=NOON)
    membership = Membership(team_id=team_id, user_id=other.id, role=Role.ADMIN)
    context = house.as_actor(Actor(user_id=other.id, key_kind=KeyKind.SECRET, memberships=(membership,)))
    assert update_settings(context, house.domain.id, {"robots": "noindex"}).robots == "noindex"
    with pytest.raises(NotAllowed):
        update_settings(context, house.domain.id, {"teamId": None})
    with pytest.raises(DomainNotFound):
        update_settings(house.as_actor(Actor(user_id=other.id)), house.domain.id, {"robots": "allow"})


@pytest.mark.parametrize(("role", "moves"), [(Role.ADMIN, False), (Role.OWNER, True)])
def test_anothers_domain_goes_to_another_team_only_by_an_owner_of_its_team(house: House, role: Role, moves: bool) -> None:
    house, team_id = with_team(house, Role.ADMIN)
    change(house, teamId=team_id)
    with house.database.write() as work:
        other = work.users.add(email="other@example.com", name=None, password_hash="x", created_at=NOON)
        their_team = work.teams.add("Theirs", NOON)
    memberships = (
        Membership(team_id=team_id, user_id=other.id, role=role),
        Membership(team_id=their_team.id, user_id=other.id, role=Role.OWNER),
    )
    context = house.as_actor(Actor(user_id=other.id, key_kind=KeyKind.SECRET, memberships=memberships))
    if moves:
        assert update_settings(context, house.domain.id, {"teamId": their_team.id}).team_id == their_team.id
        return
    with pytest.raises(NotAllowed, match="another team"):
        update_settings(context, house.domain.id, {"teamId": their_team.id})
    assert change(house, robots="noindex").team_id == team_id


def test_who_loses_a_domain_while_waiting_for_it_changes_nothing(house: House) -> None:
    house, _ = with_team(house, Role.ADMIN)
    refusals: list[Exception] = []

    def change_it() -> None:
        try:
            change(house, robots="noindex")
        except DomainNotFound as refusal:
            refusals.append(refusal)

    waiting = threading.Thread(target=change_it)
    with house.database.write() as work:
        domain = work.domains.lock(house.domain.id)
        other_team = work.teams.add("Theirs", NOON)
        assert domain is not None
        work.domains.save(replace(domain, team_id=other_team.id))
        waiting.start()
        time.sleep(0.3)
    waiting.join(20)
    assert len(refusals) == 1


def test_nothing_changes_where_nothing_is_new(house: House) -> None:
    before = RouteStore(house.database).last_sequence()
    assert change(house, robots="allow", unknown=1, incrementCounter="7").increment_counter == 0
    assert RouteStore(house.database).last_sequence() == before


def test_an_editor_is_told_what_another_changed_meanwhile_and_nothing_is_saved(house: House) -> None:
    marks = marks_of(house.domain, ("robots", "redirect404", "visitorAddresses", "pageTexts"))
    change(house, robots="noindex", visitorAddresses="never", cloaking=True)
    sent = {"robots": "disallow", "redirect404": "https://example.com/404"}
    with pytest.raises(SettingsConflict) as refusal:
        update_settings(house.context, house.domain.id, sent, marks=marks)
    told = {each.name: (each.shown, each.now, each.by) for each in refusal.value.changes}
    assert told == {
        "robots": ("allow", "noindex", "owner@example.com"),
        "visitorAddresses": ("truncated", "never", "owner@example.com"),
    }
    with house.database.read() as work:
        now = work.domains.find(house.domain.id)
    assert now is not None
    assert now.redirect_404 is None
    again = marks_of(now, ("robots", "redirect404", "visitorAddresses", "pageTexts"))
    assert update_settings(house.context, house.domain.id, sent, marks=again).robots == "disallow"


def test_who_saves_what_is_there_already_is_told_of_nothing(house: House) -> None:
    marks = marks_of(house.domain, ("robots",))
    change(house, robots="noindex")
    assert update_settings(house.context, house.domain.id, {"robots": "noindex"}, marks=marks).robots == "noindex"


def test_a_long_value_is_remembered_by_its_digest(house: House) -> None:
    change(house, pageTexts={"notFound": "x" * 900})
    with house.database.read() as work:
        before = work.domains.find(house.domain.id)
    assert before is not None
    marks = marks_of(before, ("pageTexts",))
    assert len(marks) < 200
    change(house, pageTexts={"notFound": "y" * 900})
    with pytest.raises(SettingsConflict) as refusal:
        update_settings(house.context, house.domain.id, {"pageTexts": {"notFound": "z"}}, marks=marks)
    (changed,) = refusal.value.changes
    assert (changed.name, changed.shown) == ("pageTexts", UNSET)
