"""Texts of owners in pages: shown as they are, never run."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from linnet.edge.pages import PAGES, own_pages, words

NAMES = {"not_found": 404, "expired": 410, "password": 403}


class Reader(HTMLParser):
    """Notes the elements of a page, and what its paragraphs say."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.said = ""
        self.within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, attrs))
        self.within = tag

    def handle_endtag(self, tag: str) -> None:
        self.within = ""

    def handle_data(self, data: str) -> None:
        self.said += data if self.within == "p" else ""


def read(page: bytes) -> Reader:
    reader = Reader()
    reader.feed(page.decode())
    reader.close()
    return reader


HOSTILE = st.text() | st.lists(
    st.sampled_from(
        ["</p>", "<script>", "alert(1)", "&lt;", "&#60;", '"', "'", "<!--", "]]>", "\n", "<style>", "&", "</title>"]
    )
).map("".join)


@given(st.sampled_from(sorted(NAMES)), HOSTILE)
def test_whatever_a_text_holds_the_page_shows_it_and_has_the_same_elements(name: str, text: str):
    text = text.replace("\r", "").replace("\x00", "")
    pages = own_pages({name: text})
    if not text:
        assert pages == {}
        return
    ((status, page),) = pages.items()
    assert status == NAMES[name]
    found, usual = read(page), read(PAGES[status])
    assert found.said == text
    assert found.elements == usual.elements


def test_words_are_the_domains_or_the_callers_or_the_usual_ones():
    assert words({"password": "<i>"}, "password", "Enter it.") == "&lt;i&gt;"
    assert words({"expired": "x"}, "password", "Enter it & go.") == "Enter it &amp; go."
    assert words({}, "expired") == "Its owner set an end to it."
