"""Statistics of domains and links (contract b.9, c.3, c.4, d)."""

from typing import Final

from linnet.actions.click_counts import MAX_COUNTED
from linnet.actions.statistics import MAX_LAST_CLICKS, MAX_TOP
from linnet.api.spec.shapes import (
    Detail,
    Resource,
    Schema,
    answer,
    body,
    either,
    flag,
    in_query,
    list_of,
    one_of,
    optional_body,
    record,
    ref,
    text,
    whole,
)
from linnet.api.spec.statistics_schemas import (
    CLICK,
    CLICK_EXAMPLE,
    DOMAIN_STATISTICS,
    DOMAIN_STATISTICS_EXAMPLE,
    FILTERS,
    LINK_STATISTICS,
    LINK_STATISTICS_EXAMPLE,
    TOP_ROW,
)
from linnet.api.spec.values import DOMAIN_ID, LINK, LINK_ID, OTHER_LINK
from linnet.api.statistics_request import MAX_PREFIX
from linnet.model.statistics import COLUMNS, Bucket, Period

_DATE: Final = "A day, an ISO 8601 time with a zone, or milliseconds since 1970."


def _date(description: str, example: str) -> Schema:
    return either(text(), whole(), description=f"{description} {_DATE}", example=example)


_START: Final = _date("The beginning, with `period=custom`.", "2026-03-01")
_END: Final = _date("The end, with `period=custom`.", "2026-03-31")
_PERIOD: Final[dict[str, Schema]] = {
    "period": one_of(
        [each.value for each in Period], "The span of time; days begin at midnight in `tz`.", "last30", default="last30"
    ),
    "startDate": _START,
    "endDate": _END,
    "tz": text("The IANA name of a time zone; UTC unless it is given.", "Europe/Berlin"),
}
_BUCKETS: Final = [each.value for each in Bucket]
_CHART: Final = one_of(_BUCKETS, "The chart's step. Without it there is no chart.", "day")
_STEP: Final = one_of(_BUCKETS, "The chart's step.", "day", default="day")
_REPORT: Final = {
    **_PERIOD,
    "tzOffset": whole("Minutes from UTC; use `tz` instead.", deprecated=True),
    "clicksChartInterval": _CHART,
    "skipTops": flag("Leave the top lists out.", False),
}
_FILTERED: Final = {"include": ref("StatisticsFilters"), "exclude": ref("StatisticsFilters")}
# What says which clicks, wherever a body may say that.
CHOICE: Final = {**_PERIOD, **_FILTERED}
_TOP: Final = {
    "column": one_of(COLUMNS, "What to list.", "country"),
    "limit": whole("How many rows to answer at most.", 10, minimum=1, maximum=MAX_TOP),
    "prefix": text("Only values that begin with this text.", maxLength=MAX_PREFIX),
    **_PERIOD,
    **_FILTERED,
}


def _in_query(name: str, of: Schema) -> Schema:
    if name in ("startDate", "endDate"):
        # Without an example: what has one is sent when somebody tries the operation, and these go with another period.
        return in_query(name, text(of["description"]))
    kept = {key: value for key, value in of.items() if key != "deprecated"}
    return in_query(name, kept, deprecated="deprecated" in of)


