"""Links saved whole: all of it or nothing, told to the edges once, and never over what somebody else did; on both engines."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from linnet.actions.editing import Edit, create_edited, open_link, save_edit
from linnet.actions.edits_made import edits_since, removed_since
from linnet.actions.links import update_link
from linnet.actions.opengraph import save_opengraph
from linnet.actions.removing import delete_link
from linnet.actions.targeting import save_places
from linnet.actions.teams import create_team, save_member
from linnet.model.access import Role
from linnet.model.audit import Event
from linnet.model.editing import PARTS, changed_parts
from linnet.model.errors import EditConflict, InvalidField, LinkNotFound, NotAllowed, PathTaken, Refusal
from linnet.model.link import LinkDraft
from linnet.model.route import RouteChange
from linnet.model.rules import Rule, read_rules
from linnet.model.targeting import Place
from linnet.model.variants import read_variants
from linnet.storage.routes import RouteStore
from tests.actions.conftest import House


def rules(condition: Any, url: str) -> tuple[Rule, ...]:
    return read_rules([{"condition": condition, "originalURL": url}])


GERMAN = rules({"language": ["de"]}, "https://example.com/de")
HALVES = read_variants([{"weight": 1}, {"weight": 1, "originalURL": "https://example.com/b"}])


def place(country: str, url: str = "https://example.com/there", region: str = "") -> Place:
    return Place(country=country, region=region, original_url=url)


def everything(**fields: Any) -> Edit:
    draft = LinkDraft.of({"original_url": "https://example.com/", "path": "all", "tags": ("a", "b"), "password": "x"} | fields)
    return Edit(
        draft=draft,
        places=[place("DE"), place("US", region="CA")],
        rules=GERMAN,
        variants=HALVES,
        opengraph=[("og:title", "Hello")],
    )


def version(house: House, link_id: str) -> str:
    return open_link(house.context, link_id).version


def test_a_link_is_created_with_all_that_belongs_to_it_and_published_once(house: House):
    last = RouteStore(house.database).last_sequence()
    link = create_edited(house.context, house.domain.id, everything()).link
    opened = open_link(house.context, link.id).contents
    assert [(each.country, each.region) for each in opened.places] == [("DE", ""), ("US", "CA")]
    assert (opened.own.rules, [each.label for each in opened.own.variants]) == (GERMAN, ["a", "b"])
    assert opened.opengraph == (("title", "Hello"),)
    assert opened.link.tags == ("a", "b")
    assert opened.link.password_hash is not None
    assert opened.link.source == "website"
    changes = RouteStore(house.database).changes_after(last, 100)
    assert [each.path_key for each in changes if isinstance(each, RouteChange)] == ["all"]
    assert house.published[-1:] == [changes[-1].sequence]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"places": [place("DE"), place("XX")]}, "places[1].country"),
        ({"places": [place("DE"), place("US", region="QQ")]}, "places[1].region"),
        ({"places": [place("DE"), place("FR", "ftp://x")]}, "places[1].originalURL"),
        ({"places": [place("DE"), place("DE", "https://b.example")]}, "places[1].country"),
        ({"places": [place("DE"), place("FR", "https://go.example/all")]}, "places[1].originalURL"),
        (
            {"rules": read_rules([{"condition": {"region": ["DE-CA"]}, "originalURL": "https://a.example"}])},
            "rules[0].condition",
        ),
        (
            {"rules": read_rules([{"condition": {"os": ["ios"]}, "originalURL": "https://go.example/all"}])},
            "rules[0].originalURL",
        ),
        ({"variants": read_variants([{"weight": 1, "originalURL": "https://go.example/all"}])}, "variants[0].originalURL"),
        ({"opengraph": [("title", "a"), ("colour", "b")]}, "colour"),
        ({"draft": LinkDraft(original_url="https://go.example/all", path="all")}, "originalURL"),
    ],
)
def test_nothing_is_left_of_an_edit_of_which_one_part_is_refused(house: House, wrong: dict[str, Any], field: str):
    with pytest.raises(InvalidField) as refusal:
        create_edited(house.context, house.domain.id, replace(everything(), **wrong))
    assert refusal.value.field == field
    assert house.stored() == []
    link = create_edited(house.context, house.domain.id, everything()).link
    before = open_link(house.context, link.id)
    changed = replace(everything(title="Changed"), **wrong)
    with pytest.raises(InvalidField) as refusal:
        save_edit(house.context, link.id, changed, version=before.version)
    assert refusal.value.field == field
    assert open_link(house.context, link.id) == before
    assert house.published[-1] is not None


def test_what_an_edit_does_not_mention_stays_and_one_that_changes_nothing_leaves_no_trace(house: House):
    link = create_edited(house.context, house.domain.id, everything()).link
    before = open_link(house.context, link.id)
    save_edit(house.context, link.id, Edit(draft=LinkDraft(title="New")), version=before.version)
    after = open_link(house.context, link.id)
    assert changed_parts(before.version, after.contents, house.context.signing_key) == ["title"]
    published = len(house.published)
    same = Edit(draft=LinkDraft(title="New"), places=after.contents.places, rules=GERMAN, opengraph=[("title", "Hello")])
    assert save_edit(house.context, link.id, same, version=after.version).link == after.link
    assert house.published[published:] == [None]
    with house.database.read() as work:
        entries = work.audit.search(user_id=house.domain.owner_id, domain_ids=(), limit=2)
    assert [(each.event, each.details.get("fields")) for each in entries] == [
        (Event.LINK_UPDATED, ["title"]),
        (Event.LINK_CREATED, None),
    ]


def test_places_that_stay_keep_their_number_and_others_go(house: House):
    link = create_edited(house.context, house.domain.id, everything()).link
    german, _ = open_link(house.context, link.id).contents.places
    wanted = [place("FR"), place("DE")]
    save_edit(house.context, link.id, Edit(draft=LinkDraft(), places=wanted), version=version(house, link.id))
    kept = open_link(house.context, link.id).contents.places
    assert [each.country for each in kept] == ["DE", "FR"]
    assert kept[0] == german
    save_edit(house.context, link.id, Edit(draft=LinkDraft(), places=()), version=version(house, link.id))
    assert open_link(house.context, link.id).contents.places == ()


@pytest.mark.parametrize("part", ["title", "originalURL", "places", "opengraph", "password", "utmSource"])
def test_an_edit_of_what_somebody_else_changed_meanwhile_is_refused_whole(house: House, part: str):
    link = create_edited(house.context, house.domain.id, everything()).link
    seen = version(house, link.id)
    moment = house.context.now() - timedelta(seconds=1)
    others = house.context
    if part == "places":
        save_places(others, link.id, [place("DE", "https://other.example")])
    elif part == "opengraph":
        save_opengraph(others, house.domain.id, link.id, [("title", "Theirs")])
    else:
        values: dict[str, Any] = {
            "originalURL": {"original_url": "https://other.example/"},
            "utmSource": {"utm_source": "them"},
        }
        update_link(others, link.id, LinkDraft.of(values.get(part, {part: "Theirs"})))
    with pytest.raises(EditConflict):
        save_edit(house.context, link.id, Edit(draft=LinkDraft(tags=("mine",))), version=seen)
    now = open_link(house.context, link.id)
    assert changed_parts(seen, now.contents, house.context.signing_key) == [part]
    assert now.link.tags == ("a", "b")
    made = edits_since(house.context, link.id, moment)
    assert [each.user.email if each.user else None for each in made[:1]] == ["owner@example.com"]
    save_edit(house.context, link.id, Edit(draft=LinkDraft(tags=("mine",))), version=now.version)
    assert open_link(house.context, link.id).link.tags == ("mine",)


@pytest.mark.parametrize("nonsense", ["", "x", "x" * 12 * len(PARTS)])
def test_what_is_no_version_is_taken_for_one_of_long_ago(house: House, nonsense: str):
    link = create_edited(house.context, house.domain.id, everything()).link
    with pytest.raises(EditConflict):
        save_edit(house.context, link.id, Edit(draft=LinkDraft(title="x")), version=nonsense)


def test_of_a_link_that_was_removed_meanwhile_is_told_by_whom(house: House):
    link = create_edited(house.context, house.domain.id, everything()).link
    seen, moment = version(house, link.id), house.context.now() - timedelta(seconds=1)
    delete_link(house.context, link.id)
    with pytest.raises(LinkNotFound):
        save_edit(house.context, link.id, Edit(draft=LinkDraft(title="x")), version=seen)
    gone = removed_since(house.context, link.id, moment)
    assert gone.removed.link.id == link.id
    assert gone.edits[0].event is Event.LINK_DELETED
    stranger = house.as_user(house.add_user("stranger@example.com").id)
    with pytest.raises(LinkNotFound):
        removed_since(stranger, link.id, moment)


def test_members_who_only_read_see_a_link_and_are_refused_and_strangers_find_none(house: House):
    link = create_edited(house.context, house.domain.id, everything()).link
    team = create_team(house.as_user(house.domain.owner_id), "Crew")
    house.move_to(team)
    for email, role, own in (
        ("reader@example.com", Role.READ_ONLY, False),
        ("own@example.com", Role.USER, True),
        ("user@example.com", Role.USER, False),
    ):
        house.add_user(email)
        save_member(house.as_user(house.domain.owner_id), team.id, email, role, own_links_only=own)
    reader, narrow, user = (house.as_user(house.find_user(f"{name}@example.com") or 0) for name in ("reader", "own", "user"))
    opened = open_link(reader, link.id)
    assert not opened.may_write
    with pytest.raises(NotAllowed):
        save_edit(reader, link.id, Edit(draft=LinkDraft(title="x")), version=opened.version)
    with pytest.raises(NotAllowed):
        create_edited(reader, house.domain.id, Edit(draft=LinkDraft(original_url="https://example.com/r")))
    for nobody in (narrow, house.as_user(house.add_user("stranger@example.com").id)):
        with pytest.raises(LinkNotFound):
            open_link(nobody, link.id)
    own = create_edited(narrow, house.domain.id, Edit(draft=LinkDraft(original_url="https://example.com/own"))).link
    assert open_link(narrow, own.id).may_write
    assert open_link(user, own.id).may_write


def test_a_path_that_another_link_has_is_refused_and_a_destination_that_one_has_finds_it(house: House):
    link = create_edited(house.context, house.domain.id, everything()).link
    again = create_edited(house.context, house.domain.id, Edit(draft=LinkDraft(original_url="https://example.com/"), rules=()))
    assert (again.duplicate, again.link.id) == (True, link.id)
    assert open_link(house.context, link.id).contents.own.rules == GERMAN
    other = create_edited(
        house.context, house.domain.id, Edit(draft=LinkDraft(original_url="https://b.example/", path="b"))
    ).link
    with pytest.raises(PathTaken) as refusal:
        save_edit(house.context, other.id, Edit(draft=LinkDraft(path="all")), version=version(house, other.id))
    assert (refusal.value.field, refusal.value.link_id) == ("path", link.id)


def test_an_edit_that_clears_the_destination_is_refused(house: House):
    link = create_edited(house.context, house.domain.id, everything()).link
    cleared = Edit(draft=LinkDraft.of({"original_url": None}))
    with pytest.raises(Refusal) as refusal:
        save_edit(house.context, link.id, cleared, version=version(house, link.id))
    assert refusal.value.field == "originalURL"


def test_the_audit_log_names_what_was_changed_as_other_ways_of_changing_do(house: House):
    link = create_edited(house.context, house.domain.id, everything()).link
    draft = LinkDraft(original_url="https://b.example/", password="other", skip_query=True)
    save_edit(house.context, link.id, Edit(draft=draft, places=()), version=version(house, link.id))
    with house.database.read() as work:
        entry = work.audit.search(user_id=house.domain.owner_id, domain_ids=(), limit=1)[0]
    assert entry.details == {"fields": ["original_url", "password_hash", "places", "skip_query"]}
