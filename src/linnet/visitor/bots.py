"""The rules that tell clicks of programs from those of people: data with a version, to which an operator's own can be added."""

import hashlib
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from linnet.model.errors import InvalidField

if TYPE_CHECKING:
    from ua_parser.regex import Resolver

MAX_RULES: Final = 1000
_MAX_BYTES: Final = 1 << 20
_MAX_PATTERN: Final = 4096
_MAX_NAME: Final = 100
_MAX_REASON: Final = 1000
_MAX_LISTED: Final = 50
_PACKAGED: Final = Path(__file__).with_name("bots.toml")
_DATA: Final = ("crawler-user-agents", "ua-parser-builtins")
_FIELDS: Final = frozenset(["name", "reason", "user_agent", "method", "status"])
_NAME: Final = re.compile(r"[\w.:@+-](?:[\w .:@+-]*[\w.:@+-])?", re.ASCII)
_METHOD: Final = re.compile(r"[A-Z][A-Z-]{0,19}", re.ASCII)
_NOT_IN_A_NAME: Final = re.compile(r"[^\w .:@+-]+", re.ASCII)
_EITHER_CASE: Final = re.compile(r"\[([a-z])([A-Z])\]|\[([A-Z])([a-z])\]", re.ASCII)


class InvalidRules(InvalidField):
    """A file of rules that cannot be used; the message says which rule and why."""

    code = "invalid_rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class BotRule:
    """One rule: a click is a program's if all matches that is given here (of ``methods`` and ``statuses`` one)."""

    name: str
    reason: str
    user_agent: str = ""
    methods: frozenset[str] = frozenset()
    statuses: frozenset[int] = frozenset()

    @property
    def about_agents(self) -> bool:
        """Whether the user agent alone decides."""
        return not self.methods and not self.statuses


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The rules of one file, in their order, and what the file calls its version."""

    version: str
    rules: tuple[BotRule, ...]


class BotRules:
    """All rules: an operator's ``own``, those of crawler-user-agents, and the packaged ones.

    The first that matches gives its name: rules that look at the user agent alone go first, so that a search engine is called
    by its name whatever it asked for, and among equals the operator's. ``version`` tells which rules these are, together with
    the data that browsers and systems are told by.
    """

    def __init__(self, own: RuleFile | None = None) -> None:
        packaged = packaged_rules()
        self._own = own.rules if own is not None else ()
        self._packaged = packaged.rules
        self._of_requests = [(rule, _matcher(rule)) for rule in (*self._own, *self._packaged) if not rule.about_agents]
        self._of_agents: Resolver | None = None
        given = [f"linnet {packaged.version}", *(f"{name} {version(name)}" for name in _DATA)]
        self.version: str = ", ".join([*given, *([f"own {own.version}"] if own is not None else [])])

    def of_agent(self, user_agent: str) -> str:
        """The name of the rule by which the user agent alone is a program's; "" when none is."""
        if self._of_agents is None:
            self._of_agents = _resolver([*_named(self._own), *_crawlers(), *_named(self._packaged)])
        return _found(self._of_agents, user_agent)

    def of_request(self, user_agent: str, method: str, status: int) -> str:
        """The name of the rule by which what was asked and answered tells a program; "" when none does."""
        for rule, matches in self._of_requests:
            if (
                (not rule.methods or method in rule.methods)
                and (not rule.statuses or status in rule.statuses)
                and (matches is None or matches(user_agent))
            ):
                return rule.name
        return ""


@cache
def packaged_rules() -> RuleFile:
    """The rules of this package."""
    return read_rules(_PACKAGED.read_bytes())


@cache
def common_rules() -> BotRules:
    """The rules where an operator has none of their own."""
    return BotRules()


def bot_of_request(user_agent: str, method: str, status: int) -> str:
    """``BotRules.of_request`` of the common rules."""
    return common_rules().of_request(user_agent, method, status)


def load_rules(path: Path | None) -> BotRules:
    """All rules, with those in an operator's file. Raises InvalidRules, naming the file, when that cannot be used."""
    if path is None:
        return common_rules()
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise InvalidRules("it is larger than 1 MB")
        rules = read_rules(content)
    except OSError as error:
        raise InvalidRules(f"The bot rules in {path} cannot be read: {error.strerror}.", field="LINNET_BOT_RULES") from None
    except InvalidRules as refusal:
        raise InvalidRules(f"The bot rules in {path} cannot be used: {refusal.message}.", field="LINNET_BOT_RULES") from None
    # Whoever changes rules may forget to count: the content tells.
    digest = hashlib.sha256(content).hexdigest()[:8]
    return BotRules(RuleFile(f"{rules.version} ({digest})", rules.rules))


