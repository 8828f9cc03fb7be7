"""The dashboard's routers: its pages, the pages for what fails, and its assets."""

import time
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import structlog
from litestar import Response, Router
from litestar.exceptions import HTTPException
from litestar.static_files import create_static_files_router

from linnet.dashboard.asking import AnyRequest
from linnet.dashboard.home import home_handlers
from linnet.dashboard.options import DashboardOptions
from linnet.dashboard.render import page
from linnet.dashboard.session import Sessions
from linnet.dashboard.sign_in import sign_in_handlers
from linnet.model.errors import Refusal, StorageUnavailable

__all__ = ["ASSETS", "DashboardOptions", "create_routers"]
ASSETS: Final = Path(__file__).parent / "static"
_log = structlog.get_logger("linnet.dashboard")


def create_routers(options: DashboardOptions) -> list[Router]:
    """The routers of the dashboard's pages and of its assets."""
    sessions = Sessions(options.session_key, options.find_user, time.time)
    pages = Router(
        "/",
        route_handlers=[*sign_in_handlers(options, sessions), *home_handlers(options, sessions)],
        exception_handlers={Refusal: _on_refusal, HTTPException: _on_http_exception, Exception: _on_defect},
        include_in_schema=False,
    )
    # Not there before the first build of the web assets; pages without style are better than no server.
    ASSETS.mkdir(exist_ok=True)
    return [pages, create_static_files_router("/static", [ASSETS], include_in_schema=False)]


def _on_refusal(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    return _failure(503 if isinstance(refusal, StorageUnavailable) else 400, refusal.message)


def _on_http_exception(request: AnyRequest, error: HTTPException) -> Response[Any]:
    return _failure(error.status_code, HTTPStatus(error.status_code).phrase)


def _on_defect(request: AnyRequest, error: Exception) -> Response[Any]:
    _log.error("dashboard.failed", path=request.url.path, method=request.method, exc_info=error)
    return _failure(500, "The server failed to make this page.")


def _failure(status: int, message: str) -> Response[Any]:
    return page("failure.html", status=status, message=message, title="Not available now" if status >= 500 else "Not possible")
