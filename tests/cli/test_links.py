"""``linnet link``, as scripts use it."""

from datetime import UTC, datetime, timedelta

import pytest

from linnet.actions.context import Context
from linnet.actions.links import create_link
from linnet.actions.removing import delete_link
from linnet.model.access import Actor
from linnet.model.link import Link, LinkDraft
from linnet.storage.database import Database
from tests.cli.conftest import Run


def removed_link(database: Database, path: str) -> Link:
    """A link of ``go.example`` that its owner has just removed."""
    context = Context(actor=Actor(user_id=1), database=database, publish=lambda _: None, signing_key=b"")
    link = create_link(context, "go.example", LinkDraft(original_url="https://example.com/", path=path)).link
    return delete_link(context, link.id)


def test_a_removed_link_is_listed_and_restored(linnet: Run, database: Database):
    first, second = removed_link(database, "a"), removed_link(database, "b")
    listed = linnet("link", "removed", "go.example", "--json").json
    assert [(each["id"], each["path"], each["removalReason"]) for each in listed] == [
        (second.id, "b", "deleted"),
        (first.id, "a", "deleted"),
    ]
    assert datetime.fromisoformat(listed[0]["restorableUntil"]) > datetime.now(UTC) + timedelta(days=29)
    assert linnet("link", "restore", first.id, "--json").json == {"id": first.id, "domain": "go.example", "path": "a"}
    shown = linnet("link", "removed", "go.example").out
    assert second.id in shown
    assert first.id not in shown
    assert "go.example/b" in linnet("link", "restore", second.id).out


def test_a_list_is_as_long_as_was_asked(linnet: Run, database: Database):
    for number in range(4):
        removed_link(database, f"p{number}")
    assert [each["path"] for each in linnet("link", "removed", "go.example", "--limit", "3", "--json").json] == [
        "p3",
        "p2",
        "p1",
    ]


def test_a_link_of_a_team_that_its_owner_left_is_restored_too(linnet: Run, database: Database):
    link = removed_link(database, "a")
    linnet("team", "create", "Shop")
    assert linnet("team", "domain", "go.example", "--team", "Shop").code == 0
    with database.write() as work:
        work.teams.remove_member(1, 1)
    assert linnet("link", "restore", link.id, "--json").json["path"] == "a"


@pytest.mark.parametrize("arguments", [("restore", "lnk_1_x"), ("restore", "nothing"), ("removed", "no.example")])
def test_what_is_not_there_is_one_line_and_exit_code_1(linnet: Run, arguments: tuple[str, ...]):
    refused = linnet("link", *arguments)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("linnet: ")


def test_a_visit_is_explained(linnet: Run, database: Database):
    context = Context(actor=Actor(user_id=1), database=database, publish=lambda _: None, signing_key=b"")
    draft = LinkDraft(original_url="https://example.com/", path="phones", iphone_url="https://example.com/iphone")
    link = create_link(context, "go.example", draft).link
    told = linnet("link", "explain", link.id, "--user-agent", "iPhone", "--query", "a=b").out
    assert "→ device" in told
    assert told.rstrip().endswith("redirect 302 https://example.com/iphone?a=b")
    found = linnet("link", "explain", link.id, "--json").json
    assert (found["decidedBy"], found["destination"]) == ("default", "https://example.com/")
