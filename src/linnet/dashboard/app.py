"""The dashboard: all its pages, and their assets."""

from collections.abc import Callable
from typing import Any, Final

from litestar import Response, Router

from linnet.dashboard import (
    assets,
    audit,
    domain_orders,
    domain_settings,
    domains,
    folders,
    guides,
    home,
    invitations,
    keys,
    link_explanations,
    link_files,
    link_permissions,
    link_table,
    links,
    many_links,
    notes,
    provider,
    qr,
    reports,
    reset,
    security,
    settings,
    sign_in,
    statistics,
    tags,
    team_members,
    teams,
    utm_pages,
    webhooks,
    welcome,
)
from linnet.dashboard.asking import AnyRequest
from linnet.dashboard.frame import Frame
from linnet.dashboard.options import DashboardOptions
from linnet.dashboard.pages import Page
from linnet.dashboard.session import Sessions

PAGES: Final[tuple[Page, ...]] = (
    *sign_in.PAGES,
    *provider.PAGES,
    *reset.PAGES,
    *security.PAGES,
    *welcome.PAGES,
    *home.PAGES,
    *qr.PAGES,
    *link_files.PAGES,
    *keys.PAGES,
    *guides.PAGES,
    *teams.PAGES,
    *team_members.PAGES,
    *invitations.PAGES,
    *link_permissions.PAGES,
    *domains.PAGES,
    *domain_settings.PAGES,
    *domain_orders.PAGES,
    *settings.PAGES,
    *notes.PAGES,
    *links.PAGES,
    *link_explanations.PAGES,
    *utm_pages.PAGES,
    *webhooks.PAGES,
    *audit.PAGES,
    *statistics.PAGES,
    *reports.PAGES,
    *link_table.PAGES,
    *many_links.PAGES,
    *folders.PAGES,
    *tags.PAGES,
)


# The first segments of the pages' addresses. The root has none.
_SEGMENTS: Final = frozenset(page.path.split("/")[1] for page in PAGES) - {""}


def create_routers(options: DashboardOptions) -> list[Router]:
    """The routers of the dashboard's pages and of its assets."""
    frame = _frame(options)
    handlers = [frame.handler(page) for page in PAGES]
    return [Router("/", route_handlers=[*handlers, *assets.HANDLERS], include_in_schema=False)]


def page_finder(options: DashboardOptions) -> Callable[[AnyRequest], Response[Any] | None]:
    """What has the page for an address that nothing answers; None where it is not like that of a page, and for programs."""
    frame = _frame(options)

    def find(request: AnyRequest) -> Response[Any] | None:
        among_pages = request.method == "GET" and request.url.path.split("/")[1] in _SEGMENTS
        return frame.missing(request) if among_pages else None

    return find


def _frame(options: DashboardOptions) -> Frame:
    return Frame(options, Sessions(options.session_key, options.find_session, options.trusted_proxies))
