"""Every route of the application, with every kind of key that must not open it (contract a.2)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from litestar.routes import HTTPRoute

from linnet.actions.keys import new_key
from linnet.api.operations import OPERATIONS, Access, Operation
from linnet.model.access import KeyKind
from linnet.model.domain import Domain
from tests.api.conftest import Api
from tests.support.moments import NOON

# What answers without a key, by its handler. Whoever adds a route that is in no table of operations decides here that it may.
OPEN = {"live", "ready", "metrics", "openapi_json", "mcp_stream", "mcp_session"}
# What needs a key like an operation, and is none: it is tried for itself below.
PROTOCOLS = {"mcp"}
# What names no domain, and so answers any secret key, with what that key may see.
NAMES_NO_DOMAIN = {"listDomains", "listKeys", "listAudit", "getRegionsByCountry"}
# What answers links of others as it does links that nobody has: it does nothing, and says that it is done.
SKIPS_THE_UNKNOWN = {"deleteLinksBulk", "archiveLinksBulk", "unarchiveLinksBulk", "addTagsBulk", "generateQrCodesBulk"}
REFUSALS = {"access_denied", "domain_not_found", "link_not_found", "key_not_found", "folder_not_found", "invalid_field"}
URL = "https://example.com/"
QUERIES: dict[str, dict[str, Any]] = {
    "listLinks": {"domain_id": "DOMAIN_ID"},
    "expandLink": {"domain": "go.example", "path": "there"},
    "getLinkByOriginalUrl": {"domain": "go.example", "originalURL": URL},
    "getLinksByUrl": {"domain": "go.example", "originalURL": URL},
    "createLinkSimple": {"domain": "go.example", "originalURL": URL, "path": "new"},
    "getLinkClicks": {"ids": "LINK_ID"},
}
NEW_LINK = {"domain": "go.example", "originalURL": URL, "path": "new"}
PLACE = {"country": "US", "region": "CA", "originalURL": URL}
PERIOD = {"period": "last7"}
BODIES: dict[str, Any] = {
    "createLink": NEW_LINK,
    "createLinkPublic": NEW_LINK,
    "createLinksBulk": {"domain": "go.example", "links": [{"originalURL": URL, "path": "new"}]},
    "createExampleLinks": {"domain": "go.example"},
    "duplicateLink": {},
    "updateLink": {"title": "changed"},
    "deleteLinksBulk": {"link_ids": ["LINK_ID"]},
    "archiveLink": {"link_id": "LINK_ID"},
    "archiveLinksBulk": {"link_ids": ["LINK_ID"]},
    "unarchiveLink": {"link_id": "LINK_ID"},
    "unarchiveLinksBulk": {"link_ids": ["LINK_ID"]},
    "generateQrCode": {},
    "generateQrCodesBulk": {"linkIds": ["LINK_ID"], "type": "png", "useDomainSettings": True},
    "createLinkCountry": PLACE,
    "createLinkCountriesBulk": [PLACE],
    "createLinkRegion": PLACE,
    "createLinkRegionsBulk": [PLACE],
    "createDomain": {"hostname": "third.example"},
    "updateDomainSettings": {"cloaking": True},
    "verifyDomain": {},
    "restoreLink": {},
    "createFolder": {"domainId": "DOMAIN_ID", "name": "new"},
    "addTagsBulk": {"tag": "new", "links": ["LINK_ID"], "domainId": "DOMAIN_ID"},
    "addLinkPermission": {},
    "updateLinkOpengraph": [["title", "new"]],
    "updateLinkRules": [{"condition": {"country": ["DE"]}, "originalURL": URL}],
    "updateLinkVariants": [{"weight": 1}],
    "queryDomainStatistics": PERIOD,
    "getDomainClicksByInterval": PERIOD,
    "getDomainTop": PERIOD | {"column": "country"},
    "getDomainTopByInterval": PERIOD | {"column": "country"},
    "queryLinkClicks": {"pathsDates": [{"path": "/there", "createdAt": "2026-01-01T00:00:00Z"}]},
    "getLastClicks": {"limit": 10},
    "queryClicks": PERIOD | {"format": "ndjson"},
    "queryLinkStatistics": PERIOD,
    "getLinkClicksByInterval": PERIOD,
    "getLinkTop": PERIOD | {"column": "country"},
    "createKey": {"type": "secret", "domain": "go.example"},
}


@dataclass
class Case:
    """An installation with a link, and the keys to try it with."""

    api: Api
    link_id: str
    values: dict[str, str]

    def key(self, **fields: Any) -> str:
        """A key of the owner."""
        values = {"owner_id": self.api.installed.domain.owner_id, "kind": KeyKind.SECRET, "now": NOON} | fields
        with self.api.database.write() as work:
            return new_key(work, **values)[0]

    def ask(self, operation: Operation, raw_key: str | None) -> Any:
        """A call of the operation with everything that it needs, and this key."""
        path = re.sub(r"\{(\w+)\}", lambda found: self.values[found[1]], operation.path)
        query = self._filled(QUERIES.get(operation.name, {}))
        headers = {}
        if raw_key is not None and operation.access is Access.KEY_IN_QUERY:
            query["apiKey"] = raw_key
        elif raw_key is not None:
            headers["authorization"] = raw_key
        body = {"json": self._filled(BODIES[operation.name])} if operation.name in BODIES else {}
        return self.api.client.request(operation.method, path, params=query, headers=headers, **body)

    def noted(self) -> int:
        """How many things were done since the beginning."""
        owner = self.api.installed.domain.owner_id
        with self.api.database.read() as work:
            return len(work.audit.search(user_id=owner, domain_ids=(self.api.installed.domain.id,), limit=100))

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        return {"LINK_ID": self.link_id, "DOMAIN_ID": self.api.installed.domain.id}.get(value, value) if value != [] else value


@pytest.fixture
def case(api: Api) -> Case:
    link_id = api.created(path="there")["idString"]
    domain_id = str(api.installed.domain.id)
    with api.database.read() as work:
        key_id = str(work.keys.search(api.installed.domain.owner_id)[0].id)
    values = {"linkId": link_id, "link_id": link_id, "linkIdString": link_id, "domainId": domain_id, "keyId": key_id}
    values |= {
        "country": "US",
        "region": "CA",
        "userId": "1",
        "folderId": "f1",
        "hostname": "go.example",
        "address": "192.0.2.77",
    }
    api.add_folder("f1")
    return Case(api, link_id, values)


def shape_of(method: str, path: str) -> tuple[str, str]:
    """A route without the names that its parameters have here or there."""
    return method, re.sub(r"\{[^}]*\}", "{}", path)


BY_SHAPE = {shape_of(each.method, each.path): each for each in OPERATIONS}


def routes(case: Case) -> Iterator[tuple[Operation | None, str]]:
    """Operation and handler of everything that the application answers; OPTIONS is the framework's own."""
    for route in case.api.client.app.routes:
        assert isinstance(route, HTTPRoute), route
        for method, (handler, _) in route.route_handler_map.items():
            if method not in ("OPTIONS", "HEAD"):
                yield BY_SHAPE.get(shape_of(method, route.path)), handler.handler_name


