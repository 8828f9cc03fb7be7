"""QR codes with the official client, and by the address that it gets."""

import base64
import io
import zipfile

from tests.support.codes import read_code
from tests.support.official import OfficialClient
from tests.support.server import Server


def test_a_code_is_an_image_that_leads_to_the_link(server: Server, client: OfficialClient):
    link = server.create("printed")
    path = {"linkIdString": link["idString"]}
    for kind, media_type in (("png", "image/png"), ("svg", "image/svg+xml")):
        blob = client.ask("generateQrCode", path=path, body={"type": kind, "size": 5, "useDomainSettings": True})
        assert blob["type"] == media_type
        assert read_code(base64.b64decode(blob["base64"])) == link["shortURL"] + "?_qr"
    assert server.visit("/printed").status == 302


def test_the_address_of_a_code_shows_it_to_everybody(server: Server, client: OfficialClient):
    link = server.create("public")
    target = f"/qr-code-link/{server.domain}/{link['idString']}"
    assert server.request("GET", target).status == 403
    headers = {"accept": "application/json"}
    body = {"useDomainSettings": False, "color": "8B0000"}
    found = client.ask("generateQrCode", path={"linkIdString": link["idString"]}, headers=headers, body=body)
    assert found == {"url": f"{server.base_url}{target}"}
    answer = server.request("GET", target)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert read_code(answer.body) == link["shortURL"] + "?_qr"


def test_many_codes_come_as_one_file(server: Server, client: OfficialClient):
    links = [server.create(path) for path in ("zip-one", "zip-two")]
    body = {"linkIds": [link["idString"] for link in links], "type": "png", "useDomainSettings": True, "noExcavate": True}
    blob = client.ask("generateQrCodesBulk", status=201, body=body)
    assert blob["type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(blob["base64"]))) as archive:
        assert archive.namelist() == [f"{server.domain}-{link['path']}.png" for link in links]
        assert [read_code(archive.read(name)) for name in archive.namelist()] == [link["shortURL"] + "?_qr" for link in links]
