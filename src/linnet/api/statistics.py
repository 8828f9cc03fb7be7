"""Statistics of domains and links."""

from typing import Any

from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath, RawBody

from linnet.actions import breakdowns, click_counts, statistics
from linnet.api.auth import AnyRequest, desk_of
from linnet.api.bodies import read_body
from linnet.api.breakdowns_wire import conversion_statistics, variant_statistics
from linnet.api.statistics_request import dates_of, ids_of, paths_of, query_of, request_of, top_request_of
from linnet.api.statistics_shapes import (
    Cleared,
    ClicksByInterval,
    ConversionStatistics,
    DomainStatistics,
    IntervalTop,
    LastClick,
    LinkStatistics,
    TopRow,
    VariantStatistics,
)
from linnet.api.statistics_wire import (
    clicks_by_interval,
    domain_statistics,
    interval_tops,
    last_clicks,
    link_statistics,
    top_rows,
)
from linnet.statistics.engine import StatisticsEngine

_Request = Request[Any, Any, Any]


class StatisticsController(Controller):
    """Contract b.9."""

    path = "/statistics"
    tags = ("Statistics",)

    @get("/domain/{domain_id:int}", sync_to_thread=True)
    def get_domain_statistics(self, request: _Request, domain_id: FromPath[int]) -> DomainStatistics:
        """S1: totals, chart and top lists of a domain."""
        return _domain(request, domain_id, query_of(request.query_params))

    @post("/domain/{domain_id:int}", status_code=200, sync_to_thread=True)
    def query_domain_statistics(self, request: _Request, domain_id: FromPath[int], body: RawBody) -> DomainStatistics:
        """S2: the same, with filters."""
        return _domain(request, domain_id, _object(body))

    @post("/domain/{domain_id:int}/by_interval", status_code=200, sync_to_thread=True)
    def get_domain_clicks_by_interval(self, request: _Request, domain_id: FromPath[int], body: RawBody) -> ClicksByInterval:
        """S3: a chart of people's clicks on a domain."""
        return _by_interval(request, domain_id, body)

    @post("/domain/{domain_id:int}/top", status_code=200, sync_to_thread=True)
    def get_domain_top(self, request: _Request, domain_id: FromPath[int], body: RawBody) -> list[TopRow]:
        """S4: the top list of a column, of a domain."""
        return _top(request, domain_id, _object(body))

    @post("/domain/{domain_id:int}/top_by_interval", status_code=200, sync_to_thread=True)
    def get_domain_top_by_interval(self, request: _Request, domain_id: FromPath[int], body: RawBody) -> list[IntervalTop]:
        """S5: the top list of a column in each interval, of a domain."""
        context = desk_of(request).context(request)
        asked = top_request_of(_object(body))
        return interval_tops(asked.column, statistics.top_by_interval(context, _engine(request), domain_id, asked))

    @get("/domain/{domain_id:int}/link_clicks", sync_to_thread=True)
    def get_link_clicks(self, request: _Request, domain_id: FromPath[int]) -> dict[str, int]:
        """S6: people's clicks of links, by their ids."""
        context, query = desk_of(request).context(request), request.query_params
        ids, dates = ids_of(query.getall("ids", [])), dates_of(dict(query))
        return click_counts.link_clicks(context, _engine(request), domain_id, ids, dates)

    @post("/domain/{domain_id:int}/link_clicks", status_code=200, sync_to_thread=True)
    def query_link_clicks(self, request: _Request, domain_id: FromPath[int], body: RawBody) -> dict[str, int]:
        """S7: people's clicks by path; dates are in the query, or in the body."""
        context = desk_of(request).context(request)
        sent = _object(body)
        paths, dates = paths_of(sent), dates_of(sent | dict(request.query_params))
        return click_counts.path_clicks(context, _engine(request), domain_id, paths, dates)

    @post("/domain/{domain_id:int}/last_clicks", status_code=200, sync_to_thread=True)
    def get_last_clicks(self, request: _Request, domain_id: FromPath[int], body: RawBody) -> list[LastClick]:
        """S8: the newest clicks of a domain."""
        context = desk_of(request).context(request)
        asked = request_of(_object(body))
        return last_clicks(statistics.last_clicks(context, _engine(request), domain_id, asked), asked.time_zone)

    @get("/domain/{domain_id:int}/paths", sync_to_thread=True)
    def get_popular_paths(self, request: _Request, domain_id: FromPath[int]) -> list[TopRow]:
        """S9: the most visited paths of a domain."""
        return _top(request, domain_id, query_of(request.query_params) | {"column": "path"})

    @get("/domain/{domain_id:int}/conversions", sync_to_thread=True)
    def get_domain_conversions(self, request: _Request, domain_id: FromPath[int]) -> ConversionStatistics:
        """The goals that came of a domain's clicks; not Short.io's, like the two for links below."""
        return _conversions(request, domain_id)

    @delete("/domain/{domain_id:int}/statistics", status_code=200, sync_to_thread=True)
    def clear_domain_statistics(self, request: _Request, domain_id: FromPath[int]) -> Cleared:
        """S10: forget a domain's clicks for good."""
        click_counts.clear_statistics(desk_of(request).context(request), _engine(request), domain_id)
        return {"success": True}

    @get("/link/{link_id:str}", sync_to_thread=True)
    def get_link_statistics(self, request: _Request, link_id: FromPath[str]) -> LinkStatistics:
        """S11: totals, chart and top lists of a link."""
        return _link(request, link_id, query_of(request.query_params))

    @post("/link/{link_id:str}", status_code=200, sync_to_thread=True)
    def query_link_statistics(self, request: _Request, link_id: FromPath[str], body: RawBody) -> LinkStatistics:
        """S12: the same, with filters."""
        return _link(request, link_id, _object(body))

    @post("/link/{link_id:str}/by_interval", status_code=200, sync_to_thread=True)
    def get_link_clicks_by_interval(self, request: _Request, link_id: FromPath[str], body: RawBody) -> ClicksByInterval:
        """S13: a chart of people's clicks on a link."""
        return _by_interval(request, link_id, body)

    @post("/link/{link_id:str}/top", status_code=200, sync_to_thread=True)
    def get_link_top(self, request: _Request, link_id: FromPath[str], body: RawBody) -> list[TopRow]:
        """S14: the top list of a column, of a link."""
        return _top(request, link_id, _object(body))

    @get("/link/{link_id:str}/conversions", sync_to_thread=True)
    def get_link_conversions(self, request: _Request, link_id: FromPath[str]) -> ConversionStatistics:
        """The goals that came of a link's clicks."""
        return _conversions(request, link_id)

    @get("/link/{link_id:str}/variants", sync_to_thread=True)
    def get_link_variant_statistics(self, request: _Request, link_id: FromPath[str]) -> VariantStatistics:
        """What came of a link's variants."""
        context, asked = desk_of(request).context(request), request_of(query_of(request.query_params))
        return variant_statistics(breakdowns.link_variants(context, _engine(request), link_id, asked))


