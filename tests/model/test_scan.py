"""The marker of QR codes: taken out of a query wherever it stands, and nothing else with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.model.scan import MARKER, marked, without_marker


@pytest.mark.parametrize(
    ("query", "rest", "scanned"),
    [
        (b"", b"", False),
        (b"_qr", b"", True),
        (b"_qr=", b"", True),
        (b"a=1&_qr&b=2", b"a=1&b=2", True),
        (b"_qr&a=%20", b"a=%20", True),
        (b"_qr&_qr", b"", True),
        (b"_qr=1", b"_qr=1", False),
        (b"a=_qr", b"a=_qr", False),
        (b"_qrs&x_qr&_QR", b"_qrs&x_qr&_QR", False),
        (b"a&&b", b"a&&b", False),
    ],
)
def test_a_marker_is_a_parameter_of_that_name_without_a_value(query: bytes, rest: bytes, scanned: bool):
    assert without_marker(query) == (rest, scanned)


@given(
    st.lists(st.sampled_from([b"a=1", b"_qr", b"", b"_qrx", b"b"]) | st.binary(max_size=8).map(lambda b: b.replace(b"&", b"")))
)
def test_what_is_not_the_marker_stays_in_its_order(pairs: list[bytes]):
    rest, scanned = without_marker(b"&".join(pairs))
    kept = [pair for pair in pairs if pair not in (b"_qr", b"_qr=")]
    assert rest == b"&".join(kept)
    assert scanned == (len(kept) < len(pairs))


def test_what_a_code_holds_is_told_again():
    path, _, query = marked("https://go.example/abc").partition("?")
    assert (path, query) == ("https://go.example/abc", MARKER)
    assert without_marker(query.encode()) == (b"", True)
