"""What statistics answer, and the filters that narrow them (contract c.3, c.4, d)."""

from collections.abc import Mapping
from typing import Any, Final

from linnet.api.spec.shapes import Schema, flag, list_of, nullable, number, one_of, record, text, whole
from linnet.api.spec.values import HOSTNAME
from linnet.api.statistics_filters import MAX_FILTER_VALUES

_METHODS: Final = ("GET", "POST", "PUT", "DELETE", "HEAD")
_CHANGE: Final = text("In percent, with two decimals; `999.00` when there was nothing before.", "12.50")


_NAME_OR_NUMBER: Final[Schema] = {"type": ["string", "integer"]}


def _values(description: str, example: list[Any], items: Schema | None = None) -> Schema:
    return list_of(items or {"type": "string"}, description, maxItems=MAX_FILTER_VALUES, examples=[example])


FILTERS: Final = record(
    {
        "paths": _values("Paths with their slash.", ["/spring"]),
        "countries": _values("ISO 3166-1 alpha-2 codes.", ["DE", "AT"]),
        "dt": list_of({"type": "string"}, "Two times that clicks lie between.", minItems=2, maxItems=2),
        "browsers": _values("Browsers.", ["Firefox"]),
        "browserVersions": _values("Versions of browsers.", ["128"]),
        "human": flag("True: only people, false: only bots.", True),
        "scan": flag("True: only visits by QR code, false: only others.", True),
        "socials": _values("Social networks.", ["facebook"]),
        "statuses": _values("HTTP statuses that visitors got.", [302], whole(minimum=0, maximum=65535)),
        "methods": _values("HTTP methods.", ["GET"], one_of(_METHODS)),
        "protos": _values("http or https.", ["https"], one_of(["http", "https"])),
        "refhosts": _values("Hosts that visitors came from.", ["news.example.com"]),
        "utmSources": _values("Values of `utm_source`.", ["newsletter"]),
        "utmMediums": _values("Values of `utm_medium`.", ["email"]),
        "utmCampaigns": _values("Values of `utm_campaign`.", ["spring"]),
        "utmTerms": _values("Values of `utm_term`.", ["shoes"]),
        "utmContents": _values("Values of `utm_content`.", ["banner"]),
        "oses": _values("Operating systems.", ["Android"]),
        "cities": _values("Cities, by their names or by their numbers in top lists.", ["Berlin"], _NAME_OR_NUMBER),
        "regions": _values("Regions, by their names in top lists.", ["Bavaria"]),
        "devices": _values("desktop, mobile, tablet or bot.", ["mobile"]),
        "languages": _values("Languages by their codes.", ["de"]),
        "bots": _values("Names of the rules that recognised bots.", ["Googlebot"]),
        "abPaths": _values("Variants that visitors got: `original`, `split`, or a letter.", ["split"]),
        "goals": _values("Goals that visitors reached after the click.", ["purchase"]),
        "tags": _values("Tags that the link has now.", ["newsletter"]),
        "folders": _values("Ids or names of folders that the link is in now.", ["Campaigns"]),
    },
    description=(
        "What clicks are taken or left out by. Of one key's values one is enough; keys go together. An empty text stands for "
        "what is not known, such as a visit without a referrer. Keys of no meaning are ignored."
    ),
)


def _counted(properties: Mapping[str, Schema]) -> Schema:
    fields = {**properties, "score": whole("The number of clicks.", 12)}
    return list_of(record(fields, required=fields))


_ENDS: Final = {name: nullable(text(format="date-time")) for name in ("startDate", "endDate", "prevStartDate", "prevEndDate")}
_INTERVAL: Final = record(_ENDS, required=_ENDS, description="The exact span, and the one before; null with `period=total`.")
_POINT: Final = record(
    {"x": text("The step's beginning.", format="date-time"), "y": text("The number of clicks.", "12")}, required=["x", "y"]
)
_CHART: Final = record(
    {"datasets": list_of(record({"data": list_of(_POINT)}, required=["data"]))},
    required=["datasets"],
    description="The chart; its data are empty unless `clicksChartInterval` is given.",
)
_HOST: Final = text("The host that visitors came from; empty when they came from nowhere.", "news.example.com")
_TOPS: Final = {
    "referer": _counted({"refhost": _HOST, "referer": _HOST}),
    "social": _counted({"social": text("A social network.", "facebook"), "socialName": text("Its name.", "Facebook")}),
    "browser": _counted({"browser": text("A browser.", "Firefox"), "browserName": text("Its name.", "Firefox")}),
    "country": _counted(
        {"country": text("ISO 3166-1 alpha-2 code.", "DE"), "countryName": text("The country's name.", "Germany")}
    ),
    "os": _counted({"os": text("An operating system.", "Android")}),
}


