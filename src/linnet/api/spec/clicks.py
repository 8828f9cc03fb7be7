"""Raw clicks: files of them."""

import json
from typing import Final

from linnet.api.spec.shapes import Detail, Resource, file_answer, in_query, one_of, optional_body, record, text
from linnet.api.spec.statistics import CHOICE, PERIOD_QUERY
from linnet.api.spec.statistics_schemas import CLICK_EXAMPLE
from linnet.api.spec.values import DOMAIN_ID, LINK
from linnet.model.click_record import FileFormat

_FORMAT: Final = one_of([each.value for each in FileFormat], "How the file is written.", "csv", default="csv")
_OF_LINK: Final = text("Only clicks of the link with this id.", LINK)
_FILE: Final = file_answer(
    "The file. It comes in parts (`Transfer-Encoding: chunked`); where it fails in its midst, the connection is cut before the "
    "last part.",
    "text/csv",
    "application/x-ndjson",
    "application/vnd.apache.parquet",
)

_EVENTS: Final = {
    "description": "The events. The response has no end, but for a restart of the server and a key that ends.",
    "content": {
        "text/event-stream": {
            "schema": {"type": "string"},
            "examples": {
                "click": {
                    "summary": "A click",
                    "value": f"id: 1772366400123-a1b2c3d4e5f6\ndata: {json.dumps(CLICK_EXAMPLE)}\n\n",
                }
            },
        }
    },
}

CLICKS: Final = Resource(
    details={
        "exportClicks": Detail(
            summary="Download a domain's clicks",
            description=(
                "All clicks of a domain in a span of time, one by one and oldest first, as a file: CSV with a line of names, a "
                "line of JSON for each, or Parquet. However many there are, they are sent as they are read. Times are UTC. In "
                "CSV, texts that a spreadsheet would take for formulas have an apostrophe before them."
            ),
            parameters=(
                DOMAIN_ID,
                in_query("format", _FORMAT),
                in_query("linkId", text("Only clicks of the link with this id.")),
                *PERIOD_QUERY,
            ),
            answers={200: _FILE},
            refusals=(404,),
        ),
        "queryClicks": Detail(
            summary="Download some of a domain's clicks",
            description="The same as `exportClicks`, of the clicks that filters leave, as in `queryDomainStatistics`.",
            parameters=(DOMAIN_ID,),
            body=optional_body(
                record({"format": _FORMAT, "linkId": _OF_LINK, **CHOICE}),
                people=("People's clicks of a month", {"format": "parquet", "period": "month", "include": {"human": True}}),
            ),
            answers={200: _FILE},
            refusals=(404,),
        ),
        "watchClicks": Detail(
            summary="Watch a domain's clicks",
            description=(
                "Each new click as a server-sent event, about a second after it was made; the event's data is a `Click`. Its "
                "id, sent back as `Last-Event-ID`, has the stream go on behind it: browsers do that by themselves. An event "
                "`gap` says that more clicks came than are told, `end` why the stream ends. A browser that is signed in at the "
                "dashboard needs no key, so that `EventSource` can be used there."
            ),
            parameters=(
                DOMAIN_ID,
                in_query("linkId", text("Only clicks of the link with this id.")),
                in_query("human", one_of(["true", "false"], "Only clicks of people.", default="false")),
            ),
            answers={200: _EVENTS},
            refusals=(404,),
        ),
    }
)
