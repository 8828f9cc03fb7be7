"""QR codes of links, judged by a reader, at the API."""

import base64
import io
import re
import zipfile
from typing import Any

import pytest
from sqlalchemy import update

from linnet.storage.tables import domains
from tests.api.conftest import Api
from tests.network.sites import respond, site
from tests.support.codes import picture, raster, read_code

RED_LOGO = "data:image/png;base64," + base64.b64encode(picture(color="red")).decode()


def draw(api: Api, link: dict[str, Any], body: Any = None, *, accept: str | None = None, key: str | None = None) -> Any:
    headers = {"accept": accept} if accept is not None else {"accept": "*/*"}
    options = {"content": b""} if body is None else {"json": body}
    return api.request("POST", f"/links/qr/{link['idString']}", headers=headers, key=key, **options)


def colors(data: bytes) -> set[Any]:
    return {color for _, color in raster(data).getcolors()}


def style_domain(api: Api, text: str) -> None:
    with api.database.write() as work:
        work.connection.execute(update(domains).values(qr_style=text))


@pytest.mark.parametrize("body", [None, {}, {"useDomainSettings": True}, {"color": None, "size": None, "type": None}])
@pytest.mark.parametrize("accept", ["*/*", "image/*", "", "text/html,application/xhtml+xml,*/*;q=0.8"])
def test_a_code_leads_to_the_short_url(api: Api, body: Any, accept: str):
    link = api.created(path="summer")
    answer = draw(api, link, body, accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert read_code(answer.content) == link["shortURL"] + "?_qr" == "http://go.example:8000/summer?_qr"


@pytest.mark.parametrize("body", [{"type": "svg"}, {"format": "SVG"}, {"type": "svg", "format": "png"}])
def test_type_and_its_alias_choose_the_format(api: Api, body: Any):
    link = api.created()
    answer = draw(api, link, body)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert read_code(answer.content) == link["shortURL"] + "?_qr"


@pytest.mark.parametrize(
    ("accept", "body", "expected"),
    [
        ("image/svg+xml", {}, "image/svg+xml"),
        ("image/png", {}, "image/png"),
        ("image/svg+xml", {"type": "png"}, "image/png"),
        ("image/svg+xml;q=0.5, image/png", {}, "image/png"),
        ("application/json", {}, "application/json"),
        ("application/json, text/plain, */*", {}, "application/json"),
        ("application/json;q=0.1, image/*", {}, "image/png"),
        ("application/json;q=0", {}, "image/png"),
        ("application/json;q=nonsense", {}, "image/png"),
    ],
)
def test_accept_decides_between_the_image_and_its_address(api: Api, accept: str, body: Any, expected: str):
    answer = draw(api, api.created(), body, accept=accept)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, expected)