def operations(case: Case) -> list[Operation]:
    """What the application answers and a key is needed for."""
    return [each for each, _ in routes(case) if each is not None and each.access is not Access.NOBODY]


def test_every_route_is_an_operation_or_known_to_be_open(case: Case):
    assert {name for operation, name in routes(case) if operation is None} <= OPEN | PROTOCOLS


def test_what_a_public_key_may_do_is_no_more_than_the_contract_says():
    assert {each.name for each in OPERATIONS if each.access is Access.ANY_KEY} == {"createLinkPublic", "expandLink"}
    assert {each.name for each in OPERATIONS if each.access is Access.NOBODY} <= {"getQrCodeImage"}


def test_no_route_that_needs_a_body_is_asked_without_one(case: Case):
    without_a_body = {each.name for each in operations(case) if each.method in ("POST", "PUT") and each.name not in BODIES}
    assert without_a_body == set()


def test_without_a_valid_raw_key_every_operation_is_unauthorized(case: Case):
    owner_id = case.api.installed.domain.owner_id
    revoked = case.key()
    with case.api.database.write() as work:
        work.keys.revoke(max(key.id for key in work.keys.search(owner_id)), NOON)
    keys = {
        "none": None,
        "empty": "",
        "unknown": "sk_" + "a" * 43,
        "Bearer": f"Bearer {case.api.installed.secret_key}",
        "Basic": "Basic b3duZXI6MTIzNDU2Nzg=",
        "expired": case.key(expires_at=NOON + timedelta(seconds=1)),
        "revoked": revoked,
    }
    before = case.noted()
    answers = {(each.name, kind): case.ask(each, key) for each in operations(case) for kind, key in keys.items()}
    assert {where: answer.status_code for where, answer in answers.items() if answer.status_code != 401} == {}
    assert all(answer.json()["error"] == "Unauthorized" for answer in answers.values())
    assert case.noted() == before


