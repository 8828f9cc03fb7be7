"""Every operation, in turn: what belongs to another owner answers byte for byte like what nobody has.

The table of operations is the list. One that takes ids in a body of its own shape needs a line in ``BODIES``.
"""

import json
import re
from dataclasses import replace
from typing import Any

from linnet.actions.keys import new_key
from linnet.api.operations import OPERATIONS, Access, Operation, operation_of
from linnet.model.access import KeyKind, Membership, Role
from tests.api.conftest import Api
from tests.support.moments import NOON

UNKNOWN = {"domain": "nobody.example", "domain_id": 987654, "link_id": "lnk_1_" + "x" * 21, "path": "abc", "number": 987654}
# What has no owner: lists of one's own, and the places of the world.
WITHOUT_IDS = {"listDomains", "createDomain", "getRegionsByCountry", "listAudit", "listKeys", "createKey", "revokeKey"}
LINK_ID = re.compile(r"\{link_?[iI]d(String)?\}")
# Those that take links by ids in their bodies, or by their paths.
BY_LINK_IDS = {
    "expandLink",
    "getLinkByOriginalUrl",
    "archiveLink",
    "unarchiveLink",
    "archiveLinksBulk",
    "unarchiveLinksBulk",
    "deleteLinksBulk",
    "addTagsBulk",
    "generateQrCodesBulk",
}
BODIES: dict[str, Any] = {
    "createDomain": {"hostname": "new.example"},
    "createLinkCountriesBulk": [{"country": "DE", "originalURL": "https://example.com/de"}],
    "createLinkRegionsBulk": [{"country": "DE", "region": "BE", "originalURL": "https://example.com/be"}],
    "updateLinkOpengraph": [["title", "A title"]],
    "updateLinkRules": [{"condition": {"country": ["DE"]}, "originalURL": "https://example.com/de"}],
    "updateLinkVariants": [{"weight": 1}],
}
DRAFT = {"domain": "go.example", "originalURL": "https://example.com/"}
FOLDER, PLACE, REGION = "f" * 21, {"country": "DE"}, {"country": "US", "region": "CA"}


def subjects_of(api: Api) -> dict[str, Any]:
    """A domain of the owner with a link that has everything that an operation may look for."""
    link = api.created(path="abc")
    api.add_folder(FOLDER)
    return {"domain": "go.example", "domain_id": 1, "link_id": link["id"], "path": "abc", "number": 1}


def ask(api: Api, operation: Operation, subject: dict[str, Any], key: str) -> Any:
    """One call of ``operation`` about ``subject``, with every spelling of an id that any operation reads."""
    values = {
        "domainId": subject["domain_id"],
        "hostname": subject["domain"],
        "address": "192.0.2.77",
        "linkId": subject["link_id"],
        "linkIdString": subject["link_id"],
        "link_id": subject["link_id"],
        "folderId": FOLDER,
        "userId": api.installed.domain.owner_id,
        **(REGION if "{region}" in operation.path else PLACE),
        "keyId": 1,
    }
    ids = [subject["link_id"]]
    body = BODIES.get(operation.name) or {
        "domain": subject["domain"],
        "domainId": subject["domain_id"],
        "link_id": subject["link_id"],
        "link_ids": ids,
        "linkIds": ids,
        "links": [{"originalURL": "https://example.com/new"}] if operation.name == "createLinksBulk" else ids,
        "originalURL": "https://example.com/",
        "paths": ["/abc"],
        "name": "A folder",
        "tag": "t",
        "type": "png",
        "column": "country",
        **(REGION if "region" in operation.path else PLACE),
    }
    query = {
        "domain": subject["domain"],
        "domain_id": subject["domain_id"],
        "path": subject["path"],
        "paths": "/abc",
        "ids": subject["link_id"],
        "originalURL": subject.get("url", "https://example.com/"),
        "apiKey": key,
    }
    path = re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), operation.path)
    options: dict[str, Any] = {} if operation.method == "GET" else {"json": body}
    params = query if operation.method == "GET" else {}
    return api.request(operation.method, path, key=key, params=params, **options)


def without_ids(answer: Any, subject: dict[str, Any]) -> tuple[int, str]:
    """A status and a body with the ids that a request named taken out."""
    text = answer.text
    for name in ("link_id", "domain", "domain_id"):
        text = re.sub(rf"(?<!\w){re.escape(str(subject[name]))}(?!\w)", f"<{name}>", text)
    return answer.status_code, text


