"""Statistics of domains and links."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.params import FromPath, RawBody

from linnet.actions import statistics
from linnet.api.auth import AnyRequest, desk_of, read_body
from linnet.api.statistics_wire import click_json, domain_statistics, link_statistics, request_of
from linnet.statistics.engine import StatisticsEngine


class StatisticsController(Controller):
    """Contract b.9: S1, S2, S8, S11 and S12."""

    path = "/statistics"
    tags = ("Statistics",)

    @get("/domain/{domain_id:int}", sync_to_thread=True)
    def domain(self, request: Request[Any, Any, Any], domain_id: FromPath[int]) -> dict[str, Any]:
        """S1: totals, chart and top lists of a domain."""
        return _domain(request, domain_id, dict(request.query_params))

    @post("/domain/{domain_id:int}", status_code=200, sync_to_thread=True)
    def domain_filtered(self, request: Request[Any, Any, Any], domain_id: FromPath[int], body: RawBody) -> dict[str, Any]:
        """S2: the same, with filters."""
        return _domain(request, domain_id, read_body(body, dict[str, Any]))

    @post("/domain/{domain_id:int}/last_clicks", status_code=200, sync_to_thread=True)
    def last_clicks(self, request: Request[Any, Any, Any], domain_id: FromPath[int], body: RawBody) -> list[dict[str, Any]]:
        """S8: the newest clicks of a domain."""
        context = desk_of(request).context(request)
        asked = request_of(read_body(body, dict[str, Any]))
        clicks = statistics.last_clicks(context, _engine(request), domain_id, asked)
        return [click_json(click, asked.time_zone) for click in clicks]

    @get("/link/{link_id:str}", sync_to_thread=True)
    def link(self, request: Request[Any, Any, Any], link_id: FromPath[str]) -> dict[str, Any]:
        """S11: totals, chart and top lists of a link."""
        return _link(request, link_id, dict(request.query_params))

    @post("/link/{link_id:str}", status_code=200, sync_to_thread=True)
    def link_filtered(self, request: Request[Any, Any, Any], link_id: FromPath[str], body: RawBody) -> dict[str, Any]:
        """S12: the same, with filters."""
        return _link(request, link_id, read_body(body, dict[str, Any]))


def _domain(request: AnyRequest, domain_id: int, sent: dict[str, Any]) -> dict[str, Any]:
    context = desk_of(request).context(request)
    return domain_statistics(statistics.domain_report(context, _engine(request), domain_id, request_of(sent)))


def _link(request: AnyRequest, link_id: str, sent: dict[str, Any]) -> dict[str, Any]:
    context = desk_of(request).context(request)
    return link_statistics(statistics.link_report(context, _engine(request), link_id, request_of(sent)))


def _engine(request: AnyRequest) -> StatisticsEngine:
    engine: StatisticsEngine = request.app.state.statistics
    return engine