def read_rules(content: bytes) -> RuleFile:
    """The rules of a file. Raises InvalidRules saying what is wrong, without an end."""
    try:
        told = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidRules(f"it is not TOML ({error})") from None
    number, listed = told.pop("version", None), told.pop("rules", [])
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 1 << 31:
        raise InvalidRules("it needs a version, such as version = 1")
    if told:
        raise InvalidRules(f"nothing is called {_quoted(next(iter(told)))}; there are version and [[rules]]")
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise InvalidRules("each rule begins with a line [[rules]]")
    if len(listed) > MAX_RULES:
        raise InvalidRules(f"there are {len(listed)} rules, and {MAX_RULES} at most can be used")
    rules = tuple(_rule(place, each) for place, each in enumerate(listed, 1))
    return RuleFile(str(number), rules)


def _rule(place: int, told: dict[str, Any]) -> BotRule:
    name = told.get("name")
    if not isinstance(name, str) or len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        raise InvalidRules(f"rule {place} needs a name of at most {_MAX_NAME} letters, digits, spaces and .:@+-_")
    where = f'rule {place} ("{name}")'
    if unknown := told.keys() - _FIELDS:
        raise InvalidRules(f"{where} has a field {_quoted(min(unknown))}; there are {', '.join(sorted(_FIELDS))}")
    reason, pattern = told.get("reason", ""), told.get("user_agent", "")
    if not isinstance(reason, str) or len(reason) > _MAX_REASON:
        raise InvalidRules(f"{where}: reason must be a text of at most {_MAX_REASON} characters")
    if not isinstance(pattern, str) or len(pattern) > _MAX_PATTERN:
        raise InvalidRules(f"{where}: user_agent must be a text of at most {_MAX_PATTERN} characters")
    methods = _list(told.get("method", []), where, "method", 'methods in capitals, such as ["HEAD"]', _is_method)
    statuses = _list(told.get("status", []), where, "status", "numbers from 100 to 599, such as [403]", _is_status)
    rule = BotRule(name=name, reason=reason, user_agent=pattern, methods=frozenset(methods), statuses=frozenset(statuses))
    if not (pattern or methods or statuses):
        raise InvalidRules(f"{where} matches everything; it needs user_agent, method or status")
    try:
        _matcher(rule)
    except ValueError as error:
        raise InvalidRules(f"{where}: user_agent is no regular expression that can be used: {_reason(error)}") from None
    return rule


def _list(told: Any, where: str, field: str, meaning: str, good: Callable[[Any], bool]) -> list[Any]:
    if not isinstance(told, list) or len(told) > _MAX_LISTED or not all(good(each) for each in told):
        raise InvalidRules(f"{where}: {field} must be a list of {meaning}")
    return told


def _is_method(value: Any) -> bool:
    return isinstance(value, str) and _METHOD.fullmatch(value) is not None


def _is_status(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599


def _quoted(text: str) -> str:
    return f'"{text[:_MAX_NAME]}"'


def _reason(error: ValueError) -> str:
    """What the library says, in one line and without a copy of the pattern."""
    found = re.search(r"error: (.+?)(?:\"|$)", str(error).replace("\\n", "\n"))
    return found.group(1) if found else "it does not parse"


# The patterns run in ua-parser's engine, which takes time in proportion to the text whatever pattern or text it is.


def _resolver(patterns: list[tuple[str, str]]) -> "Resolver":
    from ua_parser.lazy import UserAgentMatcher
    from ua_parser.regex import Resolver

    return Resolver(([UserAgentMatcher(f"({pattern})", name) for pattern, name in patterns], [], []))


def _found(resolver: "Resolver", user_agent: str) -> str:
    from ua_parser import Domain

    found = resolver(user_agent, Domain.USER_AGENT).user_agent
    return found.family if found is not None else ""


def _matcher(rule: BotRule) -> Callable[[str], bool] | None:
    """Whether a user agent matches the rule's pattern; None where it has none."""
    if not rule.user_agent:
        return None
    resolver = _resolver([(rule.user_agent, rule.name)])
    return lambda user_agent: _found(resolver, user_agent) != ""


def _named(rules: tuple[BotRule, ...]) -> list[tuple[str, str]]:
    return [(rule.user_agent, rule.name) for rule in rules if rule.about_agents]


def _crawlers() -> list[tuple[str, str]]:
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    return [(str(rule["pattern"]), rule_name(str(rule["pattern"]))) for rule in CRAWLER_USER_AGENTS_DATA]


def rule_name(pattern: str) -> str:
    """What a rule of crawler-user-agents is called, which have no names: its pattern without what makes it one."""
    readable = _EITHER_CASE.sub(_capital, pattern.replace("\\", ""))
    return _NOT_IN_A_NAME.sub("", readable)[:_MAX_NAME].strip() or "crawler"


def _capital(either: re.Match[str]) -> str:
    letters = [letter for letter in either.groups() if letter]
    return min(letters) if letters[0].lower() == letters[1].lower() else either.group(0)
