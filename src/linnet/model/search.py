"""Searching links: the query as a value, and the text in which its words are looked for."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from linnet.model.errors import InvalidField
from linnet.model.link import MAX_TAG, Link

MAX_SEARCH: Final = 300
MAX_WORDS: Final = 10
MAX_FOLDER_ID: Final = 64
# Of a destination; nobody remembers what is behind that, and eight kilobytes of it would weigh a thousand times a path.
_SEARCHED_URL: Final = 2_000
# Shorter words are looked for at the beginning of path, host, title and tags alone, unless no letter of them is ASCII.
SHORTEST: Final = 3
_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*://")
# What the index has its own use for, or what cannot be typed: control characters, private use, halves of surrogate pairs.
_UNSEARCHED: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff]+")
NO_FOLDER: Final = ""


class Shown(StrEnum):
    """Which links are listed, as to being archived."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    ALL = "all"


class Order(StrEnum):
    """In which order links are listed; ``CLICKS``: the most human clicks in the last 30 days first, then the newest."""

    NEWEST = "newest"
    OLDEST = "oldest"
    PATH = "path"
    PATH_DOWN = "path-down"
    CHANGED = "changed"
    CLICKS = "clicks"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkQuery:
    """Which links of a domain: those that have all words of ``text`` in their path, destination, title or tags, in any case.

    ``folder_id`` ``NO_FOLDER`` is for links that are in none, None for all links; ``owner_id`` is who made them.
    """

    text: str = ""
    folder_id: str | None = None
    tag: str | None = None
    owner_id: int | None = None
    shown: Shown = Shown.ACTIVE
    order: Order = Order.NEWEST

    @property
    def narrows(self) -> bool:
        """Whether it asks for anything but what is (or is not) archived, in some order."""
        return any((self.text.strip(), self.folder_id is not None, self.tag is not None, self.owner_id is not None))


_NAMES: Final = ("q", "folder", "tag", "creator", "show", "sort")


def query_of(sent: Mapping[str, str]) -> LinkQuery:
    """The query that ``query_values`` wrote, or that somebody typed into an address: values that make no sense are passed over.

    InvalidField for a text that is too long to be looked for, and for one of too many words.
    """
    text = sent.get("q", "").strip()
    refuse_text(text)
    folder, tag, creator = sent.get("folder", ""), sent.get("tag", "").strip(), sent.get("creator", "")
    return LinkQuery(
        text=text,
        folder_id=NO_FOLDER if folder == "-" else folder[:MAX_FOLDER_ID] or None,
        tag=tag[:MAX_TAG] or None,
        owner_id=int(creator) if creator.isascii() and creator.isdigit() and len(creator) < 10 else None,
        shown=_one(Shown, sent.get("show", ""), Shown.ACTIVE),
        order=_one(Order, sent.get("sort", ""), Order.NEWEST),
    )


def query_values(query: LinkQuery) -> dict[str, str]:
    """``query`` as the parameters of an address, without those that say what goes without saying."""
    folder = "-" if query.folder_id == NO_FOLDER else query.folder_id or ""
    creator = "" if query.owner_id is None else str(query.owner_id)
    shown = "" if query.shown is Shown.ACTIVE else query.shown.value
    order = "" if query.order is Order.NEWEST else query.order.value
    values = dict(zip(_NAMES, (query.text, folder, query.tag or "", creator, shown, order), strict=True))
    return {name: value for name, value in values.items() if value}


def refuse_text(text: str) -> None:
    """InvalidField for a text that is not searched for."""
    if len(text) > MAX_SEARCH:
        raise InvalidField(f"A search may have {MAX_SEARCH} characters; this one has {len(text)}.", field="q")
    if len(text.split()) > MAX_WORDS:
        raise InvalidField(f"A search may have {MAX_WORDS} words; leave some out.", field="q")


def search_words(text: str, hostname: str = "") -> tuple[str, ...]:
    """The words that all have to be there, each once, in the form in which they are compared.

    A short URL of the domain ``hostname`` stands for its path, and a destination is looked for without its scheme.
    """
    words = []
    for word in folded(text).split():
        plain = _SCHEME.sub("", word)
        if hostname and plain.startswith(f"{hostname}/"):
            plain = plain.removeprefix(f"{hostname}/")
        words.append(plain)
    return tuple(dict.fromkeys(word for word in words if word))


def search_text(path: str, original_url: str, title: str | None, tags: Iterable[str]) -> str:
    """What is searched of a link: a line each for its path, its destination without the scheme, its title, and each tag."""
    lines = (path, _SCHEME.sub("", original_url[:_SEARCHED_URL].lower()), title or "", *tags)
    return "\n" + "\n".join(map(folded, lines))


def folded(text: str) -> str:
    """``text`` as it is compared: compatible forms, case and what cannot be searched make no difference."""
    if text.isascii() and text.isprintable():
        return text.lower()
    normal = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _UNSEARCHED.sub(" ", normal)


def needle(word: str) -> str:
    """What a text of ``search_text`` contains if the word is found in it; see ``SHORTEST``."""
    return word if len(word) >= SHORTEST or not word.isascii() else f"\n{word}"


def fits(query: LinkQuery, link: Link, hostname: str = "") -> bool:
    """Whether a link is one of those that ``query`` asks for."""
    if query.shown is not Shown.ALL and link.archived is not (query.shown is Shown.ARCHIVED):
        return False
    if query.folder_id is not None and (link.folder_id or NO_FOLDER) != query.folder_id:
        return False
    if query.tag is not None and query.tag not in link.tags:
        return False
    if query.owner_id is not None and link.owner_id != query.owner_id:
        return False
    text = search_text(link.path, link.original_url, link.title, link.tags)
    return all(needle(word) in text for word in search_words(query.text, hostname))


def without_order(query: LinkQuery) -> LinkQuery:
    """``query`` for what asks which links there are, and not in which order."""
    return replace(query, order=Order.NEWEST)


def _one(kind: type[Any], value: str, default: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        return default
