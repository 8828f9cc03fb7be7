"""What the search index files a link under: pieces of its text, and three letters for each thing that it belongs to.

SQLite's trigram tokenizer takes every three neighbouring characters for a term. So what is no text is written as three
characters of the private-use area, which no searched text holds, and words of less than three are met by marks that stand
before each line of the text.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from linnet.model.search import SHORTEST, Shown, needle, search_text

# Before each line, so that its first and its first two characters make terms of their own.
_START: Final = "\x02\x02"
# Before each letter, and each two, of which one is not ASCII: in some scripts that is a whole word.
_SHORT: Final = "\x03"
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]")
_PRIVATE, _PRIVATE_COUNT = 0xE000, 6400
TERM: Final = 3
# Domain, whether it is archived, creator, folder; then one for each tag, and for each user who sees it though others do not.
_FIXED: Final = 4
# Of one word; the rarest ones say all that there is to say, and what they let through is compared anyway.
MOST_TERMS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedLink:
    """A link as the index knows it. ``permitted`` are users who may read it beyond its creator."""

    number: int
    domain_id: int
    owner_id: int
    path: str
    path_key: str
    original_url: str
    title: str | None
    folder_id: str | None
    archived: bool
    created_at: int
    updated_at: int
    tags: tuple[str, ...] = ()
    permitted: tuple[int, ...] = ()

    def text(self) -> str:
        """What its words are looked for in."""
        return search_text(self.path, self.original_url, self.title, self.tags)

    def labels(self) -> str:
        """What it belongs to, three characters each."""
        fixed = (
            label("domain", self.domain_id),
            label("archived", int(self.archived)),
            label("creator", self.owner_id),
            label("folder", self.folder_id or ""),
        )
        tags = (label("tag", tag) for tag in dict.fromkeys(self.tags))
        users = (label("visible", user) for user in sorted({self.owner_id, *self.permitted}))
        return "".join((*fixed, *tags, *users))


@lru_cache(maxsize=8192)
def label(kind: str, value: int | str) -> str:
    """Three private characters for a thing: a digest, so that no list of things has to be kept. Two things of a thousand share
    theirs once in 500,000 installations; and what is found is looked at in the database before it is shown."""
    number = int.from_bytes(hashlib.blake2b(f"{kind}:{value}".encode(errors="replace"), digest_size=8).digest(), "big")
    return "".join(chr(_PRIVATE + number // _PRIVATE_COUNT**place % _PRIVATE_COUNT) for place in range(TERM))


def archived_label(shown: Shown) -> str | None:
    """The label of links that are archived, or are not; None for all of them."""
    return None if shown is Shown.ALL else label("archived", int(shown is Shown.ARCHIVED))


def columns(text: str, labels: str) -> tuple[str, ...]:
    """What the index's columns hold for a text and labels; always the same, because that is how it is taken out again."""
    lines = text[1:].split("\n")
    path, url, title, *tags = (f"{_START}{line}" if line else "" for line in lines)
    each = split_labels(labels)
    return (path, url, title, "".join(tags), _short_terms(lines), *each[:_FIXED], " ".join(each[_FIXED:]))


def split_labels(labels: str) -> list[str]:
    """The labels that ``SearchedLink.labels`` wrote."""
    return [labels[place : place + TERM] for place in range(0, len(labels), TERM)]


def terms_of(word: str) -> list[str]:
    """The terms that a text has if it contains ``word``; not all texts that have them do."""
    if len(word) < SHORTEST:
        if word.isascii():
            return [f"{_START}{word}"[-TERM:]]
        return [f"{_SHORT}{_SHORT}{word}"[-TERM:]]
    return list(dict.fromkeys(word[place : place + TERM] for place in range(len(word) - TERM + 1)))


def sampled_terms(text: str) -> set[str]:
    """The terms of a text, for the counts by which rare ones are told from frequent ones."""
    found = set[str]()
    for line in text[1:].split("\n"):
        marked = f"{_START}{line}"
        found.update(marked[place : place + TERM] for place in range(len(marked) - TERM + 1))
    return found


def expression(terms: Iterable[str]) -> str:
    """The match expression for what has all of ``terms``, whatever characters they are made of."""
    return " AND ".join('"' + term.replace('"', '""') + '"' for term in terms)


def contains(text: str, words: Iterable[str]) -> bool:
    """Whether a stored text contains each of ``words``."""
    return all(needle(word) in text for word in words)


def _short_terms(lines: Iterable[str]) -> str:
    found = dict[str, None]()
    for line in lines:
        for foreign in _FOREIGN.finditer(line):
            at = foreign.start()
            found[f"{_SHORT}{_SHORT}{line[at]}"] = None
            for pair in (line[max(at - 1, 0) : at + 1], line[at : at + 2]):
                if len(pair) == 2 and not any(letter.isspace() for letter in pair):
                    found[f"{_SHORT}{pair}"] = None
    return "".join(found)