def test_json_gives_the_address_of_an_image_that_everybody_can_see(api: Api):
    link = api.created(path="summer")
    address = f"/qr-code-link/go.example/{link['idString']}"
    before = api.client.get(address)
    assert (before.status_code, before.json()["code"]) == (403, "qr_code_not_drawn")

    answer = draw(api, link, accept="application/json")
    assert answer.json() == {"url": f"http://testserver.local{address}"}
    image = api.client.get(address)
    assert (image.status_code, image.headers["content-type"]) == (200, "image/png")
    assert read_code(image.content) == link["shortURL"] + "?_qr"
    assert image.headers["cache-control"].startswith("public, max-age=")
    again = api.client.get(address, headers={"if-none-match": image.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_public_image_is_the_one_that_was_generated_last(api: Api):
    link = api.created()
    address = f"/qr-code-link/go.example/{link['idString']}"
    drawn = draw(api, link, {"useDomainSettings": False, "color": "8b0000", "size": 3}).content
    assert api.client.get(address).content == drawn
    svg = draw(api, link, {"type": "svg"})
    image = api.client.get(address)
    assert (image.content, image.headers["content-type"]) == (svg.content, "image/svg+xml")
    assert "sandbox" in image.headers["content-security-policy"]


def test_the_public_image_is_gone_with_its_link(api: Api):
    link = api.created()
    address = f"/qr-code-link/go.example/{link['idString']}"
    draw(api, link)
    assert api.client.get(address.replace("/lnk_", "/link_")).status_code == 200
    assert api.client.get(f"/qr-code-link/other.example/{link['idString']}").status_code == 404
    assert api.client.get("/qr-code-link/go.example/lnk_1_nothing").status_code == 404
    assert api.request("DELETE", f"/links/{link['idString']}").status_code == 200
    assert api.client.get(address).status_code == 404


def test_colours_count_only_without_the_domains_settings(api: Api):
    link = api.created()
    wanted = {"color": "00008B", "backgroundColor": "FFFACD80"}
    assert colors(draw(api, link, wanted).content) == {(0, 0, 0, 255), (255, 255, 255, 255)}
    assert colors(draw(api, link, wanted | {"useDomainSettings": False}).content) == {
        (0, 0, 0x8B, 255),
        (255, 0xFA, 0xCD, 0x80),
    }


def test_the_domains_style_is_taken_unless_the_folder_has_its_own(api: Api):
    api.add_folder("styled", color="006400")
    api.add_folder("plain")
    style_domain(api, '{"color": "8B0000", "size": 4, "type": "svg"}')
    alone, in_plain = api.created(path="alone"), api.created(path="plain", folderId="plain")
    in_styled = api.created(path="styled", folderId="styled")
    for link in (alone, in_plain):
        answer = draw(api, link)
        assert answer.headers["content-type"] == "image/svg+xml"
        assert (0x8B, 0, 0, 255) in colors(answer.content)
    answer = draw(api, in_styled)
    assert answer.headers["content-type"] == "image/png"
    assert colors(answer.content) == {(0, 0x64, 0, 255), (255, 255, 255, 255)}
    assert colors(draw(api, alone, {"useDomainSettings": False, "type": "png"}).content) == {(0, 0, 0, 255), (255,) * 4}
    assert raster(draw(api, alone, {"type": "png", "size": 2}).content).width == (29 + 8) * 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"size": 0}, "size"),
        ({"size": 100}, "size"),
        ({"size": 300, "format": "png"}, "size"),
        ({"size": -5}, "size"),
        ({"size": "large"}, "size"),
        ({"size": 1.5}, "size"),
        ({"size": 10**30}, "size"),
        ({"type": "gif"}, "type"),
        ({"type": 7}, "type"),
        ({"color": "#000000"}, "color"),
        ({"color": "black"}, "color"),
        ({"backgroundColor": "fffff", "useDomainSettings": False}, "backgroundColor"),
        ({"backgroundColor": "000000", "useDomainSettings": False}, "color"),
        ({"useDomainSettings": "perhaps"}, "useDomainSettings"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_its_field(api: Api, body: dict[str, Any], field: str):
    link = api.created()
    answer = draw(api, link, body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["field"] == field
    assert answer.json()["error"] == answer.json()["message"]
    assert api.client.get(f"/qr-code-link/go.example/{link['idString']}").status_code == 403


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "false", "{", "[1]"])
def test_a_body_that_is_no_object_is_refused(api: Api, body: str):
    link = api.created()
    assert api.request("POST", f"/links/qr/{link['idString']}", content=body.encode()).status_code == 400
    assert api.request("POST", f"/links/qr/{link['idString']}", content=b"null").status_code == 200


@pytest.mark.parametrize("link_id", ["lnk_1_unknown", "unknown", "0", "99", "lnk_", "%00", "9" * 30])
def test_an_unknown_link_is_not_found(api: Api, link_id: str):
    assert api.request("POST", f"/links/qr/{link_id}", json={}).status_code == 404


def test_a_link_of_somebody_else_is_not_found(api: Api):
    link = api.created()
    stranger, _ = api.other_owner()
    assert draw(api, link, key=stranger).status_code == 404
    assert bulk(api, [link["idString"]], key=stranger).status_code == 404
    assert draw(api, link, key="sk_wrong").status_code == 401


def test_a_logo_of_the_folder_is_drawn_and_can_be_read_over(api: Api):
    api.add_folder("logo", logo_url=RED_LOGO, logo_width=4000, logo_height=25)
    link = api.created(folderId="logo")
    for image_type in ("png", "svg"):
        data = draw(api, link, {"type": image_type}).content
        assert (255, 0, 0, 255) in colors(data)
        assert read_code(data) == link["shortURL"] + "?_qr"


def test_a_logo_is_fetched_once_and_left_out_when_it_cannot_be(api: Api):
    with site(lambda handler: respond(handler, picture(color="red"))) as server:
        api.add_folder("near", logo_url=server.url("/logo.png"))
        api.add_folder("private", logo_url=f"http://127.0.0.2:{server.port}/logo.png")
        link, plain = api.created(path="near", folderId="near"), api.created(path="private", folderId="private")
        for _ in range(3):
            assert (255, 0, 0, 255) in colors(draw(api, link).content)
        assert len(server.seen) == 1
        answer = draw(api, plain)
    assert read_code(answer.content) == plain["shortURL"] + "?_qr"
    assert colors(answer.content) == {(0, 0, 0, 255), (255, 255, 255, 255)}


