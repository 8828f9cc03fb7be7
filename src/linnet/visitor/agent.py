"""Browser, system, device and bots, from the User-Agent header."""

from functools import lru_cache
from typing import Any, Final, NamedTuple

_REMEMBERED = 20_000
NO_AGENT: Final = "empty user agent"
_UNKNOWN: Final = "Other"


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

    No user agent at all is a bot: every browser sends one.
    """
    if not user_agent.strip():
        return Agent("", "", "", "bot", False, NO_AGENT)
    bot = _bot(user_agent)
    parsed = _parse(user_agent)
    browser = parsed.user_agent.family if parsed.user_agent else ""
    version = (parsed.user_agent.major if parsed.user_agent else "") or ""
    os = parsed.os.family if parsed.os else ""
    family = parsed.device.family if parsed.device else ""
    if not bot and "spider" in family.lower():
        bot = browser or family
    device = "bot" if bot else _device(user_agent, os, family)
    return Agent(_known(browser), version, _known(os), device, not bot, bot)


def _parse(user_agent: str) -> Any:
    # Loading the rules takes time and memory; only the process that enriches clicks pays for it.
    from ua_parser import parse

    return parse(user_agent)


def _bot(user_agent: str) -> str:
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA, is_crawler

    if not is_crawler(user_agent):
        return ""
    for rule in _rules(CRAWLER_USER_AGENTS_DATA):
        if rule.search(user_agent):
            return str(rule.pattern).replace("\\", "")
    return "crawler"


_compiled: list[Any] = []


def _rules(data: list[dict[str, Any]]) -> list[Any]:
    if not _compiled:
        import re

        _compiled.extend(re.compile(each["pattern"]) for each in data)
    return _compiled


def _device(user_agent: str, os: str, family: str) -> str:
    if family == "iPad" or "Tablet" in user_agent or (os == "Android" and "Mobile" not in user_agent):
        return "tablet"
    if os in ("Android", "iOS", "Windows Phone", "KaiOS") or "Mobile" in user_agent:
        return "mobile"
    return "desktop"


def _known(label: str) -> str:
    return "" if label == _UNKNOWN else label
