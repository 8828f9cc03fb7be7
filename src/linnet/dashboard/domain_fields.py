"""Every setting of a domain as the pages show it: in which tab, how it is edited, and a sentence about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from linnet.dashboard.texts import marked


class Kind(StrEnum):
    """How a setting is edited."""

    SWITCH = "switch"
    CHOICE = "choice"
    LINE = "line"
    ADDRESS = "address"
    NUMBER = "number"
    LINES = "lines"
    TEXT = "text"
    DOCUMENT = "document"
    ICON = "icon"


@dataclass(frozen=True, slots=True)
class Setting:
    """``name`` is the wire spelling of the setting; ``choices`` are the values of a CHOICE with their words."""

    name: str
    kind: Kind
    label: str
    help: str
    choices: tuple[tuple[str, str], ...] = ()


_GENERAL: Final = (
    Setting(
        "linkType",
        Kind.CHOICE,
        marked("Paths of new links"),
        marked("How a path is made for a link that names none. Links that are there keep theirs."),
        (
            ("random", marked("6 random characters")),
            ("four-char", marked("4 random characters")),
            ("eight-char", marked("8 random characters")),
            ("ten-char", marked("10 random characters")),
            ("secure", marked("22 random characters, which nobody can guess")),
            ("increment", marked("A counter: 1, 2, 3 …")),
        ),
    ),
    Setting(
        "caseSensitive",
        Kind.SWITCH,
        marked("Upper and lower case make a difference"),
        marked("/Spring and /spring are two links then. It cannot be switched off while two links differ in that alone."),
    ),
    Setting(
        "httpsLevel",
        Kind.CHOICE,
        marked("Encrypted connections"),
        marked("What becomes of visitors who come by http. With the last choice browsers will not come by http for a year."),
        (
            ("none", marked("Answer http and https alike")),
            ("redirect", marked("Send visitors from http to https")),
            ("hsts", marked("Send them to https, and have browsers remember it (HSTS)")),
        ),
    ),
    Setting(
        "httpsLinks",
        Kind.SWITCH,
        marked("Short links begin with https"),
        marked("How short links are written where they are shown and copied."),
    ),
    Setting(
        "purgeExpiredLinks",
        Kind.SWITCH,
        marked("Remove links once they have expired"),
        marked("They can be restored for 30 days. Otherwise expired links stay, and show that they have expired."),
    ),
    Setting(
        "limitCountsRobots",
        Kind.SWITCH,
        marked("Programs use up click limits"),
        marked("Otherwise only people's clicks count towards the number of clicks after which a link expires."),
    ),
    Setting(
        "enableAI",
        Kind.SWITCH,
        marked("Allow AI features"),
        marked("Kept for programs that read it. Linnet itself does nothing with it."),
    ),
    Setting(
        "clientStorage",
        Kind.DOCUMENT,
        marked("Notes of API clients"),
        marked("A JSON object in which your own programs may keep what they like. Linnet does nothing with it."),
    ),
)
_REDIRECTS: Final = (
    Setting(
        "rootRedirect",
        Kind.ADDRESS,
        marked("Visitors of the bare domain go to"),
        marked("While no link has the empty path. Without an address they see a page that says that nothing is here."),
    ),
    Setting(
        "redirect404",
        Kind.ADDRESS,
        marked("Visitors of unknown paths go to"),
        marked("Without an address they see a page that says that there is no such link."),
    ),
    Setting(
        "cloaking",
        Kind.SWITCH,
        marked("Show destinations in a frame"),
        marked("The short link stays in the address bar. Many sites forbid it; each link can say otherwise."),
    ),
    Setting(
        "hideReferer",
        Kind.SWITCH,
        marked("Do not tell destinations where visitors come from"),
        marked("Browsers send no Referer header to destinations then."),
    ),
)
_TRACKING: Final = (
    Setting(
        "qrScanTracking",
        Kind.SWITCH,
        marked("Tell scans of QR codes from clicks"),
        marked("QR codes carry a mark that is taken away before the visitor goes on."),
    ),
    Setting(
        "enableConversionTracking",
        Kind.SWITCH,
        marked("Track conversions"),
        marked("Destinations get the number of the click as clid, and can report what the visitor did there."),
    ),
    Setting(
        "integrationGA",
        Kind.LINE,
        marked("Google Analytics"),
        marked("A measurement id such as G-ABC1234567. For this and the next four, visitors see a page for a moment."),
    ),
    Setting("integrationGTM", Kind.LINE, marked("Google Tag Manager"), marked("The id of a container, such as GTM-ABC1234.")),
    Setting("integrationFB", Kind.LINE, marked("Meta pixel"), marked("The number of the pixel.")),
    Setting("integrationTT", Kind.LINE, marked("TikTok pixel"), marked("The id of the pixel.")),
    Setting(
        "integrationAdroll", Kind.LINE, marked("AdRoll"), marked("The ids of advertiser and pixel, with a slash between them.")
    ),
    Setting(
        "segmentKey",
        Kind.LINE,
        marked("Segment write key"),
        marked("Kept for programs that read it. Linnet itself sends nothing to Segment."),
    ),
    Setting(
        "webhookURL",
        Kind.ADDRESS,
        marked("Address that is called with every click"),
        marked("In the shape that Short.io documents. Webhooks with signatures and a log have a page of their own."),
    ),
)
_PRIVACY: Final = (
    Setting(
        "visitorAddresses",
        Kind.CHOICE,
        marked("IP addresses of visitors"),
        marked("What is stored of them with each click from now on. Countries and cities are told before that."),
        (
            ("truncated", marked("Without their last part (192.0.2.77 as 192.0.2.0)")),
            ("never", marked("Never stored")),
            ("whole", marked("Stored whole")),
        ),
    ),
    Setting(
        "clickRetentionDays",
        Kind.NUMBER,
        marked("Days until clicks are forgotten"),
        marked("Older clicks are kept as sums only, which name no visitor. Empty for never."),
    ),
    Setting(
        "ipExclusions",
        Kind.LINES,
        marked("Addresses whose clicks are not counted"),
        marked("One address or network in each line, such as 192.0.2.1 or 2001:db8::/32: your own office, or a monitor."),
    ),
)
_ROBOTS: Final = (
    Setting(
        "robots",
        Kind.CHOICE,
        marked("Search engines"),
        marked("What robots.txt and each answer of the domain say to them."),
        (
            ("allow", marked("May read and list links")),
            ("noindex", marked("May read links, and must not list them")),
            ("disallow", marked("Must not read links")),
        ),
    ),
)
_APPEARANCE: Final = (
    Setting(
        "favicon", Kind.ICON, marked("Icon"), marked("Shown by browsers beside pages of the domain: an image of up to 64 KB.")
    ),
    Setting(
        "pageTexts.notFound",
        Kind.TEXT,
        marked("Text for unknown paths"),
        marked("On the page that visitors see when there is no such link, in place of the usual words."),
    ),
    Setting(
        "pageTexts.expired",
        Kind.TEXT,
        marked("Text for expired links"),
        marked("On the page that visitors see when a link has expired and leads nowhere else."),
    ),
    Setting(
        "pageTexts.password",
        Kind.TEXT,
        marked("Text above the password"),
        marked("On the page that asks visitors for a link's password."),
    ),
    Setting(
        "appleAppSiteAssociation",
        Kind.DOCUMENT,
        marked("Apps for iOS that open links"),
        marked("The JSON of apple-app-site-association, served under /.well-known/."),
    ),
    Setting(
        "assetLinks",
        Kind.DOCUMENT,
        marked("Apps for Android that open links"),
        marked("The JSON of assetlinks.json, served under /.well-known/."),
    ),
)
# The tabs that are forms of settings, in their order.
TABS: Final[Mapping[str, tuple[str, tuple[Setting, ...]]]] = {
    "general": (marked("General"), _GENERAL),
    "redirects": (marked("Redirects"), _REDIRECTS),
    "tracking": (marked("Tracking"), _TRACKING),
    "privacy": (marked("Privacy"), _PRIVACY),
    "robots": (marked("Robots"), _ROBOTS),
    "appearance": (marked("Appearance"), _APPEARANCE),
}
# What else there is to say of a domain.
OTHER_TABS: Final = {"dns": marked("DNS"), "team": marked("Team"), "danger": marked("Danger zone")}
