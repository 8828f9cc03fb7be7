"""The API reference in a browser: complete, of use, and on its own."""

import pytest

from linnet.api.operations import OPERATIONS, Access, Operation
from linnet.api.spec.document import openapi_document
from tests.reference.conftest import Reader
from tests.support.server import Server

# How the reference spells a language and its library, and how its code names the method POST.
CODE = {
    "shell/curl": ("Shell Curl", "--request POST"),
    "python/requests": ("Python Requests", "requests.post("),
    "node/fetch": ("Node.js Fetch", "method: 'POST'"),
    "ruby/native": ("Ruby net::http", "Net::HTTP::Post"),
    "php/curl": ("PHP cURL", "CURLOPT_POST"),
    "go/native": ("Go NewRequest", '"POST"'),
    "java/nethttp": ("Java java.net.http", "POST"),
    "csharp/restsharp": ("C# RestSharp", "Method.Post"),
}


def test_every_operation_is_listed(reader: Reader):
    listed = reader.page.get_by_role("complementary", name="Sidebar").inner_text()
    summaries = [each["summary"] for item in openapi_document()["paths"].values() for each in item.values()]
    assert len(summaries) == len(OPERATIONS)
    assert [summary for summary in summaries if summary not in listed] == []
    assert reader.page.title() == "Linnet API"


def test_every_operation_has_code_in_eight_languages(reader: Reader):
    for operation in OPERATIONS:
        reader.go_to(operation.name)
    chooser = reader.go_to("createLink")
    shown = "Shell Curl"
    for language, (name, sign) in CODE.items():
        chooser.get_by_role("button", name=shown, exact=True).click()
        reader.page.locator(f'[role=option][id$="-{language}"]').click()
        chooser.get_by_role("button", name=name, exact=True).wait_for()
        shown = name
        codes = reader.codes()
        assert sign in codes["createLink"], language
        assert codes["createLinkSimple"].count("apiKey") == 1, language
        for operation in OPERATIONS:
            missing = [part for part in parts_of(operation) if part not in codes[operation.name]]
            assert missing == [], f"{operation.name} in {language}: {codes[operation.name]}"


def parts_of(operation: Operation) -> list[str]:
    """What code for an operation must hold: the address up to its parameters, the key, the example's values."""
    described = openapi_document()["paths"][operation.path][operation.method.lower()]
    parts = [operation.path.partition("{")[0]]
    parts += [str(each["example"]) for each in described.get("parameters", ()) if each["in"] == "path"]
    if operation.access in (Access.SECRET_KEY, Access.ANY_KEY):
        parts.append("Authorization")
    if "requestBody" in described:
        example = next(iter(described["requestBody"]["content"]["application/json"]["examples"].values()))["value"]
        parts += [key for key in example if isinstance(example, dict)]
    return parts


def test_a_reader_can_try_an_operation_with_a_key(reader: Reader, server: Server):
    section = reader.go_to("listDomains")
    section.get_by_role("button", name="Test Request").click()
    client = reader.page.get_by_role("dialog")
    client.locator("input.scalar-password-input").fill(server.secret_key)
    with reader.page.expect_response(lambda response: "/api/domains" in response.url) as answered:
        client.get_by_role("button", name="Send get request").click()
    assert answered.value.status == 200
    client.get_by_text("200 OK").wait_for()
    client.get_by_text(server.domain).first.wait_for()


def test_a_key_does_not_stay_in_the_browser(reader: Reader, server: Server):
    reader.page.locator("input.scalar-password-input").first.fill(server.secret_key)
    reader.page.wait_for_timeout(1000)
    kept = reader.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert server.secret_key not in kept
    reader.open()
    assert reader.page.locator("input.scalar-password-input").first.input_value() == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(reader: Reader, width: int, scheme: str):
    reader.page.set_viewport_size({"width": width, "height": 844})
    reader.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    reader.open()
    reader.page.wait_for_timeout(300)
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width
    assert reader.page.evaluate("document.body.className").count(f"{scheme}-mode") == 1
