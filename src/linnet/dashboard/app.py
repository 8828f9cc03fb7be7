"""The dashboard: all its pages, and their assets."""

from typing import Final

from litestar import Router

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


def create_routers(options: DashboardOptions) -> list[Router]:
    """The routers of the dashboard's pages and of its assets."""
    frame = Frame(options, Sessions(options.session_key, options.find_session, options.trusted_proxies))
    handlers = [frame.handler(page) for page in PAGES]
    return [Router("/", route_handlers=[*handlers, *assets.HANDLERS], include_in_schema=False)]
