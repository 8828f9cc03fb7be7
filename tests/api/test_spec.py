"""The OpenAPI document says what the server does, completely, and shows examples that are true."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import jsonschema
import msgspec
import pytest
import schemathesis

from linnet.api import domain_wire, grouping_wire, keys_wire, qr, statistics_shapes, wire
from linnet.api.errors import STATUS
from linnet.api.front import is_api
from linnet.api.operations import BY_NAME, OPERATIONS, Access, operation_of
from linnet.api.spec.document import openapi_document
from linnet.model import domain_settings
from linnet.qr.style import QrStyle, style_json
from tests.api.conftest import Api

# Other spellings of fields, which are taken from clients and told to nobody.
ALIASES = {"FolderId", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"}
# What refusals are called, and what is not expected to happen.
CODES = {refusal.code for refusal in STATUS} | {"internal_error"}
DOCUMENT = openapi_document()
NAMES = [operation.name for operation in OPERATIONS]


def described(name: str) -> dict[str, Any]:
    operation = BY_NAME[name]
    found: dict[str, Any] = DOCUMENT["paths"][operation.path][operation.method.lower()]
    return found


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """``part``, or what it refers to."""
    if "$ref" not in part:
        return part
    found: Any = DOCUMENT
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    result: dict[str, Any] = found
    return result


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    whole = schema | {"components": DOCUMENT["components"]}
    return jsonschema.Draft202012Validator(whole, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def media_of(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Where, the media type, and what is said of it, for the body and every response of an operation."""
    operation = described(name)
    if "requestBody" in operation:
        for media_type, media in operation["requestBody"]["content"].items():
            yield "body", media_type, media
    for status, answer in operation["responses"].items():
        for media_type, media in resolved(answer).get("content", {}).items():
            yield status, media_type, media


def schemas_within(part: Any) -> Iterator[dict[str, Any]]:
    """Every schema in a part of the document that shows examples."""
    if isinstance(part, dict):
        if isinstance(part.get("examples"), list):
            yield part
        for key, value in part.items():
            if key not in ("examples", "example", "enum", "const"):
                yield from schemas_within(value)
    elif isinstance(part, list):
        for value in part:
            yield from schemas_within(value)


def test_the_document_and_the_table_name_the_same_operations():
    in_document = {
        (each["operationId"], method.upper(), path) for path, item in DOCUMENT["paths"].items() for method, each in item.items()
    }
    assert in_document == {(each.name, each.method, each.path) for each in OPERATIONS}


def test_every_route_of_the_api_is_an_operation_and_every_operation_a_route(api: Api):
    served = {}
    for route in api.client.app.routes:
        for handler in getattr(route, "route_handlers", ()):
            operation = operation_of(handler.handler_name.rpartition(".")[2])
            if operation is not None:
                path = re.sub(r"\{.*?\}", "{}", route.path)
                served[operation.name] = {(method, path) for method in handler.http_methods if method != "HEAD"}
            elif handler.http_methods != {"OPTIONS"}:
                assert not is_api(route.path) or route.path in ("/openapi.json", "/mcp"), f"{route.path} is not in the document"
    wanted = {each.name: {(each.method, re.sub(r"\{.*?\}", "{}", each.path))} for each in OPERATIONS}
    assert served == wanted


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_is_explained(name: str):
    operation = described(name)
    assert 5 < len(operation["summary"]) < 60
    assert not operation["summary"].endswith(".")
    assert len(operation["description"]) > 30
    assert operation["description"].rstrip()[-1] in ".:"
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}
    for parameter in operation.get("parameters", ()):
        assert parameter["description"], parameter["name"]
    for status, answer in operation["responses"].items():
        assert resolved(answer)["description"], status


@pytest.mark.parametrize("name", NAMES)
def test_every_body_and_response_has_examples_that_fit(name: str):
    for place, media_type, media in media_of(name):
        if media["schema"].get("format") == "binary":
            continue
        assert media["examples"], f"{place} {media_type}"
        for title, example in media["examples"].items():
            problems = [error.message for error in validator(media["schema"]).iter_errors(example["value"])]
            assert problems == [], f"{place} {title}"


@pytest.mark.parametrize("name", NAMES)
def test_every_required_parameter_has_an_example_that_fits(name: str):
    for parameter in described(name).get("parameters", ()):
        assert not parameter["required"] or "example" in parameter, parameter["name"]
        if "example" in parameter:
            validator(parameter["schema"]).validate(parameter["example"])


def test_examples_of_single_values_fit():
    found = list(schemas_within(DOCUMENT))
    assert len(found) > 200
    for schema in found:
        for example in schema["examples"]:
            validator(schema).validate(example)