def bulk(api: Api, link_ids: Any, *, key: str | None = None, **fields: Any) -> Any:
    body = {"linkIds": link_ids, "type": "png", "useDomainSettings": True} | fields
    return api.request("POST", "/links/qr/bulk", json=body, key=key)


def files(answer: Any) -> dict[str, bytes]:
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("image_type", ["png", "svg"])
def test_many_codes_come_as_a_zip(api: Api, image_type: str):
    made = [api.created(path=path) for path in ("one", "two", "two/three")]
    ids = [link["idString"] for link in made]
    answer = bulk(api, ids, type=image_type)
    found = files(answer)
    assert list(found) == [f"go.example-{name}.{image_type}" for name in ("one", "two", "two-three")]
    assert {read_code(data) for data in found.values()} == {link["shortURL"] + "?_qr" for link in made}
    assert bulk(api, ids, type=image_type).content == answer.content
    assert bulk(api, [*reversed(ids), *ids], type=image_type).content == answer.content


def test_the_readmes_spellings_and_legacy_numbers_are_taken(api: Api):
    link = api.created(path="one")
    body = {"links": [link["idString"], 1], "format": "svg"}
    answer = api.request("POST", "/links/qr/bulk", json=body)
    assert list(files(answer)) == ["go.example-one.svg"]
    assert list(files(bulk(api, [link["idString"].replace("lnk_", "link_")]))) == ["go.example-one.png"]


@pytest.mark.parametrize("path", ["", "a/..b", "C:\\x", "日本", "a b", "x" * 300, "con", "*", "a/*", ".htaccess", "a\u202eb"])
def test_file_names_are_safe_whatever_the_path_is(api: Api, path: str):
    link = api.created(path=path)
    (name,) = files(bulk(api, [link["idString"]]))
    assert re.fullmatch(r"go\.example[A-Za-z0-9._-]*\.png", name)
    assert len(name) < 100


def test_file_names_are_unique_in_any_case(api: Api):
    made = [api.created(path=path) for path in ("a-b", "a/b", "a$b")]
    assert len({name.lower() for name in files(bulk(api, [link["idString"] for link in made]))}) == 3


def test_style_of_many_codes(api: Api):
    style_domain(api, '{"logoUrl": "' + RED_LOGO + '"}')
    link = api.created()
    (cleared,) = files(bulk(api, [link["idString"]])).values()
    (kept,) = files(bulk(api, [link["idString"]], noExcavate=True)).values()
    assert cleared != kept
    assert read_code(cleared) == read_code(kept) == link["shortURL"] + "?_qr"
    (own,) = files(bulk(api, [link["idString"]], useDomainSettings=False, color="00008B", size=2)).values()
    assert colors(own) == {(0, 0, 0x8B, 255), (255, 255, 255, 255)}
    assert api.client.get(f"/qr-code-link/go.example/{link['idString']}").status_code == 403


@pytest.mark.parametrize(
    ("link_ids", "status"),
    [
        ([], 400),
        (None, 400),
        ("lnk_1_a", 400),
        (["nonsense"], 400),
        (["lnk_1_a/../b"], 400),
        ([None], 400),
        (["lnk_1_unknown"], 404),
        (["999"], 404),
        (["lnk_1_unknown"] * 151, 400),
    ],
)
def test_ids_that_cannot_be_are_refused(api: Api, link_ids: Any, status: int):
    answer = bulk(api, link_ids)
    assert answer.status_code == status, answer.text


def test_one_unknown_link_spoils_the_file_and_is_named(api: Api):
    link = api.created()
    answer = bulk(api, [link["idString"], "lnk_1_unknown"])
    assert answer.status_code == 404
    assert "lnk_1_unknown" in answer.json()["message"]


def test_the_links_have_to_be_in_the_domain_that_is_named(api: Api):
    link = api.created()
    domain_id = api.installed.domain.id
    assert bulk(api, [link["idString"]], domainId=str(domain_id)).status_code == 201
    refused = bulk(api, [link["idString"]], domainId=domain_id + 1)
    assert refused.status_code == 404
    assert link["idString"] in refused.json()["message"]