PERIOD_QUERY: Final = tuple(_in_query(name, of) for name, of in _PERIOD.items())
REPORT_QUERY: Final = tuple(_in_query(name, of) for name, of in _REPORT.items())
_SINCE: Final = (
    in_query("startDate", text("Only clicks from then on.", format="date-time")),
    in_query("endDate", text("Only clicks until then.", format="date-time")),
)
_EXAMPLES: Final = {
    "month": ("The last 30 days, with a chart", {"period": "last30", "tz": "Europe/Berlin", "clicksChartInterval": "day"}),
    "tagged": (
        "Scans of links with a tag, on telephones",
        {"period": "last7", "include": {"tags": ["newsletter"], "devices": ["mobile"], "scan": True}},
    ),
    "filtered": (
        "People from two countries, in a week of their own",
        {
            "period": "custom",
            "startDate": "2026-03-02",
            "endDate": "2026-03-09",
            "include": {"human": True, "countries": ["DE", "AT"]},
            "exclude": {"refhosts": ["intranet.example.com"]},
        },
    ),
}
_POINT: Final = record({"x": text("The step's beginning."), "y": text("The number of clicks.", "12")}, required=["x", "y"])
_POINTS: Final = list_of(_POINT, "The chart's points.")
_BY_INTERVAL: Final = answer(
    "The chart.",
    record(
        {"clicksStatistics": _POINTS, "clickStatistics": list_of(_POINT, "The same under its documented name.")},
        required=["clicksStatistics", "clickStatistics"],
    ),
    chart=(
        "Two days",
        {
            name: [{"x": "2026-03-01T00:00:00.000Z", "y": "12"}, {"x": "2026-03-02T00:00:00.000Z", "y": "7"}]
            for name in ("clicksStatistics", "clickStatistics")
        },
    ),
)
_BY_INTERVAL_BODY: Final = optional_body(
    record({"clicksChartInterval": _STEP, **_PERIOD, **_FILTERED}),
    days=("The last 7 days", {"period": "last7", "clicksChartInterval": "day"}),
)
_TOP_BODY: Final = body(
    record(_TOP, required=["column"]),
    countries=("Ten countries", {"column": "country", "limit": 10, "period": "last30"}),
    paths=("Links whose path begins alike", {"column": "path", "prefix": "/spring", "period": "total"}),
)
_ROWS: Final = answer(
    "The rows, the most frequent first.",
    list_of(ref("TopRow")),
    countries=(
        "Two countries",
        [{"column": "DE", "displayName": "Germany", "score": "147"}, {"column": "AT", "displayName": "Austria", "score": "9"}],
    ),
)
_COUNTS: Final[Schema] = {"type": "object", "description": "Numbers of clicks.", "additionalProperties": {"type": "integer"}}

