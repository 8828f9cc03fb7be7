"""Lines of block-lists in the forms in which they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.blocklist import Entry, is_under, read_line, suffixes


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("evil.example", "evil.example"),
        ("  EVIL.example.  \n", "evil.example"),
        ("0.0.0.0 evil.example", "evil.example"),
        ("127.0.0.1\tevil.example # phishing", "evil.example"),
        ("::1 evil.example", "evil.example"),
        ("0.0.0.0 evil.example other.example", "evil.example"),
        ("evil.example # phishing", "evil.example"),
        ("||evil.example^", "evil.example"),
        ("||evil.example", "evil.example"),
        ("||evil.example^$all", "evil.example"),
        ("||evil.example^$important,document", "evil.example"),
        ("*.evil.example", "evil.example"),
        (".evil.example", "evil.example"),
        ("böse.example", "xn--bse-sna.example"),
        ("||BÖSE.example^", "xn--bse-sna.example"),
        ("xn--bse-sna.example", "xn--bse-sna.example"),
        ("under_score.example", "under_score.example"),
        ("192.0.2.7", "192.0.2.7"),
        ("http://evil.example", "evil.example"),
        ("https://user@Evil.Example:8443/", "evil.example"),
    ],
)
def test_a_line_names_a_host(line: str, host: str):
    assert read_line(line) == Entry(host, "")


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("http://evil.example/a/b", Entry("evil.example", "/a/b")),
        ("https://evil.example/?x=1", Entry("evil.example", "/?x=1")),
        ("https://evil.example/ä b", Entry("evil.example", "/%C3%A4")),
        ("||evil.example/login", Entry("evil.example", "/login")),
        ("||evil.example/login^", Entry("evil.example", "/login")),
        ("||evil.example/login/*", Entry("evil.example", "/login/")),
    ],
)
def test_a_line_names_addresses_that_begin_alike(line: str, entry: Entry):
    assert read_line(line) == entry


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "# evil.example",
        "! evil.example",
        "[Adblock Plus 2.0]",
        "@@||good.example^",
        "||evil.example^$third-party",
        "||evil.example^$domain=good.example",
        "||evil.example/a*b",
        "||*.evil.example/^x",
        "good.example##.banner",
        "127.0.0.1 localhost",
        "localhost",
        "com",
        "0.0.0.0",
        "-",
        "\x00",
        "http://",
        "ftp://evil.example/",
        "http://[::1]/",
        "http://[evil.example/",
        "a" * 300 + ".example",
        "é" * 9000,
        "\udc80.example",
    ],
)
def test_what_is_no_entry_is_left_out(line: str):
    # An address that stands alone is a host like others, but for the one that hosts files lead to.
    assert read_line(line) in (None, Entry("0.0.0.0"))


@given(st.text())
def test_any_line_is_read_or_left_out(line: str):
    entry = read_line(line)
    assert entry is None or (entry.host.isascii() and "." in entry.host and "\n" not in entry.host + entry.prefix)


def test_a_host_covers_what_is_below_it_and_nothing_above():
    assert list(suffixes("a.b.evil.example")) == ["a.b.evil.example", "b.evil.example", "evil.example"]


def test_a_prefix_covers_what_begins_with_it():
    assert is_under("/login/now?x", ("/other", "/login"))
    assert not is_under("/", ("/login",))
    assert is_under("/anything", ())
