"""The application of the administrator's hosts, wired."""

import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import lmdb
import structlog

from linnet.actions.context import Context, none_is_harmful, utc_now
from linnet.actions.drawings import Drawings
from linnet.actions.keys import Authenticator
from linnet.actions.logos import Logos
from linnet.actions.pictures import Pictures
from linnet.actions.qr import Studio
from linnet.actions.raw_clicks import wildcard_paths
from linnet.actions.sessions import find_session
from linnet.actions.sign_in import user_actor
from linnet.actions.titles import PageTitles
from linnet.api.app import create_app
from linnet.api.errors import status_of
from linnet.api.front import Front
from linnet.api.health import Readiness
from linnet.api.live import write_clicks
from linnet.api.reference import reference_handlers
from linnet.api.throttle import Throttle
from linnet.clicks.visitors import OrderedVisitors
from linnet.compose.clickhouse import asked_by_web_workers
from linnet.compose.explaining import explainer, https_port, own_ports
from linnet.compose.limits import NodeLimiter
from linnet.compose.metrics import render_metrics
from linnet.compose.names import api_options, dashboard_url, name_servers, provider_of
from linnet.compose.places import Places, Secrets
from linnet.compose.searching import link_search
from linnet.dashboard.app import create_routers, page_finder
from linnet.dashboard.asking import AnyRequest, is_same_origin
from linnet.dashboard.assets import FOLDER as ASSETS
from linnet.dashboard.options import DashboardOptions
from linnet.dashboard.session import Sessions
from linnet.edge.application import Application
from linnet.edge.counters import NodeCounters
from linnet.edge.facts import VisitorFacts
from linnet.edge.rates import NodeRates
from linnet.edge.routes import RouteIndex
from linnet.model.access import Actor
from linnet.model.errors import StorageUnavailable
from linnet.network.fetch import FetchOptions
from linnet.network.harmful import HarmfulHosts
from linnet.network.mail import Postman, no_mail
from linnet.settings import Settings
from linnet.statistics.exports import OrderedExports
from linnet.statistics.live import LiveClicks
from linnet.statistics.remote import RemoteStatistics
from linnet.storage.database import Database

_PATIENCE_SECONDS = 10.0
_CONNECT_SECONDS = 0.5
_log = structlog.get_logger("linnet.web")
_SIGN_IN_ATTEMPTS = 10
_SIGN_IN_WINDOW_SECONDS = 300


