"""Browser, system, device and bots, from the User-Agent header."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from linnet.model.targeting import Handheld
from linnet.visitor.bots import BotRules, common_rules

if TYPE_CHECKING:
    from ua_parser.regex import Resolver

_REMEMBERED = 8192
_MAX_LABEL = 100
_UNKNOWN: Final = "Other"


class Agent(NamedTuple):
    """What a User-Agent header tells; unknown is "". ``bot`` is the rule that recognised one, "" for people."""

    browser: str
    browser_version: str
    os: str
    device: str
    human: bool
    bot: str


def agents_by(rules: BotRules) -> Callable[[str], Agent]:
    """What tells a User-Agent header, with the rules' names for bots; what was told last is remembered.

    Labels are ua-parser's ("Chrome Mobile"). ``device`` is desktop, mobile, tablet or bot.
    """
    return lru_cache(_REMEMBERED)(lambda user_agent: _agent(user_agent, rules.of_agent(user_agent)))


def agent_of(user_agent: str) -> Agent:
    """What ``user_agent`` tells by the rules that everybody has."""
    return _common()(user_agent)


@cache
def _common() -> Callable[[str], Agent]:
    return agents_by(common_rules())


def _agent(user_agent: str, bot: str) -> Agent:
    from ua_parser import Domain

    parsed = _browsers()(user_agent, Domain.USER_AGENT | Domain.OS)
    browser, version = (parsed.user_agent.family, parsed.user_agent.major or "") if parsed.user_agent else ("", "")
    os = parsed.os.family if parsed.os else ""
    device = "bot" if bot else _device(user_agent, os)
    return Agent(_known(browser), version[:_MAX_LABEL], _known(os), device, not bot, bot)


@dataclass(frozen=True, slots=True)
class Judge:
    """Tells of what was asked and answered browser, its version, system, device, and by which rule it was a bot: "" for a
    person. ``bot_of`` is asked about who may be a person by the user agent alone."""

    agent_of: Callable[[str], Agent]
    bot_of: Callable[[str, str, int], str]

    def __call__(self, user_agent: str, method: str, status: int) -> tuple[str, str, str, str, str]:
        agent = self.agent_of(user_agent)
        bot = agent.bot or self.bot_of(user_agent, method, status)
        return agent.browser, agent.browser_version, agent.os, agent.device, bot


def judge_by(rules: BotRules) -> Judge:
    """Who judges by ``rules``."""
    return Judge(agents_by(rules), rules.of_request)


def handheld_of(user_agent: bytes) -> Handheld:
    """The kind of telephone or tablet, for rules by device: told by a few words, because it is asked before a redirect.

    Windows telephones named both of the others. An iPad that shows itself as a Mac cannot be told from one.
    """
    if b"Windows Phone" in user_agent:
        return Handheld.NONE
    if b"iPhone" in user_agent or b"iPad" in user_agent or b"iPod" in user_agent:
        return Handheld.APPLE
    return Handheld.ANDROID if b"Android" in user_agent else Handheld.NONE


class Family(NamedTuple):
    """What rules may ask of a User-Agent: system, browser and kind of device, by the names in ``model/conditions``; "" each
    where there was none at all."""

    os: str
    browser: str
    device: str


@lru_cache(_REMEMBERED)
def family_of(user_agent: bytes) -> Family:
    """What rules ask, told by a few words: before a redirect there is neither time nor memory for ua-parser, whose answers
    these are for what is common. Devices are the same as in statistics: desktop is what is neither mobile nor tablet."""
    if not user_agent.strip():
        return Family("", "", "")
    os = next((name for word, name in _SYSTEMS if word in user_agent), "other")
    browser = next((name for word, name in _BROWSERS if word in user_agent), "other")
    # Android's old browser and those of televisions call themselves Safari too.
    if browser == "safari" and (os not in ("ios", "macos", "windows") or b"Version/" not in user_agent):
        browser = "other"
    mobile = b"Mobile" in user_agent
    if b"iPad" in user_agent or b"Tablet" in user_agent or (os == "android" and not mobile):
        return Family(os, browser, "tablet")
    carried = mobile or os in ("ios", "android") or b"Windows Phone" in user_agent or b"KAIOS" in user_agent
    return Family(os, browser, "mobile" if carried else "desktop")


# The first word that is found tells: many name others beside themselves.
_SYSTEMS: Final = (
    (b"Windows Phone", "other"),
    (b"iPhone", "ios"),
    (b"iPad", "ios"),
    (b"iPod", "ios"),
    (b"Tizen", "other"),
    (b"Web0S", "other"),
    (b"webOS", "other"),
    (b"Android", "android"),
    (b"CrOS", "chromeos"),
    (b"Windows", "windows"),
    (b"AppleTV", "other"),
    (b"Apple TV", "other"),
    (b"Macintosh", "macos"),
    (b"Mac OS X", "macos"),
    (b"PlayStation", "other"),
    (b"Linux", "linux"),
    (b"X11; Ubuntu", "linux"),
)
_BROWSERS: Final = (
    (b"Edg/", "edge"),
    (b"EdgA/", "edge"),
    (b"EdgiOS/", "edge"),
    (b"Edge/", "edge"),
    (b"OPR/", "opera"),
    (b"OPT/", "opera"),
    (b"OPX/", "opera"),
    (b"OPiOS/", "opera"),
    (b"Opera", "opera"),
    (b"SamsungBrowser/", "samsung"),
    *(
        (word, "other")
        for word in (
            b"Vivaldi/ YaBrowser/ YaSearchBrowser/ UCBrowser/ MiuiBrowser/ Whale/ DuckDuckGo/ Ddg/ Silk/ "
            b"QQBrowser/ HuaweiBrowser/ Puffin/ Electron/ FBAN/ FBAV/ Instagram Line/ MicroMessenger/ GSA/ "
            b"coc_coc_browser/ Brave/ SeaMonkey/ PaleMoon/ Snapchat Pinterest Twitter BytedanceWebview "
            b"musical_ly TikTok LinkedInApp Teams/ Avast/ VivoBrowser/ HeyTapBrowser/"
        ).split()
    ),
    (b"Firefox/", "firefox"),
    (b"FxiOS/", "firefox"),
    (b"Chrome/", "chrome"),
    (b"CriOS/", "chrome"),
    (b"Chromium/", "chrome"),
    (b"Safari/", "safari"),
)


# Loading the rules takes a third of a second and some 40 MB: only processes that enrich clicks pay for it. The rules for
# models of devices are left out; they are most of that, and nothing is asked of them.


@cache
def _browsers() -> "Resolver":
    from ua_parser.loaders import load_lazy_builtins
    from ua_parser.regex import Resolver

    browsers, systems, _ = load_lazy_builtins()
    return Resolver((browsers, systems, []))


def _device(user_agent: str, os: str) -> str:
    if "iPad" in user_agent or "Tablet" in user_agent or (os == "Android" and "Mobile" not in user_agent):
        return "tablet"
    if os in ("Android", "iOS", "Windows Phone", "KaiOS") or "Mobile" in user_agent:
        return "mobile"
    return "desktop"


def _known(label: str) -> str:
    return "" if label == _UNKNOWN else label[:_MAX_LABEL]
