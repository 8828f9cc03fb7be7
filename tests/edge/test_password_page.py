"""The page that asks for a password: texts of others are shown, and change nothing else."""

from html.parser import HTMLParser
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from linnet.edge.password_page import WRONG, password_page, too_many
from linnet.edge.respond import NO_REFERRER, tail_of
from linnet.model.route import Needs, Route
from tests.support.small_edge import Reply, read

TAIL = tail_of(b"Fri, 01 May 2026 12:00:00 GMT", NO_REFERRER, close=False)
HOSTILE = st.text(min_size=1) | st.lists(
    st.sampled_from(["</p>", "<script>", "alert(1)", "&lt;", '"', "'>", "<!--", "\n", "</form>", "<input name=password>", "&"]),
    min_size=1,
).map("".join)


class Reader(HTMLParser):
    """Notes elements and attributes, and what is said in each element."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self._open.append(dict(attrs).get("id") or tag)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.said[self._open[-1]] = self.said.get(self._open[-1], "") + data

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]


def asked(contact: str | None = None, texts: dict[str, str] | None = None, problem: str = "", wait: int = 0) -> Reply:
    route = Route(
        link_number=1, domain_id=1, destination="https://e.example/hidden", needs=int(Needs.PASSWORD), contact=contact
    )
    return read(password_page(403, route, texts or {}, TAIL, problem=problem, wait_seconds=wait))


@given(HOSTILE, st.builds("{}@example.com".format, HOSTILE))
def test_whatever_an_owner_writes_is_shown_and_is_no_element(text: str, address: str):
    text, address = (each.replace("\r", "").replace("\x00", "") for each in (text, address))
    shown, usual = Reader(asked(address, {"password": text}).body), Reader(asked("a@b.example").body)
    assert shown.tags == usual.tags
    assert shown.said["why"] == text or (text == "" and shown.said["why"] == usual.said["why"])
    assert shown.said["a"] == address
    (link,) = [attributes for tag, attributes in shown.elements if tag == "a"]
    assert link["href"] is not None
    scheme, _, mailbox = link["href"].partition(":")
    assert (scheme, unquote(mailbox)) == ("mailto", address)
    assert not set(mailbox) & set('?&<>" \n')


def test_words_of_the_domain_stand_in_place_of_the_usual_ones():
    assert Reader(asked(texts={"password": "Members only.", "expired": "Over."}).body).said["why"] == "Members only."
    assert Reader(asked(texts={"expired": "Over."}).body).said["why"] == Reader(asked().body).said["why"]


def test_the_owner_is_not_shown_unless_he_wants_it():
    assert "a" not in Reader(asked().body).tags


def test_the_field_has_a_label_and_says_what_is_wrong():
    right, wrong = Reader(asked().body), Reader(asked(problem=WRONG).body)
    (field,) = [attributes for tag, attributes in wrong.elements if tag == "input"]
    (label,) = [attributes for tag, attributes in wrong.elements if tag == "label"]
    assert label["for"] == field["id"] == field["name"] == "password"
    assert (field["type"], field["autocomplete"], field["aria-invalid"]) == ("password", "off", "true")
    assert "autofocus" in field
    assert field["aria-describedby"] == "problem"
    assert wrong.said["problem"] == WRONG
    assert "problem" not in right.said
    (form,) = [attributes for tag, attributes in wrong.elements if tag == "form"]
    assert form == {"method": "post"}


def test_who_has_to_wait_is_told_how_long():
    reply = asked(problem=too_many(290), wait=290)
    assert reply.headers["retry-after"] == "290"
    assert b"Try again in 5 minutes." in reply.body
    assert [too_many(seconds).rpartition(" in ")[2] for seconds in (1, 2, 60, 61, 120)] == [
        "1 second.",
        "2 seconds.",
        "60 seconds.",
        "2 minutes.",
        "2 minutes.",
    ]


def test_the_page_is_kept_by_nobody_and_sends_no_referrer():
    headers = asked().headers
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "retry-after" not in headers
    assert int(headers["content-length"]) == len(asked().body)
