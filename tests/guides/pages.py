"""The guides as the pages that they are: their programs, the answers that they show, and the errors that they name."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HOME: Final = Path(__file__).parents[2] / "docs" / "guides"
LANGUAGES: Final = ("python", "js", "ruby")
# Pages that hold no task of their own.
_OTHERS: Final = ("README", "coming-from-short-io", "mcp")
_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ERROR: Final = re.compile(r"^\| (\d{3}) `(\w+)` \|", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Program:
    """A block of code that stands on a page, to be run as it stands."""

    page: str
    language: str
    source: str

    @property
    def needs_official_client(self) -> bool:
        return "@short.io/" in self.source

    def __str__(self) -> str:
        return f"{self.page}-{self.language}" + ("-official" if self.needs_official_client else "")


@dataclass(frozen=True, slots=True)
class Page:
    """A guide, by the name of its file without the ending."""

    name: str

    @property
    def text(self) -> str:
        return (HOME / f"{self.name}.md").read_text()

    def programs(self, *languages: str) -> list[Program]:
        """The page's programs in these languages, in all three when none is named."""
        wanted = languages or LANGUAGES
        return [Program(self.name, language, source) for language, source in _BLOCK.findall(self.text) if language in wanted]

    def answers(self) -> list[Any]:
        """The answers of the API that the page shows, shortened as they are."""
        return [json.loads(source) for language, source in _BLOCK.findall(self.text) if language == "json"]

    def errors(self) -> list[tuple[int, str]]:
        """Status and code of each error in the page's tables."""
        return [(int(status), code) for status, code in _ERROR.findall(self.text)]


def all_pages() -> list[Page]:
    """Every page of the guides, the index among them."""
    return [Page(file.stem) for file in sorted(HOME.glob("*.md"))]


def tasks() -> list[Page]:
    """The pages that show how something is done."""
    return [page for page in all_pages() if page.name not in _OTHERS]


def fits(shown: Any, real: Any) -> bool:
    """Whether a shortened answer says nothing that the real one does not: its names are there, with values of the same kind.

    Of a list, each element that is shown must fit one that is there.
    """
    if isinstance(shown, dict):
        return isinstance(real, dict) and all(name in real and fits(value, real[name]) for name, value in shown.items())
    if isinstance(shown, list):
        return isinstance(real, list) and all(any(fits(value, each) for each in real) for value in shown)
    return type(shown) is type(real)