def build_applications(
    settings: Settings,
    places: Places,
    secrets: Secrets,
    database: Database,
    counters: NodeCounters,
    rates: NodeRates,
    authenticator: Authenticator,
    publish: Callable[[int | None], None],
    facts: VisitorFacts,
    harmful: HarmfulHosts | None,
    index: RouteIndex,
    live: LiveClicks,
    postman: Postman | None = None,
) -> tuple[Application, Application]:
    """What the administrator's hosts serve (API, dashboard and health checks), and what the API's own hosts serve."""
    options = api_options(settings)
    names = name_servers(settings)
    fetches = FetchOptions(allowed_networks=settings.fetch_allowed_networks)
    titles = PageTitles(fetches)

    def make_context(actor: Actor) -> Context:
        return Context(
            actor=actor,
            database=database,
            publish=publish,
            signing_key=secrets.page_token,
            names=names,
            find_title=titles.find,
            max_domains=settings.max_domains,
            max_links=settings.max_links,
            private_networks=settings.fetch_allowed_networks,
            harmful_host=harmful.listed_host if harmful is not None else none_is_harmful,
            send_mail=postman.send if postman is not None else no_mail,
            seal=secrets.seal,
            dashboard_url=dashboard_url(settings),
        )

    remote = RemoteStatistics(places.statistics_socket)
    statistics = asked_by_web_workers(settings, remote)
    studio = Studio(database, Logos(fetches), Drawings(), options.short_url)
    explains = explainer(facts, counters, index, ports=own_ports(settings), https_port=https_port(settings))
    dashboard = DashboardOptions(
        session_key=secrets.session,
        make_context=make_context,
        statistics=statistics,
        admit=partial(_admit, counters),
        short_url=options.short_url,
        find_session=lambda token: find_session(database, token, utc_now()),
        find_actor=lambda user_id, second_factor: user_actor(database, user_id, second_factor=second_factor),
        status_of=status_of,
        search=link_search(places, database, statistics),
        explainer=explains,
        find_picture=Pictures(fetches).fetch,
        trusted_proxies=settings.trusted_proxies,
        sends_mail=postman is not None,
        setup_token=secrets.setup_token,
        provider=provider_of(settings),
        admits_new=settings.oidc_sign_up,
        studio=studio,
        here=options.here,
        reserved_hosts=options.reserved_hosts,
        visitors=OrderedVisitors(remote),
        exports=OrderedExports(remote),
    )
    sessions = Sessions(secrets.session, dashboard.find_session, settings.trusted_proxies)
    throttle = Throttle(settings.rate_limits, keys=NodeLimiter(rates.keys), addresses=NodeLimiter(rates.addresses))
    application = create_app(
        options,
        authenticator=authenticator,
        make_context=make_context,
        statistics=statistics,
        extra_handlers=[*create_routers(dashboard), *reference_handlers(ASSETS)],
        readiness=readiness(database, places),
        render_metrics=render_metrics,
        throttle=throttle,
        explainer=explains,
        studio=studio,
        exports=dashboard.exports,
        visitors=dashboard.visitors,
        live=live,
        signed_in=partial(_signed_in, sessions, dashboard.find_actor),
        find_page=page_finder(dashboard),
    )
    return Front(application), Front(application, api_only=True)


def live_clicks(settings: Settings, places: Places, database: Database) -> LiveClicks:
    """Those who watch clicks in this process."""
    write = partial(write_clicks, partial(wildcard_paths, database))
    statistics = asked_by_web_workers(settings, RemoteStatistics(places.statistics_socket))
    return LiveClicks(statistics.last_clicks, write, now=utc_now, most=settings.live_streams)


def _signed_in(sessions: Sessions, find_actor: Callable[[int, bool], Actor], request: AnyRequest) -> Actor | None:
    """Who is signed in at the dashboard, for requests of its pages; other origins may show them, and not ask in their name."""
    session = sessions.of(request) if is_same_origin(request) else None
    return find_actor(session.user.id, session.second_factor) if session is not None else None


def _admit(
    counters: NodeCounters,
    name: str,
    /,
    *,
    limit: int = _SIGN_IN_ATTEMPTS,
    window_seconds: int = _SIGN_IN_WINDOW_SECONDS,
) -> int:
    """0 when one more attempt under ``name`` is let through, else the seconds to wait."""
    try:
        return counters.admit(name, limit=limit, window_seconds=window_seconds, now=time.time())
    except lmdb.Error as error:
        # Where attempts cannot be counted (a full disk), nobody may guess.
        _log.warning("sign_in.uncounted", error=str(error))
        return window_seconds


def readiness(database: Database, places: Places) -> Callable[[], Readiness]:
    """Ready is who can redirect. In the first seconds the rest is waited for; later it may fail and visitors still come."""
    started_at = time.monotonic()

    def check() -> Readiness:
        components = {"routes": "ok", "database": _database_state(database)}
        components["clicks"] = "ok" if is_listening(places.statistics_socket) else "the clicks worker does not listen"
        whole = all(state == "ok" for state in components.values())
        return Readiness(whole or time.monotonic() - started_at > _PATIENCE_SECONDS, components)

    return check


def is_listening(path: Path) -> bool:
    """Whether somebody is behind a socket file, which outlives a killed process."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as conversation:
        conversation.settimeout(_CONNECT_SECONDS)
        try:
            conversation.connect(str(path))
        except OSError:
            return False
    return True


def _database_state(database: Database) -> str:
    try:
        with database.read() as work:
            work.users.any()
    except StorageUnavailable as refusal:
        return refusal.message
    return "ok"
