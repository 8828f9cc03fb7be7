"""A link as a row of the table ``links``, both ways; its tags are rows of their own."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from linnet.model.link import Link
from linnet.model.path import wildcard_depth
from linnet.storage.columns import microseconds
from linnet.storage.link_tables import links
from linnet.storage.prepared import Columns

COLUMNS: Final = Columns(links, (field.name for field in fields(Link) if field.name != "tags"))
FIELDS: Final = COLUMNS.names
DERIVED: Final = ("path_key", "url_hash", "wildcard_depth", "tag_count")
_VALUES: Final = attrgetter(*FIELDS)
_NUMBER: Final = FIELDS.index("number")
_BLANK: Final = {field.name: field.default for field in fields(Link)}
# Setting the slots themselves takes a third of the time of the frozen class's constructor, which sets them by name.
_SETTERS: Final = tuple(Link.__dict__[name].__set__ for name in FIELDS)
_SET_TAGS: Final = Link.__dict__["tags"].__set__


def url_hash(url: str) -> int:
    """A 64-bit number to look destinations up by; equal ones are then compared in full."""
    return int.from_bytes(hashlib.blake2b(url.encode(errors="surrogatepass"), digest_size=8).digest(), "big", signed=True)


def values_of(link: Link, path_key: str, *, booleans: type) -> tuple[Any, ...]:
    """What the columns FIELDS + DERIVED hold for ``link``, as the driver takes it; no number (0) is null."""
    values = list(_VALUES(link))
    values[_NUMBER] = values[_NUMBER] or None
    for position in COLUMNS.booleans:
        flag = values[position]
        if flag is not None:
            values[position] = booleans(flag)
    for position in COLUMNS.moments:
        at = values[position]
        if at is not None:
            values[position] = microseconds(at)
    return (*values, path_key, url_hash(link.original_url), wildcard_depth(path_key), len(link.tags))


def link_of(row: Sequence[Any], tags: tuple[str, ...]) -> Link:
    """The link of a row that begins with COLUMNS."""
    return _link(COLUMNS.values(row), tags)


def record_of(link: Link) -> dict[str, Any]:
    """``link`` as JSON can hold it, by the names of its columns; what is null is left out."""
    values = values_of(link, link.path, booleans=bool)
    return {name: value for name, value in zip(FIELDS, values, strict=False) if value is not None} | {"tags": link.tags}


def recorded(record: Mapping[str, Any]) -> Link:
    """The link of which ``record_of`` made a record. A field that links did not have yet then has what a new link has."""
    values = [record.get(name, _BLANK[name]) for name in FIELDS]
    return link_of(values, tuple(record["tags"]))


def numbered(link: Link, number: int) -> Link:
    """``link`` with its number: ``dataclasses.replace``, three times as fast."""
    values = list(_VALUES(link))
    values[_NUMBER] = number
    return _link(values, link.tags)


def _link(values: Sequence[Any], tags: tuple[str, ...]) -> Link:
    link = object.__new__(Link)
    for set_field, value in zip(_SETTERS, values, strict=True):
        set_field(link, value)
    _SET_TAGS(link, tags)
    return link
