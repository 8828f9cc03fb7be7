"""Files as strangers write them."""

import pytest

from linnet.importers.csv_file import MAX_LINE, CsvFormat, FileRow, format_of, heads_of, rows_of
from linnet.model.errors import InvalidField

TEXT = "url,title\nhttps://a.example/,Größe – ü\nhttps://b.example/,x\n"


def read(content: bytes, written: CsvFormat | None = None, part: int = 7) -> list[FileRow]:
    parts = [content[begin : begin + part] for begin in range(0, len(content), part)]
    return list(rows_of(parts, written or format_of(content)))


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        *(("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")),
        *(("utf-16-le", b""), ("cp1252", b"")),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_ends_of_lines_are_told(encoding: str, mark: bytes, separator: str, end: str):
    content = mark + TEXT.replace(",", separator).replace("\n", end).encode(encoding)
    written = format_of(content)
    assert written == CsvFormat(encoding, separator, heads=True)
    assert heads_of([content], written) == ["url", "title"]
    assert [(row.number, row.line, list(row.cells)) for row in read(content, written)] == [
        (1, 2, ["https://a.example/", "Größe – ü"]),
        (2, 3, ["https://b.example/", "x"]),
    ]


def test_a_list_of_addresses_has_no_heads():
    content = b"https://a.example/\nhttps://b.example/\n"
    written = format_of(content)
    assert not written.heads
    assert heads_of([content], written) == ["#1"]
    assert [row.cells for row in read(content)] == [["https://a.example/"], ["https://b.example/"]]


def test_cells_with_separators_quotes_and_line_ends():
    rows = read(b'url,title\nhttps://a.example/,"a, ""b""\nc"\n\nhttps://b.example/,\n')
    assert [(row.line, list(row.cells)) for row in rows] == [
        (2, ["https://a.example/", 'a, "b"\nc']),
        (5, ["https://b.example/", ""]),
    ]


def test_a_broken_row_spoils_no_other():
    rows = read(b'url,title\nhttps://a.example/,"x" y\nhttps://b.example/,z\nhttps://c.example/,"never\nhttps://d.example/,e\n')
    assert [(row.line, bool(row.problem)) for row in rows][:2] == [(2, True), (3, False)]
    assert rows[0].cells[0] == 'https://a.example/,"x" y'
    assert rows[1].cells == ["https://b.example/", "z"]
    # What a quotation mark that is never closed swallows is one row, up to a bound behind which the other lines come again.
    long = b'url,title\nhttps://c.example/,"never closed\n' + b"https://d.example/,e\n" * 10_000
    rows = read(long, part=1 << 16)
    assert len(rows) == 10_001
    assert [bool(row.problem) for row in rows[:3]] == [True, False, False]


def test_rows_of_other_widths():
    rows = read(b"url,title,tags\nhttps://a.example/\nhttps://b.example/,x,y,\nhttps://c.example/,x,y,z\n")
    assert [(list(row.cells)[:3], bool(row.problem)) for row in rows] == [
        (["https://a.example/", "", ""], False),
        (["https://b.example/", "x", "y"], False),
        (["https://c.example/", "x", "y"], True),
    ]


def test_lines_without_an_end_are_bounded():
    rows = read(b"url\n" + b"x" * (3 * MAX_LINE) + b"\nhttps://a.example/\n", CsvFormat("utf-8", ",", heads=True), part=1 << 16)
    assert [bool(row.problem) for row in rows] == [True, False]
    assert rows[1].cells == ["https://a.example/"]


def test_bytes_that_are_no_text_are_replaced():
    rows = read(b"url,title\nhttps://a.example/,\xff\xfe\xff\nhttps://a.example/,a\x00b\n", CsvFormat("utf-8", ",", heads=True))
    assert "�" in rows[0].cells[1]
    assert rows[1].cells[1] == "a\x00b"


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"  \n", b"\xef\xbb\xbf", b"PK\x03\x04" + b"\0" * 99, b"\x1f\x8b\x08", b"%PDF-1.4", b"\xd0\xcf\x11\xe0"),
        b"a," * 500 + b"b\n",
    ],
)
def test_what_is_no_list_is_refused(content: bytes):
    with pytest.raises(InvalidField) as refused:
        format_of(content)
    assert refused.value.field == "file"


def test_formats_are_checked():
    for encoding, separator in (("utf-7", ","), ("rot13", ","), ("utf-8", '"'), ("utf-8", "")):
        with pytest.raises(InvalidField):
            CsvFormat(encoding, separator, heads=True)
