"""The interface's texts in the reader's language, by gettext catalogues in ``locale/``."""

import gettext as catalogues
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Final

LOCALE: Final = Path(__file__).parent / "locale"
DOMAIN: Final = "linnet"
_spoken: ContextVar[str] = ContextVar("spoken", default="en")


def languages(folder: Path = LOCALE) -> list[str]:
    """The languages that there are texts in, by their codes: English, and one for each catalogue."""
    return ["en", *sorted(file.parent.parent.name for file in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))]


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Texts are in ``language`` meanwhile."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def gettext(text: str) -> str:
    """``text`` in the language that is spoken; as it stands where there is no translation."""
    return _catalogue(_spoken.get()).gettext(text)


def ngettext(singular: str, plural: str, count: int) -> str:
    """``singular`` or ``plural``, as the language that is spoken has it for ``count``."""
    return _catalogue(_spoken.get()).ngettext(singular, plural, count)


@lru_cache(64)
def _catalogue(language: str, folder: Path = LOCALE) -> catalogues.NullTranslations:
    return catalogues.translation(DOMAIN, folder, [language], fallback=True)
