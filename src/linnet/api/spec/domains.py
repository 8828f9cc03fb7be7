"""Domains (contract b.4, c.2)."""

from typing import Any, Final

from linnet.api.spec.domain_files import ASSET_LINKS_EXAMPLE, ASSOCIATION_EXAMPLE, FILES, ICON_EXAMPLE
from linnet.api.spec.shapes import (
    Detail,
    Resource,
    Schema,
    answer,
    body,
    flag,
    in_query,
    list_of,
    nullable,
    number,
    one_of,
    optional_body,
    record,
    ref,
    text,
    whole,
)
from linnet.api.spec.values import DOMAIN_ID, HOSTNAME, TIME, answered_moment
from linnet.model.domain import HTTPS_LEVELS, ROBOTS, STATES
from linnet.model.domain_settings import MAX_EXCLUSIONS, MAX_RETENTION_DAYS, VISITOR_ADDRESSES
from linnet.model.path import LinkType

_PLANS: Final = ("tiny", "hobby", "small", "standard", "large")
_LINK_TYPE: Final = one_of(
    [each.value for each in LinkType],
    "How paths are made for links that name none: a counter (`increment`), 6 random characters (`random`), 4, 8 or 10 of them, "
    "or as many as nobody can guess (`secure`).",
    "random",
)
# Both in settings and in responses.
_SETTINGS: Final[dict[str, Schema]] = {
    "hideReferer": flag("Do not tell destinations where visitors come from.", False),
    "linkType": _LINK_TYPE,
    "cloaking": flag("Show destinations in a frame, for links that do not say it themselves.", False),
    "hideVisitorIp": flag("Do not store the addresses of visitors: the same as `visitorAddresses` `never`.", False),
    "enableAI": flag("Stored for clients; Linnet does nothing with it.", False),
    "httpsLevel": one_of(
        HTTPS_LEVELS, "Whether visitors who come by http are sent to https, and browsers told to remember.", "none"
    ),
    "httpsLinks": flag("Whether short URLs begin with https.", True),
    "clientStorage": {
        "type": "object",
        "description": "Anything that a client wants to keep with the domain.",
        "examples": [{}],
    },
    "caseSensitive": flag("Whether `/Spring` and `/spring` are two links.", False),
    "robots": one_of(ROBOTS, "What search engines are told.", "allow"),
    "enableConversionTracking": flag("Append a click's id to destinations, so that they can report conversions.", False),
    "qrScanTracking": flag("Whether QR codes carry a mark, by which visits through them are told from others.", True),
    "purgeExpiredLinks": flag("Delete links once they have expired.", False),
}
_ADDRESSES: Final[dict[str, Schema]] = {
    "segmentKey": text("A Segment write key.", "segment-write-key"),
    "webhookURL": text("An address that is called with every click.", "https://example.com/clicks"),
    "integrationGA": text("The id of a Google Analytics tag.", "G-ABC1234567"),
    "integrationFB": text("The id of a Meta pixel.", "1234567890"),
    "integrationTT": text("The id of a TikTok pixel.", "C4ABCDEFG"),
    "integrationAdroll": text("The ids of an AdRoll advertiser and pixel.", "ABCDEFGHIJKLMNOPQRSTUV/ZYXWVUTSRQPONMLKJIHGFE"),
    "integrationGTM": text("The id of a Google Tag Manager container.", "GTM-ABC1234"),
    "redirect404": text("Where visitors of paths without a link go.", "https://example.com/"),
    "rootRedirect": text("Where visitors of `/` go while no link has it.", "https://example.com/"),
}
_ALWAYS: Final[dict[str, Schema]] = {
    "id": whole("The domain's id.", 1, minimum=1),
    "hostname": text("The hostname, in ASCII.", HOSTNAME),
    "unicodeHostname": text("The hostname as people write it.", HOSTNAME),
    "state": one_of(STATES, "What name servers say of the hostname.", "configured"),
    "createdAt": answered_moment("When the domain was added."),
    "updatedAt": answered_moment("When its settings changed last."),
    "hasFavicon": flag("Whether it has an icon of its own.", False),
    **_SETTINGS,
    "incrementCounter": text("The last number that `increment` gave to a link.", ""),
    "exportEnabled": flag("Whether its links can be exported.", True),
}
_EXCLUSIONS: Final = list_of(
    {"type": "string"},
    "Addresses and networks whose clicks are not counted.",
    maxItems=MAX_EXCLUSIONS,
    examples=[["192.0.2.0/24"]],
)
_LIMIT_COUNTS_ROBOTS: Final = flag("Whether programs use up click limits too, as at Short.io.", False)
_VISITOR_ADDRESSES: Final = one_of(
    list(VISITOR_ADDRESSES),
    "What is stored of addresses: all, the network (without the last 8 bits of IPv4, the last 80 of IPv6), or nothing.",
    "truncated",
)
_RETENTION: Final = nullable(
    whole("After how many days clicks are kept as sums only; null for never.", 90, minimum=1, maximum=MAX_RETENTION_DAYS)
)
_RECORD: Final = {
    "type": text("The record's type.", "TXT"),
    "name": text("Its name.", f"_linnet.{HOSTNAME}"),
    "value": text("What it holds.", "linnet-verification=4fQx8sKx"),
}
_SHOWN: Final = record(
    {
        **_ALWAYS,
        **_ADDRESSES,
        "TeamId": whole("The id of the team that it belongs to.", 1),
        "UserId": whole("The id of the user who added it.", 1),
        "dnsRecords": list_of(
            record(_RECORD, required=_RECORD), "What to enter at the domain's name servers, while something is missing there."
        ),
    },
    required=[*_ALWAYS, "UserId"],
    description="A hostname that serves links.",
)
DOMAIN_EXAMPLE: Final[dict[str, Any]] = {
    **{name: each["examples"][0] for name, each in _ALWAYS.items() if "examples" in each},
    "createdAt": TIME,
    "updatedAt": TIME,
    "UserId": 1,
}
_WHOLE: Final[Schema] = {
    "description": "A domain, with what is only shown when it is asked for by itself.",
    "allOf": [
        ref("Domain"),
        record(
            {
                "ipExclusions": _EXCLUSIONS,
                "userPlan": one_of(_PLANS, "Kept for clients: nothing here depends on a plan.", "large"),
                "qr": ref("QrStyle"),
                "limitCountsRobots": _LIMIT_COUNTS_ROBOTS,
                "visitorAddresses": _VISITOR_ADDRESSES,
                "clickRetentionDays": _RETENTION,
                **FILES,
            },
            required=["ipExclusions", "userPlan", "limitCountsRobots", "visitorAddresses", "clickRetentionDays"],
        ),
    ],
}
_WHOLE_EXAMPLE: Final = DOMAIN_EXAMPLE | {
    "ipExclusions": [],
    "userPlan": "large",
    "limitCountsRobots": False,
    "visitorAddresses": "truncated",
    "clickRetentionDays": None,
}
_CREATE: Final = record(
    {
        "hostname": text("The hostname, without scheme or port.", HOSTNAME, maxLength=253),
        "hideReferer": _SETTINGS["hideReferer"],
        "linkType": _LINK_TYPE,
        "httpsLinks": _SETTINGS["httpsLinks"],
        "teamId": whole("The id of the team that it shall belong to; none unless it is given.", minimum=1),
    },
    required=["hostname"],
)
_UPDATE: Final = record(
    {
        **_SETTINGS,
        "httpsLinks": nullable(flag("Whether short URLs begin with https. Null asks for a new certificate.", True)),
        **{name: nullable(each) for name, each in _ADDRESSES.items()},
        "ipExclusions": _EXCLUSIONS,
        "teamId": nullable(whole("The id of the team to move the domain to; null for none.", minimum=1)),
        "qr": ref("QrStyle"),
        "limitCountsRobots": _LIMIT_COUNTS_ROBOTS,
        "visitorAddresses": _VISITOR_ADDRESSES,
        "clickRetentionDays": _RETENTION,
        **{name: nullable(each) for name, each in FILES.items()},
    },
    description="The settings to change. Those that are not sent stay as they are; an empty text or null clears an address.",
)
_LISTING: Final = (
    in_query("limit", whole("How many domains to answer at most.", 100, minimum=1, maximum=300, default=100)),
    in_query("offset", whole("How many domains to leave out before.", 0, minimum=0, default=0)),
    in_query("noTeamId", flag("Only domains that belong to no team.")),
    in_query("pattern", text("Only domains whose hostname holds this text.")),
    in_query("teamId", number("Only domains of this team.")),
)

