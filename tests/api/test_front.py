"""What browsers need of the API, and what its own hosts serve."""

from typing import Any

import pytest
from litestar import get
from litestar.testing import TestClient

from linnet.actions.keys import Authenticator
from linnet.api.app import create_app
from linnet.api.front import SEGMENTS, Front, is_api
from linnet.api.health import Readiness
from linnet.api.operations import OPERATIONS, Operation
from linnet.api.options import ApiOptions
from tests.api.conftest import Api, NoStatistics

PREFLIGHT = {
    "origin": "https://shop.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
}
EXPOSED = {"retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}


@get("/sign-in", sync_to_thread=False)
def page() -> str:
    return "a page"


@pytest.fixture
def application(api: Api) -> Any:
    """The API with a page, and with a defect: whoever asks for a context gets one."""

    def defect(actor: Any) -> Any:
        raise RuntimeError("a defect")

    return create_app(
        ApiOptions(),
        authenticator=Authenticator(api.database),
        make_context=defect,
        statistics=NoStatistics(),  # type: ignore[arg-type]
        readiness=lambda: Readiness(True, {}),
        render_metrics=lambda: (b"", "text/plain"),
        extra_handlers=[page],
    )


def ask(application: Any, method: str, path: str, *, api_only: bool = False, **options: Any) -> Any:
    with TestClient(Front(application, api_only=api_only), raise_server_exceptions=False) as client:
        return client.request(method, path, **options)


def words(header: str) -> set[str]:
    return {word.strip().lower() for word in header.split(",")}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_preflight_of_every_operation_lets_any_page_send_a_key_and_json(application: Any, operation: Operation):
    path = operation.path.replace("{", "").replace("}", "")
    answer = ask(application, "OPTIONS", path, headers=PREFLIGHT | {"access-control-request-method": operation.method})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert operation.method.lower() in words(answer.headers["access-control-allow-methods"])
    assert {"authorization", "content-type"} <= words(answer.headers["access-control-allow-headers"])
    assert int(answer.headers["access-control-max-age"]) >= 3600
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "key", "status"),
    [
        ("GET", "/api/domains", None, 401),
        ("GET", "/api/domains", "sk_wrong", 401),
        ("GET", "/links/a/b/c", None, 404),
        ("PUT", "/links", None, 405),
        ("GET", "/api/domains", "real", 500),
    ],
)
def test_pages_of_any_origin_can_read_what_went_wrong(
    application: Any, api: Api, method: str, path: str, key: str | None, status: int
):
    sent = {"origin": "https://shop.example", "cookie": "a=b"}
    if key is not None:
        sent["authorization"] = api.installed.secret_key if key == "real" else key
    answer = ask(application, method, path, headers=sent)
    assert (answer.status_code, answer.json()["statusCode"]) == (status, status)
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert words(answer.headers["access-control-expose-headers"]) == EXPOSED
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/sign-in", "/", "/health/live", "/nothing", "//links", "/linksx"])
def test_pages_are_not_for_other_origins(application: Any, path: str):
    for method in ("GET", "OPTIONS"):
        answer = ask(application, method, path, headers=PREFLIGHT)
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "//sign-in", "/health/live", "/metrics", "/links/../sign-in", "/%2e/sign-in"]
)
def test_hosts_of_the_api_have_no_pages(application: Any, path: str):
    answer = ask(application, "GET", path, api_only=True)
    assert answer.status_code == 404
    assert answer.json().items() >= {"success": False, "statusCode": 404, "code": "route_not_found"}.items()
    assert answer.headers["access-control-allow-origin"] == "*"


def test_hosts_of_the_api_serve_it(application: Any):
    assert ask(application, "GET", "/api/domains", api_only=True).status_code == 401
    assert ask(application, "OPTIONS", "/links", api_only=True, headers=PREFLIGHT).status_code == 204


def test_a_path_is_the_apis_by_its_first_segment():
    assert {"links", "api", "domains", "statistics", "tags", "qr-code-link"} <= SEGMENTS
    assert [is_api(path) for path in ("/links", "/links/", "/api/x", "*", "", "links", "/", "/Links")] == [True, True, True] + [
        False
    ] * 5
