"""What is read of ordinary visits, and kept: never another visitor's headers, and nothing that the grammar forbids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.edge.ordinary import HeadReader

LINE = b"GET /abc HTTP/1.1\r\n"
BROWSER = b"Host: go.example\r\nUser-Agent: agent/1\r\nAccept: */*\r\n"


def read(reader: HeadReader, lines: bytes) -> tuple[bytes, ...] | None:
    head, addresses = reader.read_forwarded(LINE + lines, lines)
    return None if head is None else (head.host, head.agent, head.referrer, addresses, bytes([head.https, head.close]))


def test_visitors_of_a_proxy_share_what_is_read_and_keep_their_addresses():
    reader = HeadReader()
    for address in (b"192.0.2.1", b"2001:db8::1", b"192.0.2.1, 198.51.100.7", b""):
        for lines in (
            b"X-Forwarded-For: %b\r\n" % address + BROWSER + b"\r\n",
            BROWSER + b"x-forwarded-for: %b\r\n\r\n" % address,
        ):
            assert read(reader, lines) == (b"go.example", b"agent/1", b"", address, b"\0\0")
    # The lines without an address, and those of the visitor who sent none.
    assert len(reader._known) <= 4


def test_two_lines_of_addresses_are_one_list():
    lines = BROWSER + b"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n"
    for _ in range(2):
        assert read(reader := HeadReader(), lines) == (b"go.example", b"agent/1", b"", b"192.0.2.1,198.51.100.7", b"\0\0")
        assert reader._known == {}


@pytest.mark.parametrize(
    "lines",
    [
        BROWSER + b"X-Forwarded-For: 192.0.2.1\r\n folded\r\n\r\n",
        b" X-Forwarded-For: 192.0.2.1\r\n" + BROWSER + b"\r\n",
        BROWSER + b"X-Forwarded-For: 192.0.2.1\r\nContent-Length: 3\r\n\r\n",
        BROWSER + b"X-Forwarded-For: 192.0.2.1\r\nbroken\r\n\r\n",
        BROWSER + b"X-Forwarded-For: 192.0.2.1\r\nConnection: close\r\nConnection: close\r\n\r\n",
        BROWSER + b"X-Forwarded-For: 192.0.2.1\r\nConnection: upgrade\r\n\r\n",
        BROWSER + b"X-Forwarded-For: 192.0.2.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_unusual_takes_the_careful_way_whatever_was_read_before(lines: bytes):
    reader = HeadReader()
    assert read(reader, BROWSER + b"X-Forwarded-For: 192.0.2.1\r\n\r\n") is not None
    assert read(reader, BROWSER + b"\r\n") is not None
    assert read(reader, lines) is None


@pytest.mark.parametrize(("value", "close"), [(b"close", 1), (b"Close", 1), (b"keep-alive", 0)])
def test_a_connection_that_is_to_be_closed_is_known_as_one(value: bytes, close: int):
    reader = HeadReader()
    for _ in range(2):
        found = read(reader, BROWSER + b"Connection: %b\r\n\r\n" % value)
        assert found is not None
        assert found[-1] == bytes([0, close])


@pytest.mark.parametrize(("value", "https"), [(b"https", 1), (b"HTTPS", 1), (b"http, https", 1), (b"https,http", 0), (b"", 0)])
def test_the_last_of_several_proxies_tells_the_scheme(value: bytes, https: int):
    found = read(HeadReader(), BROWSER + b"X-Forwarded-Proto: %b\r\n\r\n" % value)
    assert found is not None
    assert found[-1] == bytes([https, 0])


NAMES = st.sampled_from([b"User-Agent", b"Referer", b"X-Forwarded-For", b"X-Forwarded-Proto", b"Accept", b"X-Other", b"Cookie"])
VALUES = st.sampled_from([b"a", b"b c", b"192.0.2.1", b"198.51.100.7, 192.0.2.1", b"https", b"", b"x, 192.0.2.1"])


@given(st.lists(st.lists(st.tuples(NAMES, VALUES), max_size=5), min_size=1, max_size=6))
def test_what_is_kept_never_changes_what_is_read(visits: list[list[tuple[bytes, bytes]]]):
    shared = HeadReader()
    for headers in visits:
        lines = b"Host: go.example\r\n" + b"".join(b"%b: %b\r\n" % each for each in headers) + b"\r\n"
        assert read(shared, lines) == read(HeadReader(), lines)
