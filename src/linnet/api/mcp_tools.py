"""What assistants can do (contract e): create links, find them by destination, see how they are followed; nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET as ABSENT
from msgspec import Meta, Struct, UnsetType

from linnet.actions import domains, link_queries, links, statistics
from linnet.actions.context import Context
from linnet.actions.statistics import StatisticsRequest
from linnet.actions.statistics_names import country_name
from linnet.api.bodies import read_value
from linnet.api.options import ApiOptions
from linnet.api.statistics_wire import counts
from linnet.api.wire import created_json, link_json
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField, LinkNotFound
from linnet.model.link import LinkDraft
from linnet.model.statistics import Period
from linnet.statistics.engine import StatisticsEngine

MAX_FOUND: Final = 50
# Domains in which a destination is looked up when none is named.
MAX_DOMAINS: Final = 20
_LINK_SHOWN: Final = ("shortURL", "originalURL", "title", "idString")
_Domain = Annotated[str, Meta(description="The short domain, as in go.example.com; needed when you have several.")]
_Destination = Annotated[str, Meta(description="The address that the link leads to, with its scheme.")]
_Path = Annotated[str, Meta(description="What comes behind the slash of the short link; made up when left out.")]
_Limit = Annotated[int, Meta(description="How many to answer at most.", ge=1, le=MAX_FOUND)]
_PeriodName = Literal["today", "yesterday", "week", "month", "lastmonth", "last7", "last30", "total"]


class CreateLink(Struct, kw_only=True, forbid_unknown_fields=True):
    """The arguments of create_link."""

    originalURL: _Destination
    domain: _Domain | UnsetType = ABSENT
    path: _Path | UnsetType = ABSENT
    title: Annotated[str, Meta(description="What the link is called in lists.")] | UnsetType = ABSENT
    tags: Annotated[list[str], Meta(description="Words that group links.")] | UnsetType = ABSENT


class CreateDeviceLink(CreateLink, kw_only=True, forbid_unknown_fields=True):
    """The arguments of create_device_targeted_link."""

    iphoneURL: Annotated[str, Meta(description="Where visitors with an iPhone or iPad go instead.")] | UnsetType = ABSENT
    androidURL: Annotated[str, Meta(description="Where visitors with Android go instead.")] | UnsetType = ABSENT


class SearchLinks(Struct, kw_only=True, forbid_unknown_fields=True):
    """The arguments of search_links."""

    originalURL: Annotated[str, Meta(description="The whole destination, exactly as the links have it.")]
    domain: Annotated[str, Meta(description="Only in this short domain; in all of yours when left out.")] | UnsetType = ABSENT
    limit: _Limit = 10


class PopularLinks(Struct, kw_only=True, forbid_unknown_fields=True):
    """The arguments of get_popular_links."""

    domain: _Domain | UnsetType = ABSENT
    period: Annotated[_PeriodName, Meta(description="The time in which clicks are counted.")] = "last30"
    timeZone: Annotated[str, Meta(description="In which days begin, as in Europe/Berlin.")] = "UTC"
    limit: _Limit = 10


class ReadStatistics(Struct, kw_only=True, forbid_unknown_fields=True):
    """The arguments of get_statistics."""

    domain: _Domain | UnsetType = ABSENT
    path: (
        Annotated[str, Meta(description="What is behind the slash of one link; of the whole domain when left out.")] | UnsetType
    ) = ABSENT
    period: Annotated[_PeriodName, Meta(description="The time in which clicks are counted.")] = "last30"
    timeZone: Annotated[str, Meta(description="In which days begin, as in Europe/Berlin.")] = "UTC"


@dataclass(frozen=True, slots=True)
class Room:
    """What a tool works with."""

    context: Context
    options: ApiOptions
    statistics: StatisticsEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool as assistants see it, and what it does with its arguments."""

    name: str
    title: str
    description: str
    arguments: type[Struct]
    run: Callable[[Room, Any], dict[str, Any]]
    reads_only: bool = False

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        described = msgspec.json.schema(self.arguments)
        schema: dict[str, Any] = described["$defs"][self.arguments.__name__]
        return {name: value for name, value in schema.items() if name not in ("title", "description")}

    def call(self, room: Room, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The tool's answer; raises refusals."""
        return self.run(room, read_value(dict(arguments), self.arguments))


def _create(room: Room, sent: CreateLink) -> dict[str, Any]:
    draft: dict[str, Any] = {"original_url": sent.originalURL}
    named = {"path": sent.path, "title": sent.title}
    if isinstance(sent, CreateDeviceLink):
        if sent.iphoneURL is ABSENT and sent.androidURL is ABSENT:
            raise InvalidField("iphoneURL or androidURL is needed: where visitors with that device go.", field="iphoneURL")
        named |= {"iphone_url": sent.iphoneURL, "android_url": sent.androidURL}
    draft |= {field: value for field, value in named.items() if value is not ABSENT}
    if not isinstance(sent.tags, UnsetType):
        draft["tags"] = tuple(sent.tags)
    hostname = sent.domain if isinstance(sent.domain, str) else _only_domain(room).hostname
    # A link with other destinations by device is another link, also where one without them exists.
    created = links.create_link(
        room.context, hostname, LinkDraft.of(draft), allow_duplicates=isinstance(sent, CreateDeviceLink)
    )
    return {"domain": created.domain.hostname} | created_json(created, room.options)


def _search(room: Room, sent: SearchLinks) -> dict[str, Any]:
    if isinstance(sent.domain, str):
        hostnames = [sent.domain]
    else:
        hostnames = [domain.hostname for domain in domains.list_domains(room.context, limit=MAX_DOMAINS + 1)]
    if len(hostnames) > MAX_DOMAINS:
        raise InvalidField(f"domain is required: you have more than {MAX_DOMAINS} of them.", field="domain")
    found: list[dict[str, Any]] = []
    for hostname in hostnames:
        wanted = sent.limit - len(found)
        if wanted > 0:
            alike = link_queries.links_by_url(room.context, hostname, sent.originalURL, limit=wanted)
            found += [{"domain": each.domain.hostname} | link_json(each, room.options) for each in alike]
    return {"links": found}


def _statistics(room: Room, sent: ReadStatistics) -> dict[str, Any]:
    domain = _named_or_only(room, sent.domain)
    asked = StatisticsRequest(period=Period(sent.period), time_zone=sent.timeZone)
    found: dict[str, Any] = {"domain": domain.hostname, "period": sent.period}
    if isinstance(sent.path, str):
        link = link_queries.expand_link(room.context, domain.hostname, sent.path)
        found |= {name: value for name, value in link_json(link, room.options).items() if name in _LINK_SHOWN}
        report = statistics.link_report(room.context, room.statistics, link.link.id, asked)
    else:
        report = statistics.domain_report(room.context, room.statistics, domain.id, asked)
    totals = report.overview.totals
    return found | {
        **counts(totals),
        "scans": totals.scans,
        "countries": [{"country": country_name(top.value), "clicks": top.score} for top in report.overview.tops["country"]],
        "referrers": [{"host": top.value, "clicks": top.score} for top in report.overview.tops["referrer_host"]],
    }


def _popular(room: Room, sent: PopularLinks) -> dict[str, Any]:
    domain = _named_or_only(room, sent.domain)
    asked = StatisticsRequest(period=Period(sent.period), time_zone=sent.timeZone, column="path", limit=sent.limit)
    rows = statistics.top(room.context, room.statistics, domain.id, asked)
    return {
        "domain": domain.hostname,
        "period": sent.period,
        "links": [{"path": row.value, "clicks": row.score} | _link_at(room, domain, row.value) for row in rows],
    }


def _link_at(room: Room, domain: Domain, path: str) -> dict[str, Any]:
    """The link that a path leads to; nothing where it was removed since it was followed."""
    try:
        found = link_queries.expand_link(room.context, domain.hostname, path)
    except LinkNotFound:
        return {}
    shown = link_json(found, room.options)
    return {name: shown[name] for name in _LINK_SHOWN if name in shown}


def _named_or_only(room: Room, hostname: str | UnsetType) -> Domain:
    return domains.get_domain_named(room.context, hostname) if isinstance(hostname, str) else _only_domain(room)


def _only_domain(room: Room) -> Domain:
    """The actor's domain, where there is but one; InvalidField with a choice otherwise."""
    found = domains.list_domains(room.context, limit=MAX_DOMAINS)
    if len(found) == 1:
        return found[0]
    if not found:
        raise InvalidField("You have no short domain yet; add one in the dashboard or with the API.", field="domain")
    names = ", ".join(domain.hostname for domain in found)
    raise InvalidField(f"domain is required: one of {names}{', ...' if len(found) == MAX_DOMAINS else ''}.", field="domain")


TOOLS: Final = (
    Tool(
        name="create_link",
        title="Create a short link",
        description=(
            "Create a short link to a destination and get its address, shortURL. Where a link to this destination exists and "
            "no path is given, that link is returned, with duplicate true."
        ),
        arguments=CreateLink,
        run=_create,
    ),
    Tool(
        name="create_device_targeted_link",
        title="Create a device-targeted link",
        description=(
            "Create a short link that leads visitors with an iPhone or iPad, or with Android, to destinations of their own, "
            "such as an app store, and all others to originalURL."
        ),
        arguments=CreateDeviceLink,
        run=_create,
    ),
    Tool(
        name="search_links",
        title="Find links by destination",
        description="Find the short links that lead to a destination.",
        arguments=SearchLinks,
        run=_search,
        reads_only=True,
    ),
    Tool(
        name="get_popular_links",
        title="Most popular links",
        description="The links of a short domain that people followed most in a period, with their clicks; without bots.",
        arguments=PopularLinks,
        run=_popular,
        reads_only=True,
    ),
    Tool(
        name="get_statistics",
        title="Statistics of a domain or a link",
        description=(
            "How often a short domain, or one of its links, was followed in a period: clicks, those of people, visitors, "
            "scans of QR codes, conversions with their value, and from where people came."
        ),
        arguments=ReadStatistics,
        run=_statistics,
        reads_only=True,
    ),
)
BY_NAME: Final = {tool.name: tool for tool in TOOLS}
