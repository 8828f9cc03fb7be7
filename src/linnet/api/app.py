"""The application: the API, with what the dashboard adds to it."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler

from linnet.actions.context import Context
from linnet.actions.explain import Explainer
from linnet.actions.keys import Authenticator
from linnet.actions.qr import Studio
from linnet.api.archiving import ArchivingController
from linnet.api.audit import AuditController
from linnet.api.auth import Desk
from linnet.api.bulk import BulkController
from linnet.api.clicks import ClicksController
from linnet.api.countries import CountriesController
from linnet.api.domains import DomainsController
from linnet.api.errors import FindPage, on_defect, on_http_exception, on_http_exception_or_page, on_refusal
from linnet.api.explain import ExplainController
from linnet.api.folders import FoldersController
from linnet.api.health import Readiness, health_router
from linnet.api.keys import KeysController
from linnet.api.link_queries import LinkQueriesController
from linnet.api.links import LinksController
from linnet.api.mcp import McpController
from linnet.api.opengraph import OpengraphController
from linnet.api.options import MAX_BODY_BYTES, ApiOptions
from linnet.api.permissions import PermissionsController
from linnet.api.public_links import PublicLinksController
from linnet.api.qr import QrController
from linnet.api.reference import openapi_json
from linnet.api.regions import RegionsController
from linnet.api.removed_links import RemovedLinksController
from linnet.api.rules import RulesController
from linnet.api.statistics import StatisticsController
from linnet.api.tags import TagsController
from linnet.api.throttle import Throttle
from linnet.api.visitors import VisitorsController
from linnet.clicks.visitors import OrderedVisitors
from linnet.model.access import Actor
from linnet.model.errors import Refusal
from linnet.statistics.engine import StatisticsEngine
from linnet.statistics.exports import ClickExports
from linnet.statistics.live import LiveClicks

# Those that every installation has.
_RESOURCES: Final[tuple[ControllerRouterHandler, ...]] = (
    LinksController,
    LinkQueriesController,
    PublicLinksController,
    BulkController,
    ArchivingController,
    RemovedLinksController,
    RulesController,
    CountriesController,
    RegionsController,
    DomainsController,
    FoldersController,
    TagsController,
    PermissionsController,
    OpengraphController,
    StatisticsController,
    AuditController,
    KeysController,
    McpController,
    openapi_json,
)


def create_app(
    options: ApiOptions,
    *,
    authenticator: Authenticator,
    make_context: Callable[[Actor], Context],
    statistics: StatisticsEngine,
    readiness: Callable[[], Readiness],
    render_metrics: Callable[[], tuple[bytes, str]],
    extra_handlers: Sequence[ControllerRouterHandler] = (),
    throttle: Throttle | None = None,
    studio: Studio | None = None,
    explainer: Explainer | None = None,
    exports: ClickExports | None = None,
    visitors: OrderedVisitors | None = None,
    live: LiveClicks | None = None,
    signed_in: Callable[[Request[Any, Any, Any]], Actor | None] | None = None,
    find_page: FindPage | None = None,
) -> Litestar:
    """The ASGI application of the administrator's hosts, to go behind ``api/front.Front``.

    Without a ``throttle`` there are no limits. ``studio`` (QR codes), ``explainer`` (explanations), ``exports`` with ``live``
    (raw clicks) and with ``visitors`` (what is stored of one) bring operations of their own. ``signed_in`` tells who has a
    session of the dashboard, ``find_page`` has the pages that say that there is none.
    """
    desk = Desk(options, authenticator, make_context, throttle)
    asked = {"statistics": statistics, "exports": exports, "visitors": visitors, "live": live}
    state = State({"desk": desk, "studio": studio, "explainer": explainer, "signed_in": signed_in, **asked})
    handlers: list[ControllerRouterHandler] = [
        *_RESOURCES,
        *([] if studio is None else [QrController]),
        *([] if explainer is None else [ExplainController]),
        *([] if exports is None or live is None else [ClicksController]),
        *([] if exports is None or visitors is None else [VisitorsController]),
        health_router(readiness, render_metrics),
        *extra_handlers,
    ]
    unanswered = on_http_exception if find_page is None else on_http_exception_or_page(find_page)
    exception_handlers: dict[Any, Any] = {Refusal: on_refusal, HTTPException: unanswered, Exception: on_defect}
    return Litestar(
        route_handlers=handlers,
        state=state,
        exception_handlers=exception_handlers,
        request_max_body_size=MAX_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
