"""The interface's texts in the reader's language, by gettext catalogues in ``locale/``."""

import gettext as catalogues
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Final

from markupsafe import Markup

LOCALE: Final = Path(__file__).parent / "locale"
DOMAIN: Final = "linnet"
# Languages that are written from the right to the left (Unicode's scripts Arabic, Hebrew, Thaana, Nko, Syriac, Adlam).
_FROM_THE_RIGHT: Final = frozenset(
    ("ar", "arc", "arz", "azb", "ckb", "dv", "fa", "he", "ks", "lrc", "mzn", "nqo", "pnb", "ps", "sd", "syr", "ug", "ur", "yi")
)
_spoken: ContextVar[str] = ContextVar("spoken", default="en")


def languages() -> list[str]:
    """The languages that there are texts in, by their codes: English, and one for each catalogue."""
    return ["en", *sorted(file.parent.parent.name for file in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))]


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
    return _catalogue(_spoken.get(), LOCALE).gettext(text)


def ngettext(singular: str, plural: str, count: int) -> str:
    """``singular`` or ``plural``, as the language that is spoken has it for ``count``."""
    return _catalogue(_spoken.get(), LOCALE).ngettext(singular, plural, count)


def in_page(text: str, /, **values: object) -> Markup:
    """``_(…)`` of templates: a text, which is ours or a translator's, with values in its places, escaped. Jinja's own does the
    same and costs several times as much, and a page has hundreds."""
    return Markup(gettext(text)) % values if values else _without_values(_spoken.get(), LOCALE, text)  # noqa: S704


def plural_in_page(singular: str, plural: str, num: int, /, **values: object) -> Markup:
    """``ngettext(…)`` of templates; ``num`` is a value, too, unless another is given under its name."""
    return Markup(ngettext(singular, plural, num)) % ({"num": num} | values)  # noqa: S704


@lru_cache(4096)
def _without_values(language: str, folder: Path, text: str) -> Markup:
    return Markup(_catalogue(language, folder).gettext(text)) % {}  # noqa: S704


@lru_cache(64)
def _catalogue(language: str, folder: Path) -> catalogues.NullTranslations:
    return catalogues.translation(DOMAIN, folder, [language], fallback=True)


def marked(text: str) -> str:
    """``text`` as it stands: it is in the catalogues, and is looked up when it is shown."""
    return text


def direction(language: str) -> str:
    """How a language is written, for HTML's ``dir``."""
    return "rtl" if language.partition("-")[0].partition("_")[0] in _FROM_THE_RIGHT else "ltr"


def own_name(language: str) -> str:
    """What a language is called in itself, as its catalogue says; else its code."""
    with spoken(language):
        # Translators: the name of your own language, in itself.
        name = gettext("English")
    return name if language == "en" or name != "English" else language