def served(api: Api) -> list[Operation]:
    """The operations of the table that the application has a handler for, and that name something by an id."""
    handlers = [handler for route in api.client.app.routes for handler in getattr(route, "route_handlers", [])]
    named = {operation.name for handler in handlers if (operation := operation_of(handler.handler_name)) is not None}
    return [each for each in OPERATIONS if each.name in named - WITHOUT_IDS and each.access is not Access.NOBODY]


def test_what_belongs_to_another_answers_like_what_nobody_has(api: Api):
    subject = subjects_of(api)
    key, _ = api.other_owner()
    differing: dict[str, Any] = {}
    for operation in served(api):
        theirs = without_ids(ask(api, operation, subject, key), subject)
        nobodys = without_ids(ask(api, operation, UNKNOWN, key), UNKNOWN)
        if theirs != nobodys or not 400 <= theirs[0] < 500:
            differing[operation.name] = (theirs, nobodys)
    assert differing == {}
    link = api.request("GET", f"/links/{subject['link_id']}").json()
    assert (link["path"], link["archived"], link["tags"]) == ("abc", False, [])


def test_the_calls_are_ones_that_the_owner_may_make(api: Api):
    refused: dict[str, Any] = {}
    operations = served(api)
    assert len(operations) > 20
    for operation in operations:
        subject = subjects_of(api) if not refused and operation is operations[0] else renewed(api)
        answer = ask(api, operation, subject, api.installed.secret_key)
        # 500 is what the store of these tests makes of a question about clicks; 404 is right for a place that is not there.
        places = operation.name in ("deleteLinkCountry", "deleteLinkRegion", "deleteLinkPermission", "addLinkPermission")
        if answer.status_code not in (200, 201, 409) and not (operation.tag == "Statistics" and answer.status_code == 500):
            told = json.loads(answer.text)["code"]
            if not (places and told in ("place_not_found", "permission_not_found", "user_not_found", "invalid_field")):
                refused[operation.name] = answer.text
    assert refused == {}, refused


def renewed(api: Api) -> dict[str, Any]:
    """The owner's link, made again where the last operation removed it."""
    link = api.created(path="abc")
    return {"domain": "go.example", "domain_id": 1, "link_id": link["id"], "path": "abc", "number": 1}


def test_links_of_others_answer_so_to_members_who_see_only_their_own(api: Api):
    subject = subjects_of(api)
    with api.database.write() as work:
        team = work.teams.add("team", NOON)
        user = work.users.add(email="member@example.com", name=None, password_hash="none", created_at=NOON)
        member = Membership(team_id=team.id, user_id=user.id, role=Role.USER, own_links_only=True)
        work.teams.save_member(member)
        domain = work.domains.find(1)
        assert domain is not None
        work.domains.save(replace(domain, team_id=team.id))
        key, _ = new_key(work, owner_id=user.id, kind=KeyKind.SECRET, now=NOON)
    unknown = subject | {"link_id": UNKNOWN["link_id"], "path": "nothing"}
    differing: dict[str, Any] = {}
    asked = [each for each in served(api) if LINK_ID.search(each.path) or each.name in BY_LINK_IDS]
    assert len(asked) > 10
    for operation in asked:
        theirs = without_ids(ask(api, operation, subject, key), subject)
        nobodys = without_ids(ask(api, operation, unknown, key), unknown)
        if theirs != nobodys or not 400 <= theirs[0] < 500:
            differing[operation.name] = (theirs, nobodys)
    assert differing == {}
    taken = api.request("POST", "/links", key=key, json=DRAFT | {"originalURL": "https://x.example/", "path": "abc"})
    assert (taken.status_code, "linkId" in taken.json()) == (409, False)
    rows = [{"originalURL": "https://x.example/", "path": "abc"}, {"originalURL": "https://example.com/", "path": "abc"}]
    outcomes = api.request("POST", "/links/bulk", key=key, json={"domain": "go.example", "links": rows}).json()
    assert [(outcome["status"], "linkId" in outcome) for outcome in outcomes] == [(409, False), (409, False)]
    own = api.request("POST", "/links", key=key, json=DRAFT).json()
    assert (own["duplicate"], own["id"] != subject["link_id"]) == (False, True)
