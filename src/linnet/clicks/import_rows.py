"""Rows of files as clicks: what is there is checked, what is not there is told from the rest."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from math import isfinite
from typing import Any, Final

from linnet.clicks.conversions import MAX_GOALS
from linnet.clicks.enrich import campaign_of, stored_address
from linnet.model.click import Click, ClickFlag
from linnet.model.click_record import ClickRecord, Reached
from linnet.model.conversion import MAX_GOAL, NONCE_BITS
from linnet.model.domain import Domain
from linnet.model.errors import InvalidField
from linnet.model.periods import moment
from linnet.model.statistics import UTM_FIELDS
from linnet.visitor.agent import Judge
from linnet.visitor.geo import Place
from linnet.visitor.referrer import Referrer

Row = Mapping[str, Any]
MAX_PATH: Final = 1024
_MAX_TEXT: Final = 1 << 17
_VISITOR_BITS: Final = 40
_METHOD: Final = re.compile(r"[A-Z]{1,16}")
_FLAGS: Final = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False, True: True, False: False}
_FUTURE: Final = timedelta(hours=1)
# What no visit of a short link has needed yet; texts that are longer are some mistake.
_LONGEST: Final = {"method": 16, "scheme": 8, "hostname": 253, "path": MAX_PATH, "country": 2, "language": 35, "ab_path": 16}
_AGENT: Final = ("browser", "browser_version", "os", "device")
_PLACE: Final = ("country", "region", "city")


@dataclass(frozen=True, slots=True)
class ImportedClick:
    """A click without its link yet: the link's id as the file has it ("" is none, None not told), and the goals that came of
    it."""

    click: Click
    link_id: str | None
    goals: tuple[Reached, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows become clicks of ``domain``: what they do not tell is told by ``judge``, ``place_of`` and ``referrer_of``, as of
    a click that comes now. Addresses are stored as the domain has it. What was made before ``cleared_before`` is refused."""

    domain: Domain
    judge: Judge
    place_of: Callable[[str], Place]
    referrer_of: Callable[[str], Referrer]
    now: datetime
    cleared_before: datetime | None = None

    def click_of(self, row: Row) -> ImportedClick:
        """The click of a row, whose keys are columns of ``ClickRecord``; what is missing, or None, is not told. InvalidField
        says which column is wrong, and what would be right."""
        values = self._asked(row)
        values |= self._visitor(row, values["address"])
        values |= self._agent(row, values)
        values |= self._source(row)
        values |= self._campaign(row, values["query"])
        values |= {"scan": _flag(row, "scan", default=False), "ab_path": _text(row, "ab_path")}
        values |= {"nonce": _whole(row, "nonce", 0, bits=NONCE_BITS), "visitor": _whole(row, "visitor", 0, bits=_VISITOR_BITS)}
        values["address"] = stored_address(values["address"], self._address_flags())
        click = Click(domain_id=self.domain.id, link_number=0, goal_completed="", **values)
        link_id = None if row.get("link_id") is None else _text(row, "link_id")
        return ImportedClick(click, link_id, _goals(row, click.at))

    def _asked(self, row: Row) -> dict[str, Any]:
        path, scheme, method = (
            _text(row, "path", "/"),
            _text(row, "scheme", "https").lower(),
            _text(row, "method", "GET").upper(),
        )
        if not path.startswith("/"):
            raise InvalidField("path must begin with a slash, as in /spring.", field="path")
        if scheme not in ("http", "https"):
            raise InvalidField("scheme must be http or https.", field="scheme")
        if not _METHOD.fullmatch(method):
            raise InvalidField("method must be that of a request, such as GET.", field="method")
        status = _whole(row, "status", 302, bits=16)
        if not 100 <= status <= 599:
            raise InvalidField("status must be an HTTP status, from 100 to 599.", field="status")
        return {
            "at": self._moment(row),
            "status": status,
            "method": method,
            "scheme": scheme,
            "hostname": _text(row, "hostname", self.domain.hostname),
            "path": path,
            "query": _text(row, "query").removeprefix("?"),
            "address": _address(row),
        }

    def _moment(self, row: Row) -> datetime:
        at = _moment(row, "clicked_at", self.now)
        if self.cleared_before is not None and at < self.cleared_before:
            cleared = f"{self.cleared_before:%Y-%m-%d %H:%M:%S} UTC"
            raise InvalidField(
                f"The statistics of the domain were cleared at {cleared}, after this click; --even-cleared takes it in.",
                field="clicked_at",
            )
        return at

    def _visitor(self, row: Row, address: str) -> dict[str, Any]:
        place = {name: _text(row, name) for name in _PLACE}
        if address and all(row.get(name) is None for name in _PLACE):
            place |= self.place_of(address)._asdict()
        return place | {"language": _text(row, "language")}

    def _agent(self, row: Row, values: Mapping[str, Any]) -> dict[str, Any]:
        user_agent = _text(row, "user_agent")
        whole = all(row.get(name) is not None for name in (*_AGENT, "human", "bot"))
        *told, bot = ("",) * 5 if whole else self.judge(user_agent, values["method"], values["status"])
        agent = {name: _text(row, name, value) for name, value in zip(_AGENT, told, strict=True)}
        if row.get("bot") is not None:
            bot = _text(row, "bot")
        human = _flag(row, "human", default=not bot)
        if row.get("bot") is None and human != (not bot):
            # Who says that a program came need not know by which rule.
            bot = "" if human else "imported"
        return agent | {"user_agent": user_agent, "human": human, "bot": bot}

    def _source(self, row: Row) -> dict[str, Any]:
        referrer = _text(row, "referrer")
        found = self.referrer_of(referrer)
        host, social = _text(row, "referrer_host", found.host), _text(row, "social", found.social)
        return {"referrer": referrer, "referrer_host": host, "social": social}

    def _campaign(self, row: Row, query: str) -> dict[str, Any]:
        found = campaign_of(query)
        return {name: _text(row, name, value) for name, value in zip(UTM_FIELDS, found, strict=True)}

    def _address_flags(self) -> int:
        if self.domain.hide_visitor_ip:
            return ClickFlag.HIDE_ADDRESS
        return ClickFlag.KEEP_ADDRESS if self.domain.whole_addresses else 0


