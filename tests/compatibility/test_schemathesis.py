"""The running server against its own OpenAPI file: no defect, no undocumented status, no answer that the file forbids."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from linnet.api.operations import OPERATIONS
from tests.support.server import Server, running_server

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "use_after_free",
)


# An answer without an end is nothing to wait for: see tests/raw_clicks/test_live.py.
ENDLESS = "watchClicks"


def known(server: Server) -> dict[str, Any]:
    """Ids that exist, so that requests get past the question whether they do."""
    link = server.create("known", "https://example.com/known", title="Known", tags=["a"])
    folder = server.api("POST", "/links/folders", {"domainId": server.domain_id, "name": "Known"}).json
    return {
        "path.domainId": server.domain_id,
        "path.linkId": link["idString"],
        "path.linkIdString": link["idString"],
        "path.folderId": folder["id"],
        "path.hostname": server.domain,
        "query.domain": server.domain,
        "query.domain_id": server.domain_id,
        "query.apiKey": server.secret_key,
        "body.domain": server.domain,
    }


def run(server: Server, directory: Path, *arguments: str, parameters: dict[str, Any] | None = None) -> None:
    """One run of schemathesis, which must find nothing."""
    lines = [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in (parameters or {}).items()]
    file = directory / "schemathesis.toml"
    file.write_text("\n".join(["[parameters]", *lines, ""]))
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(file), "run", f"{server.base_url}/openapi.json"),
        *("-H", f"Authorization: {server.secret_key}", "--checks", ",".join(CHECKS), "--seed", "1", "--no-color"),
        *("--continue-on-failure", "--warnings", "off", "--suppress-health-check", "all", *arguments),
        *("--exclude-operation-id", ENDLESS),
    ]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, f"{done.stdout[-20_000:]}\n{done.stderr}\n{server.log_tail()}"
    assert f"Selected: {len(OPERATIONS) - 1}/{len(OPERATIONS)}" in done.stdout


@pytest.fixture
def fresh(tmp_path: Path) -> Any:
    """A server that may be left in any state, without rate limits."""
    with running_server(tmp_path / "linnet") as server:
        yield server


@pytest.mark.parametrize("phase", ["examples,coverage", "fuzzing", "stateful"])
def test_every_answer_is_one_that_the_file_allows(fresh: Server, tmp_path: Path, phase: str):
    run(fresh, tmp_path, "--phases", phase, "--max-examples", "25")


def test_every_answer_is_one_that_the_file_allows_also_about_what_exists(fresh: Server, tmp_path: Path):
    run(fresh, tmp_path, "--phases", "fuzzing", "--max-examples", "25", parameters=known(fresh))
