"""The guides to the API, made of their Markdown: pieces of a page, with the programs between them."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_HOME: Final = "docs/guides"
# Where the wheel has the guides, and where they are kept: source code that runs as it stands shows those.
PLACES: Final = (Path(__file__).with_name("guide_files"), Path(__file__).parents[3] / _HOME)
FOLDER: Final = next((place for place in PLACES if place.is_dir()), PLACES[0])
INDEX: Final = "README"
ADDRESS: Final = "/dashboard/guides"
# How the guides call the server, in their links and programs.
SERVER: Final = "http://localhost:8000"


@dataclass(frozen=True, slots=True)
class Code:
    """A program, or another text for machines, in a language by Markdown's name for it."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide: ``contents`` are the anchors of its parts with their titles, ``pieces`` are to be shown one after the other."""

    name: str
    title: str
    contents: tuple[tuple[str, str], ...]
    pieces: tuple[Markup | Code, ...]

    @property
    def reads_environment(self) -> bool:
        """Whether a program of it needs the variables that every guide names."""
        return any(isinstance(piece, Code) and "LINNET_" in piece.text for piece in self.pieces)


def find_guide(name: str, folder: Path = FOLDER) -> Guide | None:
    """The guide whose file has this name, without its ending; None when there is none."""
    return _read(name, folder) if name in _names(folder) else None


@lru_cache(2)
def _names(folder: Path) -> frozenset[str]:
    return frozenset(file.stem for file in folder.glob("*.md"))


@lru_cache(100)
def _read(name: str, folder: Path) -> Guide:
    # The parser is loaded when somebody reads.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse((folder / f"{name}.md").read_text(encoding="utf-8"))
    title, contents = "", []
    pieces: list[Markup | Code] = []
    begun = 0
    for at, token in enumerate(tokens):
        _lead(token, _names(folder))
        if token.type == "heading_open":
            text = _plain(tokens[at + 1])
            token.attrSet("id", _anchor_of(text))
            if token.tag == "h2":
                contents.append((_anchor_of(text), text))
            elif token.tag == "h1":
                # The page's own heading says it.
                title, begun = text, at + 3
        elif token.type == "table_open":
            token.attrSet("class", "table table-cards")
        elif token.type == "fence":
            pieces += [_shown(parser, tokens[begun:at]), Code(token.info.strip(), token.content)]
            begun = at + 1
    pieces.append(_shown(parser, tokens[begun:]))
    return Guide(name, title, tuple(contents), tuple(pieces))


def _shown(parser: "MarkdownIt", tokens: Sequence["Token"]) -> Markup:
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 (our own text, and HTML in it is escaped)


def _anchor_of(heading: str) -> str:
    """The name of a heading in addresses, as it is where the files are shown by others: ``Node.js`` is ``nodejs``."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _plain(inline: "Token") -> str:
    return "".join(each.content for each in inline.children or ())


def _lead(inline: "Token", names: frozenset[str]) -> None:
    """Has the links of a line lead to pages; of a file that is no page here, it is told where it is."""
    away = ""
    for token in inline.children or ():
        if token.type == "link_open":
            target = _page_of(str(token.attrGet("href")), names)
            token.attrSet("href", target)
            if urlsplit(target).netloc:
                token.attrSet("rel", "noreferrer")
            elif not target.startswith(("/", "#")):
                away = target
                token.type, token.content = "text", ""
        elif token.type == "link_close" and away:
            token.type, token.content, away = "text", f" ({away})", ""


def _page_of(target: str, names: frozenset[str]) -> str:
    """Where a link of the files leads here; for a file that is not shown, its place in the source code."""
    if target.startswith(SERVER):
        return target.removeprefix(SERVER)
    path, _, anchor = target.partition("#")
    if not path or urlsplit(target).netloc:
        return target
    folder, file = posixpath.split(posixpath.normpath(posixpath.join(_HOME, path)))
    name = file.removesuffix(".md")
    if folder != _HOME or name not in names:
        return posixpath.join(folder, file)
    return (ADDRESS if name == INDEX else f"{ADDRESS}/{name}") + (f"#{anchor}" if anchor else "")