def test_assistants_need_a_secret_key_which_may_stand_behind_the_word_bearer(case: Case):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accepted = {"accept": "application/json, text/event-stream"}
    secret, public = case.api.installed.secret_key, case.api.installed.public_key
    expected = {secret: 200, f"Bearer {secret}": 200, f"bearer  {secret}": 200, f"Basic {secret}": 401, "Bearer": 401, "": 401}
    expected |= {public: 403, f"Bearer {public}": 403, case.key(expires_at=NOON): 401, f"Bearer Bearer {secret}": 401}
    for key, status in expected.items():
        answer = case.api.client.post("/mcp", json=message, headers=accepted | {"authorization": key})
        assert answer.status_code == status, (key, answer.text)


def test_a_public_key_creates_and_expands_links_and_nothing_else(case: Case):
    before = case.noted()
    statuses = {each: case.ask(each, case.api.installed.public_key).status_code for each in operations(case)}
    open_to_it = {each.name for each, status in statuses.items() if status != 403}
    assert open_to_it == {each.name for each in statuses if each.access is Access.ANY_KEY}
    assert all(status == 200 for each, status in statuses.items() if each.name in open_to_it)
    assert case.noted() - before == sum(each.name == "createLinkPublic" for each in statuses)


def test_a_key_of_another_domain_opens_no_operation_on_this_one(case: Case):
    owner_id = case.api.installed.domain.owner_id
    with case.api.database.write() as work:
        draft = Domain(id=0, hostname="second.example", owner_id=owner_id, created_at=NOON, updated_at=NOON)
        second = work.domains.add(draft)
    key = case.key(domain_id=second.id)
    before = case.noted()
    wrong = {}
    for operation in operations(case):
        answer = case.ask(operation, key)
        if operation.name in NAMES_NO_DOMAIN:
            right = answer.status_code == 200 and "go.example" not in answer.text and case.link_id not in answer.text
        elif operation.name in SKIPS_THE_UNKNOWN and answer.status_code < 300:
            right = True
        else:
            right = answer.status_code in (403, 404) and answer.json()["code"] in REFUSALS
        if not right:
            wrong[operation.name] = (answer.status_code, answer.text)
    assert wrong == {}
    assert case.noted() == before


def test_a_key_of_another_owner_opens_no_operation_on_this_domain(case: Case):
    key, _ = case.api.other_owner()
    before = case.noted()
    wrong = {}
    for operation in operations(case):
        answer = case.ask(operation, key)
        if operation.name in NAMES_NO_DOMAIN | {"createDomain"}:
            right = answer.status_code == 200 and "go.example" not in answer.text and case.link_id not in answer.text
        elif operation.name in SKIPS_THE_UNKNOWN and answer.status_code < 300:
            right = True
        else:
            right = answer.status_code in (403, 404) and answer.json()["code"] in REFUSALS
        if not right:
            wrong[operation.name] = (answer.status_code, answer.text)
    assert wrong == {}
    assert case.noted() == before