def _cities(number_of_city: Schema) -> Schema:
    fields = {
        "city": number_of_city,
        "name": nullable(text("The city's name.", "Berlin")),
        "countryCode": nullable(text("Its country.", "DE")),
    }
    return _counted(fields)


_UTM_TOPS: Final = {
    name: _counted({name: text(f"A value of `{name}`.")})
    for name in ("utm_medium", "utm_source", "utm_campaign", "utm_term", "utm_content")
}
_VISITORS: Final = "Different visitors, each once in each day of UTC; without bots, and without who asked not to be tracked."
_SCANS: Final = "Clicks of people by QR code."
_CONVERSIONS: Final = "Goals that came of these clicks."
_WORTH: Final = "What those goals were worth, as the sites said."
_DOMAIN_TOTALS: Final[dict[str, Schema]] = {
    "clicks": number("All clicks, those of bots too.", 34),
    "humanClicks": number("Clicks of people.", 28),
    "prevClicks": number("All clicks in the time before.", 30),
    "prevHumanClicks": number("Clicks of people in the time before.", 25),
    "links": number("Links that were created.", 4),
    "linksChange": _CHANGE,
    "linksChangePositive": flag("Whether there are at least as many as before.", True),
    "clicksPerLink": text("Clicks for each link that was created.", "8.50"),
    "humanClicksPerLink": text("The same of people.", "7.00"),
    "clicksPerLinkChange": _CHANGE,
    "prevClicksChange": _CHANGE,
    "humanClicksChange": _CHANGE,
    "humanClicksChangePositive": flag("Whether there are at least as many as before.", True),
    "uniqueVisitors": number(_VISITORS, 21),
    "prevUniqueVisitors": number("The same in the time before.", 20),
    "uniqueVisitorsChange": _CHANGE,
    "uniqueVisitorsChangePositive": flag("Whether there are at least as many as before.", True),
    "scans": number(_SCANS, 6),
    "prevScans": number("The same in the time before.", 5),
    "scansChange": _CHANGE,
    "conversions": number(_CONVERSIONS, 3),
    "prevConversions": number("The same in the time before.", 2),
    "conversionsChange": _CHANGE,
    "conversionValue": number(_WORTH, 59.7),
    "prevConversionValue": number("The same in the time before.", 39.8),
    "interval": _INTERVAL,
    "clickStatistics": _CHART,
}
_LINK_TOTALS: Final[dict[str, Schema]] = {
    "totalClicks": number("All clicks, those of bots too.", 34),
    "humanClicks": number("Clicks of people.", 28),
    "totalClicksChange": text("In percent; `0` when there is no time before.", "12.50"),
    "humanClicksChange": text("In percent; `0` when there is no time before.", "12.00"),
    "uniqueVisitors": number(_VISITORS, 21),
    "uniqueVisitorsChange": text("In percent; `0` when there is no time before.", "5.00"),
    "scans": number(_SCANS, 6),
    "scansChange": text("In percent; `0` when there is no time before.", "20.00"),
    "conversions": number(_CONVERSIONS, 3),
    "conversionsChange": text("In percent; `0` when there is no time before.", "50.00"),
    "conversionValue": number(_WORTH, 59.7),
    "interval": _INTERVAL,
    "clickStatistics": _CHART,
}
DOMAIN_STATISTICS: Final = record(
    {**_DOMAIN_TOTALS, **_TOPS, "city": _cities(whole("A number for the city.")), **_UTM_TOPS},
    required=_DOMAIN_TOTALS,
    description="Statistics of a domain. The top lists are left out with `skipTops`.",
)
LINK_STATISTICS: Final = record(
    {**_LINK_TOTALS, **_TOPS, "city": _cities(text("A number for the city."))},
    required=_LINK_TOTALS,
    description="Statistics of a link. The top lists are left out with `skipTops`.",
)
_TOTAL_EXAMPLE: Final[dict[str, Any]] = {
    "interval": {
        "startDate": "2026-03-01T00:00:00.000Z",
        "endDate": "2026-03-30T23:59:59.999Z",
        "prevStartDate": "2026-01-30T00:00:00.000Z",
        "prevEndDate": "2026-02-28T23:59:59.000Z",
    },
    "clickStatistics": {
        "datasets": [{"data": [{"x": "2026-03-01T00:00:00.000Z", "y": "22"}, {"x": "2026-03-02T00:00:00.000Z", "y": "12"}]}]
    },
    "referer": [{"refhost": "news.example.com", "referer": "news.example.com", "score": 20}],
    "social": [{"social": "facebook", "socialName": "Facebook", "score": 3}],
    "browser": [{"browser": "Firefox", "browserName": "Firefox", "score": 19}],
    "country": [{"country": "DE", "countryName": "Germany", "score": 25}],
    "os": [{"os": "Android", "score": 14}],
}
DOMAIN_STATISTICS_EXAMPLE: Final = (
    {name: of["examples"][0] for name, of in _DOMAIN_TOTALS.items() if "examples" in of}
    | _TOTAL_EXAMPLE
    | {"city": [{"city": 1234567, "name": "Berlin", "countryCode": "DE", "score": 9}]}
    | {name: [] for name in _UTM_TOPS}
)
LINK_STATISTICS_EXAMPLE: Final = (
    {name: of["examples"][0] for name, of in _LINK_TOTALS.items() if "examples" in of}
    | _TOTAL_EXAMPLE
    | {"totalClicksChange": "12.50", "humanClicksChange": "12.00"}
    | {"city": [{"city": "1234567", "name": "Berlin", "countryCode": "DE", "score": 9}]}
)

