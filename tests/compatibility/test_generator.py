"""The official client's generator makes the same client of our document."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from linnet.api.operations import OPERATIONS
from linnet.api.spec.document import openapi_document
from tests.support.needs import leave_out

HERE = Path(__file__).parent
MODULES = HERE.parent / "journey" / "node_modules"
OFFICIAL = MODULES / "@short.io" / "client-node" / "dist" / "generated"
GENERATOR = MODULES / ".bin" / "openapi-ts"
# What this server takes in addition, and says so.
ADDITIONS = {
    "updateLink": {"folderId"},
    "createLinksBulk": {"links[].folderId"},
    "createDomain": {"httpsLinks", "teamId"},
    "updateDomainSettings": {
        *("redirect404", "ipExclusions", "teamId", "qr", "rootRedirect", "favicon", "pageTexts", "limitCountsRobots"),
        *("appleAppSiteAssociation", "assetLinks", "visitorAddresses", "clickRetentionDays"),
    },
    "generateQrCode": {"noExcavate"},
}
# The official client's type is any text; this server, like QR codes themselves, knows four levels.
NARROWER = {"createFolder": "ecLevel"}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each function of the two clients is called, asks and takes."""
    if not (shutil.which("node") and GENERATOR.exists() and OFFICIAL.is_dir()):
        leave_out("Node 20 and the generator are needed: run npm ci in tests/journey")
    folder = tmp_path_factory.mktemp("generated")
    document, ours = folder / "openapi.json", folder / "client"
    document.write_text(json.dumps(openapi_document()))
    plugins = ("@hey-api/client-fetch", "@hey-api/sdk", "zod")
    run(str(GENERATOR), "--input", str(document), "--output", str(ours), "--plugins", *plugins, "--no-log-file")
    assert (ours / "zod.gen.ts").exists()
    found: dict[str, Any] = json.loads(run("node", str(HERE / "operations.mjs"), str(MODULES), str(OFFICIAL), str(ours)))
    return found


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def without_marks(names: list[str]) -> set[str]:
    return {name.replace("?", "") for name in names}


def test_the_official_client_has_all_its_operations(compared: dict[str, Any]):
    assert len(compared["theirs"]) == 42
    places = {name: (call["method"], call["url"]) for name, call in compared["ours"].items()}
    assert {name: places.get(name) for name in compared["theirs"]} == {
        name: (call["method"], call["url"]) for name, call in compared["theirs"].items()
    }


def test_every_operation_of_ours_becomes_a_function(compared: dict[str, Any]):
    calls = {(name, call["method"].upper(), call["url"]) for name, call in compared["ours"].items()}
    assert calls == {(each.name, each.method, each.path) for each in OPERATIONS}


@pytest.mark.parametrize("place", ["path", "query"])
def test_parameters_are_those_of_the_official_client(compared: dict[str, Any], place: str):
    ours = {name: compared["ours"][name][place] for name in compared["theirs"]}
    assert ours == {name: call[place] for name, call in compared["theirs"].items()}


def test_bodies_have_the_properties_of_the_official_client(compared: dict[str, Any]):
    ours = {name: without_marks(compared["ours"][name]["body"]) for name in compared["theirs"]}
    theirs = {name: without_marks(call["body"]) for name, call in compared["theirs"].items()}
    assert ours == {name: properties | ADDITIONS.get(name, set()) for name, properties in theirs.items()}


def test_calls_of_the_official_client_fit_our_types(compared: dict[str, Any]):
    assert set(compared["refused"]) == set(NARROWER)
    for name, field in NARROWER.items():
        assert field in compared["refused"][name]