def unknown_columns(names: Sequence[str]) -> list[str]:
    """Those that no click has."""
    return [name for name in names if name not in ClickRecord._fields]


def _text(row: Row, name: str, default: str = "") -> str:
    value = row.get(name)
    if value is None:
        return default
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise InvalidField(f"{name} must be a text.", field=name)
    longest = _LONGEST.get(name, _MAX_TEXT)
    if len(value) > longest:
        raise InvalidField(f"{name} must have at most {longest} characters, not {len(value)}.", field=name)
    return value


def _whole(row: Row, name: str, default: int, *, bits: int) -> int:
    value = row.get(name)
    if value is None or value == "":
        return default
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else -1
    except ValueError:
        number = -1
    if not 0 <= number < 1 << bits:
        raise InvalidField(f"{name} must be a whole number from 0 to {(1 << bits) - 1}, not '{str(value)[:32]}'.", field=name)
    return number


def _flag(row: Row, name: str, *, default: bool) -> bool:
    value = row.get(name)
    if value is None or value == "":
        return default
    found = _FLAGS.get(value.lower() if isinstance(value, str) else value) if isinstance(value, str | bool | int) else None
    if found is None:
        raise InvalidField(f"{name} must be true or false, not '{str(value)[:32]}'.", field=name)
    return found


def _moment(row: Row, name: str, now: datetime) -> datetime:
    value = row.get(name)
    if value is None or value == "":
        raise InvalidField(f"{name} is missing: a time with its zone, as in 2026-03-01T12:00:00.000Z.", field=name)
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise InvalidField(f"{name} must be a time with its zone, or milliseconds since 1970.", field=name)
    found = moment(value, UTC, field=name)
    if found > now + _FUTURE:
        raise InvalidField(f"{name} lies in the future: {str(value)[:32]}.", field=name)
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def _address(row: Row) -> str:
    text = _text(row, "address")
    try:
        return str(ip_address(text)) if text else ""
    except ValueError:
        raise InvalidField(f"address must be an IPv4 or IPv6 address, or empty, not '{text[:40]}'.", field="address") from None


def _goals(row: Row, clicked_at: datetime) -> tuple[Reached, ...]:
    told = row.get("conversions")
    if told is None or told == "":
        name = _text(row, "goal_completed")
        return (Reached(_goal_name(name), clicked_at, _worth(row.get("conversion_value"))),) if name else ()
    try:
        listed = json.loads(told) if isinstance(told, str) else told
    except (ValueError, RecursionError):
        raise InvalidField("conversions must be a list in JSON.", field="conversions") from None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise InvalidField("conversions must be a list of objects, each with goal, value and at.", field="conversions")
    if len(listed) > MAX_GOALS:
        raise InvalidField(f"conversions must be at most {MAX_GOALS} of a click.", field="conversions")
    found = {}
    for each in listed:
        name = _goal_name(each.get("goal"))
        at = moment(each["at"], UTC, field="conversions") if each.get("at") else clicked_at
        found[name] = Reached(name, at, _worth(each.get("value")))
    return tuple(found.values())


def _goal_name(name: object) -> str:
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_GOAL:
        raise InvalidField(f"A goal must be a text of 1 to {MAX_GOAL} characters.", field="conversions")
    return name


def _worth(value: object) -> float:
    try:
        number = float(value or 0) if isinstance(value, str | int | float | None) else float("nan")
    except (ValueError, OverflowError):
        number = float("nan")
    if not isfinite(number):
        raise InvalidField(f"The value of a conversion must be a number, not '{str(value)[:32]}'.", field="conversion_value")
    return number
