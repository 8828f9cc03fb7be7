"""Browser, system, device and bots, from the User-Agent header."""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from linnet.model.targeting import Handheld

if TYPE_CHECKING:
    from ua_parser.regex import Resolver

_REMEMBERED = 8192
_MAX_LABEL = 100
NO_AGENT: Final = "empty user agent"
_UNKNOWN: Final = "Other"
_NOT_IN_A_NAME: Final = re.compile(r"[^\w .:@+-]+", re.ASCII)


class Agent(NamedTuple):
    """What a User-Agent header tells; unknown is "". ``bot`` is the rule that recognised one, "" for people."""

    browser: str
    browser_version: str
    os: str
    device: str
    human: bool
    bot: str


@lru_cache(_REMEMBERED)
def agent_of(user_agent: str) -> Agent:
    """What ``user_agent`` tells; labels are ua-parser's ("Chrome Mobile"), bots those of crawler-user-agents.

    No user agent at all is a bot: every browser sends one. ``device`` is desktop, mobile, tablet or bot.
    """
    from ua_parser import Domain

    if not user_agent.strip():
        return Agent("", "", "", "bot", False, NO_AGENT)
    crawler = _crawlers()(user_agent, Domain.USER_AGENT).user_agent
    parsed = _browsers()(user_agent, Domain.USER_AGENT | Domain.OS)
    browser, version = (parsed.user_agent.family, parsed.user_agent.major or "") if parsed.user_agent else ("", "")
    os = parsed.os.family if parsed.os else ""
    bot = crawler.family if crawler else ""
    device = "bot" if bot else _device(user_agent, os)
    return Agent(_known(browser), version[:_MAX_LABEL], _known(os), device, not bot, bot)


def handheld_of(user_agent: bytes) -> Handheld:
    """The kind of telephone or tablet, for rules by device: told by a few words, because it is asked before a redirect.

    Windows telephones named both of the others. An iPad that shows itself as a Mac cannot be told from one.
    """
    if b"Windows Phone" in user_agent:
        return Handheld.NONE
    if b"iPhone" in user_agent or b"iPad" in user_agent or b"iPod" in user_agent:
        return Handheld.APPLE
    return Handheld.ANDROID if b"Android" in user_agent else Handheld.NONE


# Loading the rules takes a third of a second and some 40 MB: only processes that enrich clicks pay for it. The rules for
# models of devices are left out; they are most of that, and nothing is asked of them.


@cache
def _browsers() -> "Resolver":
    from ua_parser.loaders import load_lazy_builtins
    from ua_parser.regex import Resolver

    browsers, systems, _ = load_lazy_builtins()
    return Resolver((browsers, systems, []))


@cache
def _crawlers() -> "Resolver":
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA
    from ua_parser.lazy import UserAgentMatcher
    from ua_parser.regex import Resolver

    patterns = [str(rule["pattern"]) for rule in CRAWLER_USER_AGENTS_DATA]
    return Resolver(([UserAgentMatcher(f"({pattern})", _rule_name(pattern)) for pattern in patterns], [], []))


def _rule_name(pattern: str) -> str:
    return _NOT_IN_A_NAME.sub("", pattern.replace("\\", ""))[:_MAX_LABEL].strip() or "crawler"


def _device(user_agent: str, os: str) -> str:
    if "iPad" in user_agent or "Tablet" in user_agent or (os == "Android" and "Mobile" not in user_agent):
        return "tablet"
    if os in ("Android", "iOS", "Windows Phone", "KaiOS") or "Mobile" in user_agent:
        return "mobile"
    return "desktop"


def _known(label: str) -> str:
    return "" if label == _UNKNOWN else label[:_MAX_LABEL]