DOMAINS: Final = Resource(
    details={
        "listDomains": Detail(
            summary="List domains",
            description="The domains that your key may use. Also the way to find out whether a key is valid.",
            parameters=_LISTING,
            answers={
                200: answer(
                    "The domains.",
                    list_of(
                        {
                            "allOf": [
                                ref("Domain"),
                                record({"isFavorite": flag("Kept for clients; always false.", False)}, required=["isFavorite"]),
                            ]
                        }
                    ),
                    domains=("One domain", [DOMAIN_EXAMPLE | {"isFavorite": False}]),
                )
            },
        ),
        "getDomain": Detail(
            summary="Get a domain",
            description="One domain with its settings. What you may not see and what is not there is answered alike, with 403.",
            parameters=(DOMAIN_ID,),
            answers={
                200: answer(
                    "The domain.",
                    ref("WholeDomain"),
                    domain=("A domain", _WHOLE_EXAMPLE),
                )
            },
        ),
        "createDomain": Detail(
            summary="Add a domain",
            description=(
                "Registers a hostname of yours. Point its DNS at this server; `state` says whether name servers agree. Where "
                "the installation asks for it, a TXT record has to prove first that it is yours: see `verifyDomain`."
            ),
            body=body(
                _CREATE,
                plain=("A hostname", {"hostname": HOSTNAME}),
                secure=("With unguessable paths", {"hostname": HOSTNAME, "linkType": "secure", "hideReferer": True}),
            ),
            answers={200: answer("The domain.", ref("Domain"), domain=("A domain", DOMAIN_EXAMPLE))},
            refusals=(404,),
        ),
        "updateDomainSettings": Detail(
            summary="Change a domain's settings",
            description="Changes what is sent. `linkType` concerns links that are created from then on.",
            parameters=(DOMAIN_ID,),
            body=optional_body(
                _UPDATE,
                https=("https only", {"httpsLevel": "redirect", "httpsLinks": True}),
                missing=("A page for paths without a link", {"redirect404": "https://example.com/"}),
                apps=(
                    "Apps that open links",
                    {"appleAppSiteAssociation": ASSOCIATION_EXAMPLE, "assetLinks": ASSET_LINKS_EXAMPLE},
                ),
                privacy=("Few traces of visitors", {"visitorAddresses": "never", "clickRetentionDays": 30}),
                texts=(
                    "Words and an icon of its own",
                    {"pageTexts": {"expired": "This offer is over."}, "favicon": ICON_EXAMPLE},
                ),
            ),
            answers={200: answer("Done.", ref("Success"), done=("Done", {"success": True}))},
        ),
        "verifyDomain": Detail(
            summary="Verify a domain",
            description=(
                "Asks name servers now whether the domain leads here, and whether its TXT record proves that it is yours. They "
                "are also asked from time to time without this."
            ),
            parameters=(DOMAIN_ID,),
            answers={200: answer("The domain, in its new state.", ref("WholeDomain"), domain=("A domain", _WHOLE_EXAMPLE))},
            refusals=(404,),
        ),
    },
    schemas={"Domain": _SHOWN, "WholeDomain": _WHOLE},
)
