"""``linnet team`` and ``linnet user``, as scripts use them."""

import pytest

from linnet.actions.context import Context
from linnet.actions.invitations import join_with_account
from linnet.actions.sign_in import sign_in
from linnet.model.access import Actor
from linnet.storage.database import Database
from tests.cli.conftest import PASSWORD, Run


def test_a_team_gets_members_a_domain_and_a_service_account(linnet: Run):
    team = linnet("team", "create", "Shop", "--json").json
    assert linnet("team", "list", "--json").json == [team]
    user = linnet("user", "create", "b@example.com", "--name", "Bea", "--password", "long enough", "--json").json
    added = linnet("team", "add", "b@example.com", "--team", "Shop", "--own-links-only", "--json").json
    assert added == {
        "userId": user["id"],
        "email": "b@example.com",
        "name": "Bea",
        "service": False,
        "teamId": team["id"],
        "role": "user",
        "ownLinksOnly": True,
    }
    account = linnet("team", "service", "Robot", "--team", str(team["id"]), "--role", "admin", "--json").json
    assert (account["service"], account["role"]) == (True, "admin")
    listed = linnet("team", "members", "Shop", "--json").json
    assert [(each["email"], each["role"]) for each in listed[:2]] == [("owner@example.com", "owner"), ("b@example.com", "user")]
    assert listed[2] == account
    moved = linnet("team", "domain", "go.example", "--team", "Shop", "--json").json
    assert moved == {"domainId": 1, "domain": "go.example", "teamId": team["id"], "userId": 1}
    assert linnet("team", "domain", "go.example", "--json").json["teamId"] is None
    assert linnet("team", "remove", "b@example.com", "--team", "Shop").code == 0
    assert len(linnet("team", "members", "Shop", "--json").json) == 2


def test_whoever_runs_the_machine_changes_teams_that_others_own(linnet: Run):
    linnet("user", "create", "b@example.com")
    linnet("team", "create", "Theirs", "--email", "b@example.com")
    assert linnet("team", "add", "owner@example.com", "--team", "Theirs", "--role", "owner").code == 0
    assert linnet("team", "remove", "b@example.com", "--team", "Theirs").code == 0
    assert [each["email"] for each in linnet("team", "members", "Theirs", "--json").json] == ["owner@example.com"]


def test_an_invitation_is_a_link_that_works_once(linnet: Run, database: Database):
    linnet("team", "create", "Shop")
    made = linnet("team", "invite", "--team", "Shop", "--role", "admin", "--email", "b@example.com", "--json").json
    other = linnet("team", "invite", "--team", "Shop").out.strip()
    assert other != made["link"]
    assert other.rpartition("/")[0] == made["link"].rpartition("/")[0] == "http://localhost:8000/invitation"
    context = Context(actor=Actor(user_id=0), database=database, publish=lambda _: None, signing_key=b"k")
    join_with_account(context, _token(made["link"]), name="Bea", email="b@example.com", password="long enough")
    members = linnet("team", "members", "Shop", "--json").json
    assert [(each["email"], each["role"]) for each in members] == [("owner@example.com", "owner"), ("b@example.com", "admin")]


def test_people_read_the_same_without_json(linnet: Run):
    assert "Shop" in linnet("team", "create", "Shop").out
    assert "@service.invalid" in linnet("team", "service", "Robot", "--team", "Shop").out
    assert "service account" in linnet("team", "members", "Shop").out
    assert "in team 1" in linnet("team", "domain", "go.example", "--team", "Shop").out
    assert "service account" in linnet("user", "list").out
    assert "Shop" in linnet("team", "list").out


def test_a_password_is_printed_where_it_was_made_up_and_nowhere_else(linnet: Run, database: Database):
    made = linnet("user", "create", "b@example.com", "--json").json
    assert sign_in(database, "b@example.com", made["password"])
    assert "password" not in linnet("user", "create", "c@example.com", "--password", "long enough", "--json").json
    assert "password" not in str(linnet("user", "list", "--json").json)
    changed = linnet("user", "password", "owner@example.com", "--json").json
    assert sign_in(database, "owner@example.com", changed["password"])
    assert sign_in(database, "owner@example.com", PASSWORD) is None
    printed = linnet("user", "password", "b@example.com", "--password", "another one")
    assert "another one" not in printed.out
    assert sign_in(database, "b@example.com", "another one")


@pytest.mark.parametrize(
    "arguments",
    [
        "team create",
        "team create x --email nobody@example.com",
        "team members Nobody",
        "team add owner@example.com --team Nobody",
        "team add nobody@example.com --team Shop",
        "team add nobody --team Shop",
        "team add owner@example.com --team Shop --role user",
        "team add owner@example.com --team Shop --role owner --own-links-only",
        "team remove owner@example.com --team Shop",
        "team remove nobody@example.com --team Shop",
        "team service Robot --team Shop --role owner",
        "team service Robot --team 99",
        "team invite --team Nobody",
        "team invite --team Shop --uses 0",
        "team invite --team Shop --email nobody",
        "team invite --team Shop --role admin --own-links-only",
        "team domain no.example --team Shop",
        "team domain not_a_host --team Shop",
        "team domain go.example --team Nobody",
        "user create nobody",
        "user create OWNER@example.com",
        "user create b@example.com --password short",
        "user password nobody@example.com",
        "user password owner@example.com --password short",
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(linnet: Run, arguments: str):
    linnet("team", "create", "Shop")
    words = arguments.split()
    refused = linnet(*(words if words != ["team", "create"] else [*words, " "]))
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("linnet: ")
    assert refused.err.count("\n") == 1


def test_a_role_that_there_is_not_is_refused_with_those_that_there_are(linnet: Run):
    refused = linnet("team", "add", "owner@example.com", "--team", "Shop", "--role", "king")
    assert refused.code != 0
    assert "read_only" in refused.err


def _token(link: str) -> str:
    return link.rpartition("/")[2]
