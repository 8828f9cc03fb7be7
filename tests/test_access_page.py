"""docs/access.md says of roles and keys what the rules do."""

import re
from pathlib import Path

import pytest

from linnet.actions.keys import MAX_KEYS
from linnet.actions.teams import MAX_MEMBERS, MAX_TEAMS
from linnet.api.operations import OPERATIONS, Access
from linnet.cli import application
from linnet.model.access import Action, Actor, Membership, Role, may, may_manage
from tests.storage.builders import a_domain

PAGE = (Path(__file__).parents[1] / "docs" / "access.md").read_text()
README = (Path(__file__).parents[1] / "README.md").read_text()
SHARED = a_domain(id=2, owner_id=1, team_id=7)


def row_of(role: Role) -> list[str]:
    """What the table says of a role."""
    (line,) = re.findall(rf"^\| [\w-]+ \(`{role}`\) \|(.+)\|$", PAGE, re.MULTILINE)
    return [cell.strip() for cell in line.split("|")]


@pytest.mark.parametrize("role", list(Role))
def test_the_table_of_roles_is_true(role: Role):
    member = Actor(user_id=2, memberships=(Membership(team_id=7, user_id=2, role=role),))
    columns = ((Action.READ, Action.READ_STATISTICS), (Action.CREATE, Action.WRITE), (Action.CONFIGURE,))
    allowed = [{may(member, action, SHARED) for action in actions} for actions in columns]
    assert all(len(answers) == 1 for answers in allowed)
    assert [answers == {True} for answers in allowed] + [may_manage(member, 7)] == [cell == "yes" for cell in row_of(role)]


def test_the_page_names_no_other_roles():
    assert set(re.findall(r"^\| [\w-]+ \(`(\w+)`\)", PAGE, re.MULTILINE)) == set(Role)


def test_what_public_keys_do_is_what_the_table_of_operations_lets_them():
    named = set(re.findall(r"`(GET|POST) (/links/\w+)`", PAGE))
    assert named == {(each.method, each.path) for each in OPERATIONS if each.access is Access.ANY_KEY}


def test_bounds_are_those_of_the_server():
    for bound, unit in ((MAX_TEAMS, "teams"), (MAX_MEMBERS, "members")):
        assert f"at most {bound:,} {unit}" in PAGE
    assert f"at most {MAX_KEYS:,} that are not revoked" in PAGE


@pytest.mark.parametrize("text", [PAGE, README], ids=["access", "readme"])
def test_commands_that_are_named_exist(text: str):
    groups = {
        group.name: {command.name or command.callback.__name__ for command in group.typer_instance.registered_commands}
        for group in application.registered_groups
    }
    lines = re.findall(r"^linnet ([\w-]+) ([\w-]+)", text, re.MULTILINE)
    named = [(group, command) for group, command in lines if group in groups]
    assert named
    assert [(group, command) for group, command in named if command not in groups[group]] == []
