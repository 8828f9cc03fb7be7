"""Folders changed and deleted, tags renamed and removed: what becomes of their links."""

from typing import Any

import pytest

from linnet.actions import folders, tags
from linnet.actions.folders import create_folder, delete_folder, list_folders, update_folder
from linnet.actions.tags import list_tags, remove_tag, rename_tag
from linnet.actions.teams import create_team, save_member
from linnet.model.access import Role
from linnet.model.errors import FolderNotFound, InvalidField, NotAllowed
from linnet.storage.routes import RouteStore
from tests.actions.conftest import House


def in_folder(house: House, count: int, **settings: Any) -> str:
    folder = create_folder(house.context, house.domain.id, "Summer", settings)
    for number in range(count):
        house.create(path=f"p{number}", again=True, folder_id=folder.id)
    return folder.id


def test_a_folder_is_renamed_and_its_defaults_are_changed(house: House) -> None:
    folder_id = in_folder(house, 0, utm_source="mail", expires_at_days=3)
    changed = update_folder(
        house.context, house.domain.id, folder_id, {"name": " Winter ", "utm_source": None, "redirect_type": 301}
    )
    assert (changed.name, changed.utm_source, changed.redirect_type, changed.expires_at_days) == ("Winter", None, 301, 3)
    assert list_folders(house.context, house.domain.id) == [changed]
    made = house.create(path="a", folder_id=folder_id).link
    assert made.redirect_type == 301


@pytest.mark.parametrize("settings", [{"name": ""}, {"redirect_type": 200}, {"prefix": "a*"}, {"color": "red"}])
def test_what_a_folder_cannot_be_is_refused(house: House, settings: dict[str, Any]) -> None:
    folder_id = in_folder(house, 0)
    with pytest.raises(InvalidField):
        update_folder(house.context, house.domain.id, folder_id, settings)


def test_tracking_of_a_folder_reaches_the_routes_of_its_links(house: House) -> None:
    folder_id = in_folder(house, 1)
    update_folder(house.context, house.domain.id, folder_id, {"integration_ga": "G-1"})
    route = next(iter(RouteStore(house.database).snapshot()[2]))[2]
    assert "G-1" in repr(route)
    delete_folder(house.context, house.domain.id, folder_id)
    store = RouteStore(house.database)
    changes: list[Any] = list(store.changes_after(store.last_sequence() - 1, 1))
    assert "G-1" not in repr(changes[0].route)


def test_links_of_a_deleted_folder_are_in_none(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_id = in_folder(house, 5)
    monkeypatch.setattr(folders, "_AT_ONCE", 2)
    deleted = delete_folder(house.context, house.domain.id, folder_id)
    assert (deleted.links, deleted.whole) == (5, True)
    assert {link.folder_id for link in house.stored()} == {None}
    with pytest.raises(FolderNotFound):
        delete_folder(house.context, house.domain.id, folder_id)


def test_a_folder_of_too_many_links_is_emptied_bit_by_bit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_id = in_folder(house, 5)
    monkeypatch.setattr(folders, "_AT_ONCE", 2)
    monkeypatch.setattr(folders, "MAX_EMPTIED", 2)
    assert not delete_folder(house.context, house.domain.id, folder_id).whole
    assert len(list_folders(house.context, house.domain.id)) == 1
    delete_folder(house.context, house.domain.id, folder_id)
    assert delete_folder(house.context, house.domain.id, folder_id).whole


def test_who_sees_some_links_deletes_no_folder(house: House) -> None:
    team = create_team(house.as_user(1), "Team")
    member = house.add_user("member@example.com")
    save_member(house.as_user(1), team.id, "member@example.com", Role.USER, own_links_only=True)
    folder_id = in_folder(house, 1)
    house.move_to(team)
    with pytest.raises(NotAllowed):
        delete_folder(house.as_user(member.id), house.domain.id, folder_id)


def test_a_tag_is_renamed_where_it_stands_and_kept_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, given in enumerate((("a", "old", "z"), ("old", "new"), ("new", "old"), ("other",))):
        house.create(path=f"p{number}", again=True, tags=given)
    monkeypatch.setattr(tags, "_AT_ONCE", 2)
    changed = rename_tag(house.context, house.domain.id, "old", " new ")
    assert (changed.links, changed.whole) == (3, True)
    assert [link.tags for link in house.stored()] == [("a", "new", "z"), ("new",), ("new",), ("other",)]
    assert list_tags(house.context, house.domain.id) == ["a", "new", "other", "z"]


def test_a_tag_is_removed_from_all_links(house: House) -> None:
    for number in range(3):
        house.create(path=f"p{number}", again=True, tags=("old", "kept"))
    assert remove_tag(house.context, house.domain.id, "old").links == 3
    assert {link.tags for link in house.stored()} == {("kept",)}
    assert remove_tag(house.context, house.domain.id, "old").links == 0


def test_a_tag_is_not_called_what_no_tag_is_called(house: House) -> None:
    house.create(path="a", tags=("old",))
    for name in ("", " ", "x" * 65, "a\tb"):
        with pytest.raises(InvalidField):
            rename_tag(house.context, house.domain.id, "old", name)
