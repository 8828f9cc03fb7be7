"""A click as files hold it: the columns of what is exported and imported, and how their texts are written."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

# Spreadsheets take cells that begin so for formulas (some also with the full-width forms of these signs), and might do what a
# stranger wrote there.
_BEGINNINGS: Final = "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n"
_FORMULA: Final = re.compile(f"'*[{re.escape(_BEGINNINGS)}]")
_GUARDED: Final = re.compile(f"'+[{re.escape(_BEGINNINGS)}]")
_SUSPECTS: Final = frozenset(f"{_BEGINNINGS}'")


class FileFormat(StrEnum):
    """How a file of clicks is written."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


class Reached(NamedTuple):
    """A goal that was reached after a click; ``at`` is aware UTC."""

    name: str
    at: datetime
    value: float


class ClickRecord(NamedTuple):
    """One click of a file; the names of the columns are published and never change.

    ``link_id`` is "" for a visit without a link, or of one that is gone. ``link_number`` tells links of one installation apart,
    gone ones too. ``visitor`` and ``nonce`` are as in ``Click``. ``goal_completed`` is the first goal that came of the click,
    ``conversion_value`` what all of them were worth, and ``conversions`` are all of them. All else is as in ``Click``; unknown
    text is "".
    """

    clicked_at: datetime
    link_id: str
    link_number: int
    status: int
    method: str
    scheme: str
    hostname: str
    path: str
    query: str
    address: str
    country: str
    region: str
    city: str
    referrer: str
    referrer_host: str
    social: str
    user_agent: str
    browser: str
    browser_version: str
    os: str
    device: str
    human: bool
    bot: str
    language: str
    utm_source: str
    utm_medium: str
    utm_campaign: str
    utm_term: str
    utm_content: str
    ab_path: str
    scan: bool
    visitor: int
    nonce: int
    goal_completed: str = ""
    conversion_value: float = 0.0
    conversions: tuple[Reached, ...] = ()


# What a store keeps of a click, in the order and by its own names; the rest of a record is told by links and conversions.
STORED_FIELDS: Final = ("at", *ClickRecord._fields[2:-3])
# The position of each column that is a text.
TEXTS: Final = tuple(place for place, kind in enumerate(ClickRecord.__annotations__.values()) if kind is str)


def written_moment(moment: datetime) -> str:
    """A moment in ISO 8601, in UTC with milliseconds."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat(timespec='milliseconds')[:-6]}Z"


def guarded(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula: with an apostrophe before it, if need be."""
    return "'" + text if text and text[0] in _SUSPECTS and _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text of a cell that ``guarded`` wrote."""
    return cell[1:] if cell[:1] == "'" and _GUARDED.match(cell) else cell
