"""The interface in other languages: every text is in the catalogue for translators, and shown as they write it."""

import ast
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from linnet.actions.profiles import set_reading
from linnet.actions.sign_in import user_actor
from linnet.dashboard import texts
from tests.dashboard.conftest import Site

DASHBOARD: Final = Path(texts.__file__).parent
LETTER: Final = re.compile(r"[^\W\d_]")
# What is the same in every language.
NAMES: Final = ("Linnet", "IP Geolocation by DB-IP", "UTF-8", "JSON", "QR", "URL", "API", "CSV", "UTM", "A/B", "TOTP")
ATTRIBUTE: Final = re.compile(r"""[\w-]+=(?:"[^"]*"|'[^']*')""")
READ_ALOUD: Final = frozenset({"title", "aria-label", "placeholder", "alt", "aria-description", "data-confirm"})
# The macros of forms, and which of their arguments are read: by place, and by name.
READ_PLACES: Final = {"field": (1,), "textarea": (1,), "select": (1,), "checkbox": (1,), "copyable": (2,), "heading": (0,)}
READ_PLACES_ALSO: Final = {"empty": (0,), "problem": (0,)}
READ_NAMES: Final = frozenset({"label", "hint", "title"})
UNITS: Final = frozenset({"ms"})
# Programs, which are the same in every language.
PROGRAMS: Final = frozenset({"key_samples.html"})
# An example, or the class of an element, is one in every language.
EXAMPLE: Final = re.compile(r"\S*[.:/@_=-]\S*|[A-Z0-9-]+")
TEMPLATES: Final = sorted(each for each in (DASHBOARD / "templates").glob("**/*.html") if each.name not in PROGRAMS)


class Bare(HTMLParser):
    """Collects texts that are not asked of the catalogue."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style", "code", "pre")
        for name, value in attrs:
            if name in READ_ALOUD and value and not EXAMPLE.fullmatch(value.strip()):
                self._note(value)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "code", "pre")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._note(data)

    def _note(self, text: str) -> None:
        # Macros may hold attributes by themselves.
        text = ATTRIBUTE.sub("", text)
        for name in NAMES:
            text = text.replace(name, "")
        if LETTER.search(text) and text.strip() not in UNITS and not EXAMPLE.fullmatch(text.strip()):
            self.found.append(text.strip())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_no_template_has_a_text_of_its_own(template: Path):
    source, environment = template.read_text(), Environment(extensions=["jinja2.ext.i18n"])
    bare = Bare()
    bare.feed("".join(value for _, kind, value in environment.lex(source) if kind == "data"))
    bare.close()
    assert bare.found == []
    assert literal_arguments(environment, source) == []


@pytest.mark.parametrize("module", sorted(DASHBOARD.glob("*.py")), ids=lambda file: file.name)
def test_no_module_tells_a_sentence_of_its_own(module: Path):
    told = [
        argument.value
        for call in ast.walk(ast.parse(module.read_text()))
        if isinstance(call, ast.Call)
        for argument in call.keywords
        if argument.arg in ("notice", "error", "problem", "told")
    ]
    assert [ast.unparse(each) for each in told if isinstance(each, ast.JoinedStr) or _is_sentence(each)] == []


def _is_sentence(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, str) and " " in value.value


def literal_arguments(environment: Environment, source: str) -> list[str]:
    """Texts that are handed to macros as they stand."""
    found: list[str] = []
    for call in environment.parse(source).find_all(nodes.Call):
        name = call.node.attr if isinstance(call.node, nodes.Getattr) else ""
        places = (READ_PLACES | READ_PLACES_ALSO).get(name, ())
        read = [call.args[place] for place in places if place < len(call.args)]
        read += [each.value for each in call.kwargs if name in READ_PLACES and each.key in READ_NAMES]
        found += [each.value for each in read if isinstance(each, nodes.Const) and LETTER.search(str(each.value))]
    return found


def test_the_test_finds_what_it_looks_for():
    bare = Bare()
    bare.feed('<p title="Say it">Hello</p><img alt="A bird"><input placeholder="go.example.com"><code>curl</code>')
    assert bare.found == ["Say it", "Hello", "A bird"]
    source = '{{ ui.field("name", "Name", hint="What") }}{{ ui.heading(_("Fine")) }}{{ ui.field("x", _("Fine")) }}'
    assert literal_arguments(Environment(extensions=["jinja2.ext.i18n"]), source) == ["Name", "What"]


def keys(catalog: Catalog) -> set[Any]:
    return {message.id for message in catalog if message.id}


def test_the_catalogue_for_translators_has_every_text():
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    keywords = DEFAULT_KEYWORDS | {"marked": None}
    options = {"templates/**.html": {"silent": "false"}}
    found = extract_from_dir(DASHBOARD, methods, options, keywords)
    with (DASHBOARD / "locale" / "linnet.pot").open("rb") as pot:
        known = keys(read_po(pot))
    assert {message for _, _, message, _, _ in found} == known, "make texts brings the catalogue up to date"


@pytest.fixture
def locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Catalogues of a test's own: German, and Arabic."""
    folder = tmp_path / "locale"
    for language, translated in (("de", GERMAN), ("ar", {"Settings": "الإعدادات", "English": "العربية"})):
        catalog = Catalog(locale=language)
        for text, said in translated.items():
            catalog.add(text, said)
        place = folder / language / "LC_MESSAGES"
        place.mkdir(parents=True)
        with (place / "linnet.mo").open("wb") as file:
            write_mo(file, catalog)
    monkeypatch.setattr(texts, "LOCALE", folder)
    yield folder
    shutil.rmtree(folder)