@pytest.mark.parametrize("name", NAMES)
def test_every_path_parameter_is_described(name: str):
    operation = BY_NAME[name]
    described_ones = [each["name"] for each in described(name).get("parameters", ()) if each["in"] == "path"]
    assert described_ones == re.findall(r"\{(\w+)\}", operation.path)


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_tells_how_it_refuses(name: str):
    operation, told = BY_NAME[name], described(name)["responses"]
    assert set(map(str, operation.errors)) <= set(told)
    assert {"429", "503"} <= set(told)
    assert ("401" in told) is (operation.access is not Access.NOBODY)
    assert ("413" in told) is (operation.method != "GET")
    refusals = {status: resolved(answer) for status, answer in told.items() if status >= "400"}
    for status, answer in refusals.items():
        media = answer["content"]["application/json"]
        assert media["schema"] == {"$ref": "#/components/schemas/Error"}
        example = media["examples"]["refused"]["value"]
        assert example["code"] in CODES
        assert example["statusCode"] == int(status)
        if operation.error_is_message and status not in ("401", "429"):
            assert example["error"] == example["message"]
    assert {"Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} == set(refusals["429"]["headers"])
    assert "Retry-After" in refusals["503"]["headers"]


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_tells_which_key_it_takes(name: str):
    security = described(name)["security"]
    schemes = DOCUMENT["components"]["securitySchemes"]
    places = [(schemes[scheme]["in"], schemes[scheme]["name"]) for each in security for scheme in each]
    in_header = BY_NAME[name].access in (Access.SECRET_KEY, Access.ANY_KEY)
    assert places == ([("header", "Authorization")] if in_header else [])
    required = {(each["in"], each["name"]) for each in described(name).get("parameters", ()) if each["required"]}
    assert (("query", "apiKey") in required) is (BY_NAME[name].access is Access.KEY_IN_QUERY)


def test_settings_are_those_that_the_server_reads():
    settings = resolved(described("updateDomainSettings")["requestBody"]["content"]["application/json"]["schema"])["properties"]
    assert set(settings) == set(domain_settings._SETTINGS) | {"teamId", "qr", "visitorAddresses"}
    assert set(DOCUMENT["components"]["schemas"]["QrStyle"]["properties"]) == set(style_json(QrStyle()))


@pytest.mark.parametrize(
    ("name", "struct", "aliases"),
    [
        ("createLinksBulk", wire.BulkCreate, set()),
        ("createExampleLinks", wire.LinkExamples, set()),
        ("duplicateLink", wire.LinkDuplicate, set()),
        ("archiveLink", wire.LinkChosen, set()),
        ("archiveLinksBulk", wire.LinksChosen, {"links"}),
        ("deleteLinksBulk", wire.LinksChosen, {"links", "domain_id"}),
        ("createDomain", domain_wire.DomainCreate, set()),
        ("createLinkCountry", grouping_wire.CountryWrite, {"url"}),
        ("createLinkRegion", grouping_wire.RegionWrite, {"url"}),
        ("createFolder", grouping_wire.FolderCreate, set()),
        ("addTagsBulk", grouping_wire.TagsBulk, {"links"}),
        ("createKey", keys_wire.KeyCreate, set()),
        ("generateQrCode", qr.QrDraw, {"format"}),
        ("generateQrCodesBulk", qr.QrDrawBulk, {"format", "links"}),
    ],
)
def test_bodies_of_operations_have_the_fields_that_the_server_reads(name: str, struct: type[msgspec.Struct], aliases: set[str]):
    body = resolved(described(name)["requestBody"]["content"]["application/json"]["schema"])
    assert set(body["properties"]) == {field.encode_name for field in msgspec.structs.fields(struct)} - aliases


@pytest.mark.parametrize(
    ("schema", "struct"),
    [
        ("LinkCreate", wire.LinkCreate),
        ("LinkCreatePublic", wire.LinkCreatePublic),
        ("LinkUpdate", wire.LinkWrite),
        ("BulkLink", wire.BulkLink),
    ],
)
def test_bodies_have_the_fields_that_the_server_reads(schema: str, struct: type[msgspec.Struct]):
    body = DOCUMENT["components"]["schemas"][schema]
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    assert set(body["properties"]) == set(fields) - ALIASES
    required = {name for name, field in fields.items() if field.required}
    assert required <= set(body.get("required", ()))


@pytest.mark.parametrize("shape", ["DomainStatistics", "LinkStatistics", "TopRow", "LastClick"])
def test_statistics_have_the_fields_that_the_server_writes(shape: str):
    written = getattr(statistics_shapes, shape)
    schema = DOCUMENT["components"]["schemas"]["Click" if shape == "LastClick" else shape]
    assert set(schema["properties"]) == set(get_type_hints(written))
    assert set(schema["required"]) == written.__required_keys__
    for name, hint in get_type_hints(written).items():
        rows = get_args(hint) if get_origin(hint) is list else ()
        for row in rows:
            if is_typeddict(row):
                assert set(schema["properties"][name]["items"]["required"]) == set(get_type_hints(row))


def assert_fits(name: str, answer: Any) -> None:
    """An answer of the server is one that the document describes."""
    media = resolved(described(name)["responses"][str(answer.status_code)])["content"]
    media_type = answer.headers["content-type"].partition(";")[0]
    value = answer.json() if media_type == "application/json" else answer.text
    problems = [f"{error.json_path}: {error.message}" for error in validator(media[media_type]["schema"]).iter_errors(value)]
    assert problems == [], f"{name}: {value}"


def test_what_the_server_answers_about_links_fits_the_document(api: Api):
    times = {"expiresAt": 1893456000000, "ttl": "2031-01-01T00:00:00Z"}
    everything = {"title": "Title", "tags": ["a"], "redirectType": 301, "utmSource": "poster", "password": "secret", **times}
    created = api.created(path="abc", **everything)
    link_id, query = created["id"], {"domain": "go.example", "originalURL": created["originalURL"]}
    chosen = {"link_ids": [link_id, "lnk_1_unknown"]}
    rows = [{"originalURL": "https://example.com/"}, {"originalURL": "nonsense"}]
    public = {"domain": "go.example", "originalURL": "https://example.com/public", **everything}
    simple = query | {"apiKey": api.installed.secret_key}
    for name, method, path, options in [
        ("createLink", "POST", "/links", {"json": {"domain": "go.example", "originalURL": "https://example.com/2"}}),
        (
            "createLink",
            "POST",
            "/links",
            {"json": {"domain": "go.example", "originalURL": "https://example.com/", "path": "abc"}},
        ),
        ("getLink", "GET", f"/links/{link_id}", {}),
        ("getLink", "GET", "/links/lnk_1_unknown", {}),
        ("listLinks", "GET", "/api/links", {"params": {"domain_id": created["DomainId"], "limit": 1}}),
        ("expandLink", "GET", "/links/expand", {"params": {"domain": "go.example", "path": "abc"}}),
        ("getLinkByOriginalUrl", "GET", "/links/by-original-url", {"params": query}),
        ("getLinksByUrl", "GET", "/links/multiple-by-url", {"params": query}),
        ("updateLink", "POST", f"/links/{link_id}", {"json": {"title": None, "password": "other"}}),
        ("updateLink", "POST", f"/links/{link_id}", {"json": {"clicksLimit": 0}}),
        ("createLinkPublic", "POST", "/links/public", {"json": public}),
        ("createLinkSimple", "GET", "/links/tweetbot", {"params": simple}),
        ("createLinkSimple", "GET", "/links/tweetbot", {"params": simple | {"urlOnly": "1"}}),
        ("createLinksBulk", "POST", "/links/bulk", {"json": {"domain": "go.example", "links": rows}}),
        ("createExampleLinks", "POST", "/links/examples", {"json": {"domain": "go.example"}}),
        ("duplicateLink", "POST", f"/links/duplicate/{link_id}", {}),
        ("archiveLink", "POST", "/links/archive", {"json": {"link_id": link_id}}),
        ("archiveLinksBulk", "POST", "/links/archive_bulk", {"json": chosen}),
        ("unarchiveLink", "POST", "/links/unarchive", {"json": {"link_id": link_id}}),
        ("unarchiveLinksBulk", "POST", "/links/unarchive_bulk", {"json": chosen}),
        ("deleteLink", "DELETE", f"/links/{link_id}", {}),
        ("deleteLinksBulk", "DELETE", "/links/delete_bulk", {"json": chosen}),
    ]:
        assert_fits(name, api.request(method, path, **options))


def test_what_the_server_answers_about_domains_fits_the_document(api: Api):
    domain_id = api.created()["DomainId"]
    settings = f"/domains/settings/{domain_id}"
    for name, method, path, options in [
        ("updateDomainSettings", "POST", settings, {"json": {"qr": {"color": "000000"}, "ipExclusions": ["192.0.2.1"]}}),
        ("updateDomainSettings", "POST", settings, {"json": {"qr": {"color": "black"}}}),
        ("listDomains", "GET", "/api/domains", {}),
        ("getDomain", "GET", f"/domains/{domain_id}", {}),
        ("getDomain", "GET", "/domains/999", {}),
        ("createDomain", "POST", "/domains", {"json": {"hostname": "new.example"}}),
        ("createDomain", "POST", "/domains", {"json": {"hostname": "new.example"}}),
        ("verifyDomain", "POST", f"/domains/verify/{domain_id}", {}),
    ]:
        assert_fits(name, api.request(method, path, **options))


def test_what_the_server_answers_about_the_rest_fits_the_document(api: Api):
    created = api.created()
    link_id, domain_id = created["id"], created["DomainId"]
    country, region = f"/link_country/{link_id}", f"/link_region/{link_id}"
    rules, variants = f"/link_rules/{link_id}", f"/link_variants/{link_id}"
    of_link = f"permissions/{domain_id}/{link_id}"
    opengraph = f"/links/opengraph/{domain_id}/{link_id}"
    germany = {"country": "DE", "originalURL": "https://example.com/de"}
    california = {"country": "US", "region": "CA", "originalURL": "https://example.com/ca"}
    folder = {"domainId": domain_id, "name": "Spring", "utmSource": "poster", "redirectType": 301, "expiresAtDays": 3}
    for name, method, path, options in [
        ("createLinkCountry", "POST", country, {"json": germany}),
        ("createLinkCountriesBulk", "POST", f"/link_country/bulk/{link_id}", {"json": [germany]}),
        ("createLinkCountriesBulk", "POST", f"/link_country/bulk/{link_id}", {"json": {}}),
        ("getLinkCountries", "GET", country, {}),
        ("deleteLinkCountry", "DELETE", f"{country}/DE", {}),
        ("deleteLinkCountry", "DELETE", f"{country}/DE", {}),
        ("createLinkRegion", "POST", region, {"json": california}),
        ("createLinkRegionsBulk", "POST", f"/link_region/bulk/{link_id}", {"json": [california]}),
        ("getLinkRegions", "GET", region, {}),
        ("getRegionsByCountry", "GET", "/link_region/list/US", {}),
        ("deleteLinkRegion", "DELETE", f"{region}/US/CA", {}),
        ("createFolder", "POST", "/links/folders", {"json": folder}),
        ("createFolder", "POST", "/links/folders", {"json": folder | {"color": "red"}}),
        ("listFolders", "GET", f"/links/folders/{domain_id}", {}),
        ("getFolder", "GET", f"/links/folders/{domain_id}/unknown", {}),
        ("addTagsBulk", "POST", "/tags/bulk", {"json": {"tag": "spring", "link_ids": [link_id]}}),
        ("listTags", "GET", f"/tags/{domain_id}", {}),
        ("getLinkPermissions", "GET", f"/links/{of_link}", {}),
        ("addLinkPermission", "POST", f"/links/{of_link}/999", {}),
        ("deleteLinkPermission", "DELETE", f"/links/{of_link}/999", {}),
        ("updateLinkOpengraph", "PUT", opengraph, {"json": [["title", "Spring"]]}),
        ("getLinkOpengraph", "GET", opengraph, {}),
        ("updateLinkRules", "PUT", rules, {"json": [{"condition": {"language": ["de"]}, "originalURL": "https://x.example/"}]}),
        ("updateLinkRules", "PUT", rules, {"json": [{"condition": {}}]}),
        ("getLinkRules", "GET", rules, {}),
        ("updateLinkVariants", "PUT", variants, {"json": [{"weight": 1}, {"weight": 2, "originalURL": "https://x.example/"}]}),
        ("getLinkVariants", "GET", variants, {}),
        ("createKey", "POST", "/api/keys", {"json": {"type": "public", "domainId": domain_id}}),
        ("listKeys", "GET", "/api/keys", {}),
        ("revokeKey", "DELETE", "/api/keys/999", {}),
        ("listAudit", "GET", "/audit", {}),
    ]:
        assert_fits(name, api.request(method, path, **options))
    folder_id = api.request("GET", f"/links/folders/{domain_id}").json()["linkFolders"][0]["id"]
    assert_fits("getFolder", api.request("GET", f"/links/folders/{domain_id}/{folder_id}"))


def test_the_document_is_served_without_a_key_and_once(api: Api):
    first = api.client.get("/openapi.json")
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/json"
    assert first.headers["content-encoding"] == "gzip"
    assert first.json() == json.loads(json.dumps(DOCUMENT))
    again = api.client.get("/openapi.json", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = api.client.get("/openapi.json", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == first.json()


def test_other_tools_understand_the_document():
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(DOCUMENT)))
    schema.validate()
    assert schema.statistic.operations.total == len(OPERATIONS)