def _object(body: bytes) -> dict[str, Any]:
    return read_body(body, dict[str, Any])


def _domain(request: AnyRequest, domain_id: int, sent: dict[str, Any]) -> DomainStatistics:
    context = desk_of(request).context(request)
    return domain_statistics(statistics.domain_report(context, _engine(request), domain_id, request_of(sent)))


def _link(request: AnyRequest, link_id: str, sent: dict[str, Any]) -> LinkStatistics:
    context = desk_of(request).context(request)
    return link_statistics(statistics.link_report(context, _engine(request), link_id, request_of(sent)))


def _by_interval(request: AnyRequest, of: int | str, body: bytes) -> ClicksByInterval:
    context = desk_of(request).context(request)
    return clicks_by_interval(statistics.clicks_by_interval(context, _engine(request), of, request_of(_object(body))))


def _top(request: AnyRequest, of: int | str, sent: dict[str, Any]) -> list[TopRow]:
    context = desk_of(request).context(request)
    asked = top_request_of(sent)
    return top_rows(asked.column, statistics.top(context, _engine(request), of, asked))


def _conversions(request: AnyRequest, of: int | str) -> ConversionStatistics:
    context, asked = desk_of(request).context(request), request_of(query_of(request.query_params))
    return conversion_statistics(breakdowns.conversions(context, _engine(request), of, asked))


def _engine(request: AnyRequest) -> StatisticsEngine:
    engine: StatisticsEngine = request.app.state.statistics
    return engine
