"""``linnet key``, as scripts use it."""

import pytest

from linnet.actions.keys import Authenticator
from linnet.storage.database import Database
from tests.cli.conftest import Run


def test_a_key_is_shown_once_and_listed_without_its_secret(linnet: Run):
    made = linnet("key", "create", "--description", "for a script", "--domain", "go.example", "--json").json
    assert made["key"].startswith("sk_")
    (listed,) = [key for key in linnet("key", "list", "--json").json if key["id"] == made["id"]]
    assert listed == {name: value for name, value in made.items() if name != "key"}
    expected = {"id", "type", "prefix", "description", "domainId", "createdAt", "expiresAt", "lastUsedAt", "revokedAt"}
    assert expected | {"userId", "teamId"} == set(listed)


def test_a_key_of_a_service_account_reaches_its_team(linnet: Run, database: Database):
    team = linnet("team", "create", "Shop", "--json").json
    account = linnet("team", "service", "Robot", "--team", "Shop", "--role", "read_only", "--json").json
    made = linnet("key", "create", "--service-account", account["email"], "--json").json
    assert (made["userId"], made["teamId"]) == (account["userId"], team["id"])
    assert Authenticator(database).actor_of(made["key"]).only_team_id == team["id"]
    assert made["id"] in [key["id"] for key in linnet("key", "list", "--json").json]
    assert linnet("key", "revoke", str(made["id"])).code == 0


def test_a_key_of_one_team_is_made_for_its_members_alone(linnet: Run):
    team = linnet("team", "create", "Shop", "--json").json
    linnet("user", "create", "b@example.com")
    assert linnet("key", "create", "--team", "Shop", "--json").json["teamId"] == team["id"]
    refused = linnet("key", "create", "--team", str(team["id"]), "--email", "b@example.com")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "--domain", "no.example"),
        ("create", "--team", "Nobody"),
        ("create", "--service-account", "owner@example.com"),
        ("create", "--service-account", "99"),
        ("create", "--expires-at", "2001-01-01"),
        ("create", "--description", "two\nlines"),
        ("create", "--email", "nobody@example.com"),
        ("list", "--email", "nobody@example.com"),
        ("revoke", "99"),
        ("revoke", "99999999999999999999"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(linnet: Run, arguments: tuple[str, ...]):
    refused = linnet("key", *arguments)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("linnet: ")
    assert refused.err.count("\n") == 1
