"""The page of the API reference, without a browser."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.testing import TestClient

from linnet.api.errors import on_http_exception
from linnet.api.reference import SCRIPT, reference_handlers

CODE = b"console.log('reference')"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient[Any]]:
    app = Litestar(reference_handlers(tmp_path), openapi_config=None, exception_handlers={HTTPException: on_http_exception})
    with TestClient(app) as opened:
        yield opened


def script_of(page: str) -> str:
    found = re.search(r'<script src="([^"]+)" nonce="([^"]+)">', page)
    assert found is not None
    return found[1]


def test_the_page_runs_its_script_and_nothing_else(client: TestClient[Any], tmp_path: Path):
    (tmp_path / SCRIPT).write_bytes(gzip.compress(CODE))
    first, second = client.get("/reference"), client.get("/reference")
    nonces = [re.findall(r"'nonce-([\w-]{22})'", each.headers["content-security-policy"]) for each in (first, second)]
    assert nonces[0] != nonces[1]
    for each, (nonce,) in zip((first, second), nonces, strict=True):
        policy = each.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert re.search(r"script-src 'nonce-[\w-]+';", policy)
        assert "connect-src 'self';" in policy
        assert "http" not in policy
        assert f'nonce="{nonce}"' in each.text
        assert each.headers["cache-control"] == "no-store"


def test_the_script_is_compressed_and_kept_by_browsers(client: TestClient[Any], tmp_path: Path):
    (tmp_path / SCRIPT).write_bytes(gzip.compress(CODE))
    address = script_of(client.get("/reference").text)
    script = client.get(address)
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.content == CODE
    assert client.get(address, headers={"accept-encoding": "identity"}).content == CODE
    assert client.get("/reference/scalar-0123456789abcdef.js").status_code == 404


def test_the_page_says_what_to_do_when_its_script_was_not_built(client: TestClient[Any]):
    answer = client.get("/reference")
    assert answer.status_code == 503
    assert "npm run build" in answer.json()["message"]