_OF_DOMAINS: Final = {
    "getDomainStatistics": Detail(
        summary="Get a domain's statistics",
        description="Totals, changes against the time before, a chart and top lists of a domain.",
        parameters=(DOMAIN_ID, *REPORT_QUERY),
        answers={200: answer("The statistics.", ref("DomainStatistics"), month=("A month", DOMAIN_STATISTICS_EXAMPLE))},
        refusals=(404,),
    ),
    "queryDomainStatistics": Detail(
        summary="Ask a domain's statistics with filters",
        description=(
            "The same as `getDomainStatistics`, of the clicks that filters leave: a click counts if it fits every key of "
            "`include` (one value of the key's list is enough) and no key of `exclude`."
        ),
        parameters=(DOMAIN_ID,),
        body=optional_body(record({**_REPORT, **_FILTERED}), **_EXAMPLES),
        answers={200: answer("The statistics.", ref("DomainStatistics"), month=("A month", DOMAIN_STATISTICS_EXAMPLE))},
        refusals=(404,),
    ),
    "getDomainClicksByInterval": Detail(
        summary="Get a domain's chart",
        description="The clicks of people on a domain's links, step by step.",
        parameters=(DOMAIN_ID,),
        body=_BY_INTERVAL_BODY,
        answers={200: _BY_INTERVAL},
        refusals=(404,),
    ),
    "getDomainTop": Detail(
        summary="Get a domain's top list",
        description="The most frequent values of a column among the clicks of people on a domain's links.",
        parameters=(DOMAIN_ID,),
        body=_TOP_BODY,
        answers={200: _ROWS},
        refusals=(404,),
    ),
    "getDomainTopByInterval": Detail(
        summary="Get a domain's top list step by step",
        description="The most frequent values of a column, for each step of a chart.",
        parameters=(DOMAIN_ID,),
        body=body(
            record({**_TOP, "interval": _STEP}, required=["column"]),
            browsers=("Browsers by week", {"column": "browser", "interval": "week", "limit": 5, "period": "last30"}),
        ),
        answers={
            200: answer(
                "The steps.",
                list_of(
                    record(
                        {
                            "date": text("The step's beginning."),
                            "statistics": list_of(
                                record(
                                    {"column": text("The value.", "Firefox"), "score": text("The number of clicks.", "12")},
                                    required=["column", "score"],
                                )
                            ),
                        },
                        required=["date", "statistics"],
                    )
                ),
                weeks=(
                    "One week",
                    [{"date": "2026-03-02T00:00:00.000Z", "statistics": [{"column": "Firefox", "score": "12"}]}],
                ),
            )
        },
        refusals=(404,),
    ),
    "getLinkClicks": Detail(
        summary="Count clicks of several links",
        description="The number of clicks of people on each of several links of a domain. Links without clicks are left out.",
        parameters=(
            DOMAIN_ID,
            in_query("ids", text("Ids of links, with commas between them.", f"{LINK},{OTHER_LINK}"), required=True),
            *_SINCE,
        ),
        answers={200: answer("Clicks by link id.", _COUNTS, counts=("Two links", {LINK: 6, OTHER_LINK: 2}))},
        refusals=(404,),
    ),
    "queryLinkClicks": Detail(
        summary="Count clicks of several paths",
        description="The number of clicks of people on each of several paths of a domain, each from a time of its own on.",
        parameters=(DOMAIN_ID, *_SINCE),
        body=body(
            record(
                {
                    "pathsDates": list_of(
                        record(
                            {
                                "path": text("The path without its slash.", "spring"),
                                "createdAt": text("Only clicks from then on.", "2026-03-01T00:00:00.000Z"),
                            },
                            required=["path", "createdAt"],
                        ),
                        "The paths.",
                        maxItems=MAX_COUNTED,
                    )
                },
                required=["pathsDates"],
            ),
            one=("One path", {"pathsDates": [{"path": "spring", "createdAt": "2026-03-01T00:00:00.000Z"}]}),
        ),
        answers={200: answer("Clicks by path.", _COUNTS, counts=("One path", {"spring": 6}))},
        refusals=(404,),
    ),
    "getLastClicks": Detail(
        summary="List the last clicks",
        description="Clicks on a domain's links, the newest first. To go on, send the last one's `dt` as `beforeDate`.",
        parameters=(DOMAIN_ID,),
        body=optional_body(
            record(
                {
                    "limit": whole("How many clicks to answer at most.", 30, minimum=1, maximum=MAX_LAST_CLICKS, default=30),
                    **_PERIOD,
                    "beforeDate": _date("Only clicks before.", "2026-03-01T10:30:00.000+01:00"),
                    "afterDate": _date("Only clicks after.", "2026-03-01"),
                    **_FILTERED,
                }
            ),
            people=("The last 30 of people", {"limit": 30, "include": {"human": True}}),
        ),
        answers={200: answer("The clicks.", list_of(ref("Click")), clicks=("One click", [CLICK_EXAMPLE]))},
        refusals=(404,),
    ),
    "getPopularPaths": Detail(
        summary="Get a domain's most popular paths",
        description="The same as `getDomainTop` with the column `path`.",
        parameters=(DOMAIN_ID, *PERIOD_QUERY),
        answers={
            200: answer(
                "The rows.",
                list_of(ref("TopRow")),
                paths=("One path", [{"column": "/spring", "displayName": "/spring", "score": "147"}]),
            )
        },
        refusals=(404,),
        deprecated=True,
    ),
    "clearDomainStatistics": Detail(
        summary="Clear a domain's statistics",
        description="Deletes all clicks of a domain for good. Its links stay.",
        parameters=(DOMAIN_ID,),
        answers={200: answer("The statistics are empty.", ref("Success"), done=("Cleared", {"success": True}))},
        refusals=(404,),
    ),
}
_OF_LINKS: Final = {
    "getLinkStatistics": Detail(
        summary="Get a link's statistics",
        description="Totals, changes against the time before, a chart and top lists of one link.",
        parameters=(LINK_ID, *REPORT_QUERY),
        answers={200: answer("The statistics.", ref("LinkStatistics"), month=("A month", LINK_STATISTICS_EXAMPLE))},
        refusals=(404,),
    ),
    "queryLinkStatistics": Detail(
        summary="Ask a link's statistics with filters",
        description="The same as `getLinkStatistics`, of the clicks that filters leave, as in `queryDomainStatistics`.",
        parameters=(LINK_ID,),
        body=optional_body(record({**_REPORT, **_FILTERED}), **_EXAMPLES),
        answers={200: answer("The statistics.", ref("LinkStatistics"), month=("A month", LINK_STATISTICS_EXAMPLE))},
        refusals=(404,),
    ),
    "getLinkClicksByInterval": Detail(
        summary="Get a link's chart",
        description="The clicks of people on one link, step by step.",
        parameters=(LINK_ID,),
        body=_BY_INTERVAL_BODY,
        answers={200: _BY_INTERVAL},
        refusals=(404,),
    ),
    "getLinkTop": Detail(
        summary="Get a link's top list",
        description="The most frequent values of a column among the clicks of people on one link.",
        parameters=(LINK_ID,),
        body=_TOP_BODY,
        answers={200: _ROWS},
        refusals=(404,),
    ),
}

STATISTICS: Final = Resource(
    details=_OF_DOMAINS | _OF_LINKS,
    schemas={
        "StatisticsFilters": FILTERS,
        "DomainStatistics": DOMAIN_STATISTICS,
        "LinkStatistics": LINK_STATISTICS,
        "TopRow": TOP_ROW,
        "Click": CLICK,
    },
)