GERMAN: dict[Any, Any] = {
    "English": "Deutsch",
    "Settings": "Einstellungen",
    "Language and time zone were saved.": "Sprache und Zeitzone wurden gespeichert.",
    "%s was added.": "%s ist da.",
    ("%(num)d new notification", "%(num)d new notifications"): ("%(num)d neue Nachricht", "%(num)d neue Nachrichten"),
    "Paths of new links": "Pfade neuer Links",
}


def test_a_page_is_in_the_language_that_its_reader_chose(site: Site, locale: Path):
    site.enter()
    page = site.get("/dashboard/settings").text
    assert '<html lang="en" dir="ltr">' in page
    assert "Deutsch</option>" in page
    answer = site.post("/dashboard/settings/reading", {"language": "de", "time_zone": "Europe/Berlin"})
    assert answer.status_code == 303
    page = site.get("/dashboard/settings").text
    for words in ('<html lang="de" dir="ltr">', "<h1", "Einstellungen", "Sprache und Zeitzone wurden gespeichert."):
        assert words in page
    # Marked in Python, and looked up for the page.
    assert "Pfade neuer Links" in site.get("/dashboard/domains/1/settings").text
    # Made in Python, for a page that comes later.
    site.post("/dashboard/domains/new", {"hostname": "b.example"})
    assert "b.example ist da." in site.get("/dashboard/domains").text
    # What is not translated yet is in English.
    assert "Sign out" in page


def test_a_language_that_is_written_from_the_right_says_so(site: Site, locale: Path):
    site.enter()
    site.post("/dashboard/settings/reading", {"language": "ar", "time_zone": "UTC"})
    page = site.get("/dashboard/settings").text
    assert '<html lang="ar" dir="rtl">' in page
    assert "الإعدادات" in page


def test_a_language_whose_catalogue_is_gone_is_english(site: Site, locale: Path):
    context = site.context_of(user_actor(site.database, 1))
    set_reading(context, language="de", time_zone="UTC", languages=texts.languages())
    shutil.rmtree(locale / "de")
    locale.joinpath("de").mkdir()
    texts._catalogue.cache_clear()
    site.enter()
    assert ">Settings</a>" in site.get("/dashboard/overview").text


def test_two_readers_at_once_each_have_their_own_language(locale: Path):
    with texts.spoken("de"):
        assert texts.gettext("Settings") == "Einstellungen"
        with texts.spoken("ar"):
            assert texts.gettext("Settings") == "الإعدادات"
        assert texts.ngettext("%(num)d new notification", "%(num)d new notifications", 2) == "%(num)d neue Nachrichten"
    assert texts.gettext("Settings") == "Settings"