_TOP_FIELDS: Final = {
    "column": text("The value.", "DE"),
    "displayName": text("The value as people read it.", "Germany"),
    "score": text("The number of clicks.", "147"),
}
TOP_ROW: Final = record(_TOP_FIELDS, required=_TOP_FIELDS, description="A value and how often it came.")

CLICK_EXAMPLE: Final[dict[str, Any]] = {
    "host": HOSTNAME,
    "path": "/spring",
    "lcpath": "/spring",
    "method": "GET",
    "url": f"https://{HOSTNAME}/spring",
    "dt": "2026-03-01T10:30:00.000+01:00",
    "st": 302,
    "ip": "203.0.113.7",
    "proto": "https",
    "ref": "https://news.example.com/",
    "ua": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "human": True,
    "browser": "Firefox",
    "browser_version": "128",
    "country": "Germany",
    "city": "Berlin",
    "geoname_id": "1234567",
    "social": "",
    "refhost": "news.example.com",
    "os": "Linux",
    "utm_source": "",
    "utm_medium": "",
    "utm_campaign": "",
    "utm_term": "",
    "utm_content": "",
    "goal_completed": None,
    "ab_path": None,
    "scan": False,
    "bot": "",
    "device": "desktop",
    "region": "Berlin",
    "language": "de",
}
_CLICK_TEXTS: Final = {
    "host": "The domain's hostname.",
    "path": "The path with its slash.",
    "lcpath": "The path in lower case.",
    "method": "The HTTP method.",
    "url": "What the visitor asked for.",
    "dt": "When, with the offset of `tz`.",
    "st": "The HTTP status that the visitor got.",
    "ip": "The visitor's address; empty where the domain hides it.",
    "proto": "http or https.",
    "ref": "The page that the visitor came from.",
    "ua": "What the browser calls itself.",
    "human": "Whether it was a person rather than a bot.",
    "browser": "The browser.",
    "browser_version": "The browser's version.",
    "country": "The name of the country.",
    "city": "The name of the city.",
    "geoname_id": "A number for the city.",
    "social": "The social network that the visitor came from.",
    "refhost": "The host that the visitor came from.",
    "os": "The operating system.",
    "goal_completed": "The conversion that the visit led to.",
    "ab_path": "Which destination of an A/B test the visitor got.",
    "scan": "Whether the visitor came by a QR code.",
    "bot": "The rule that recognised a bot; empty for people.",
    "device": "desktop, mobile, tablet or bot.",
    "region": "The region of the country.",
    "language": "The code of the language that the visitor likes best.",
}


def _click_field(name: str, example: object) -> Schema:
    words = _CLICK_TEXTS.get(name, f"`{name}`")
    if example is None:
        return nullable(text(words))
    if isinstance(example, bool):
        return flag(words, example)
    return whole(words, example) if isinstance(example, int) else text(words, example)


CLICK: Final = record(
    {name: _click_field(name, example) for name, example in CLICK_EXAMPLE.items()},
    required=CLICK_EXAMPLE,
    description="One click.",
)
