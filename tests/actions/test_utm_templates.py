"""UTM templates: of a domain or a team, for those who may use these; on both engines."""

import pytest

from linnet.actions.teams import create_team, save_member
from linnet.actions.utm_templates import list_templates, remove_template, save_template
from linnet.model.access import Role
from linnet.model.errors import DomainNotFound, InvalidField, NotAllowed, TemplateNotFound
from tests.actions.conftest import House


def test_a_template_is_kept_replaced_by_its_name_and_removed(house: House):
    first = save_template(house.context, house.domain.id, " Letter ", {"utm_source": "letter", "utm_term": ""})
    again = save_template(house.context, house.domain.id, "Letter", {"utm_source": "news", "utm_medium": "e-mail"})
    assert (again.id, again.values) == (first.id, {"utm_source": "news", "utm_medium": "e-mail"})
    assert list_templates(house.context, house.domain.id) == [again]
    remove_template(house.context, house.domain.id, again.id)
    assert list_templates(house.context, house.domain.id) == []
    with pytest.raises(TemplateNotFound):
        remove_template(house.context, house.domain.id, again.id)


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        (" ", {"utm_source": "x"}, "templateName"),
        ("x" * 101, {"utm_source": "x"}, "templateName"),
        ("x", {}, "utmSource"),
        ("x", {"utm_medium": "x" * 257}, "utmMedium"),
        ("x", {"utm_term": "a\x00b"}, "utmTerm"),
    ],
)
def test_a_template_without_a_name_or_with_too_much_is_refused(house: House, name: str, values: dict[str, str], field: str):
    with pytest.raises(InvalidField) as refusal:
        save_template(house.context, house.domain.id, name, values)
    assert refusal.value.field == field


def test_templates_of_a_team_serve_all_its_domains_and_are_its_managers_to_save(house: House):
    owner = house.as_user(house.domain.owner_id)
    with pytest.raises(InvalidField):
        save_template(owner, house.domain.id, "x", {"utm_source": "x"}, for_team=True)
    team = create_team(owner, "Crew")
    house.move_to(team)
    other = house.add_domain("other.example", team_id=team.id)
    alone = house.add_domain("alone.example")
    owner = house.as_user(house.domain.owner_id)
    shared = save_template(owner, house.domain.id, "Ours", {"utm_source": "us"}, for_team=True)
    own = save_template(owner, house.domain.id, "Ours", {"utm_source": "here"})
    assert list_templates(owner, other.id) == [shared]
    assert {each.id for each in list_templates(owner, house.domain.id)} == {shared.id, own.id}
    assert list_templates(owner, alone.id) == []
    house.add_user("user@example.com")
    save_member(owner, team.id, "user@example.com", Role.USER, own_links_only=False)
    user = house.as_user(house.find_user("user@example.com") or 0)
    with pytest.raises(NotAllowed):
        remove_template(user, house.domain.id, shared.id)
    with pytest.raises(NotAllowed):
        save_template(user, house.domain.id, "x", {"utm_source": "x"}, for_team=True)
    remove_template(user, house.domain.id, own.id)
    with pytest.raises(DomainNotFound):
        list_templates(user, alone.id)
    with pytest.raises(TemplateNotFound):
        remove_template(owner, alone.id, shared.id)
