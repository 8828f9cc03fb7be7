"""Which column is which field, in the exports of other services."""

import pytest

from linnet.importers.columns import checked_columns, guessed_columns
from linnet.importers.csv_file import FileRow
from linnet.importers.rows import read_row
from linnet.model.errors import InvalidField, Refusal

EXPORTS = {
    "Short.io": (
        "Original URL,Short URL,Path,Title,Tags,Created at,Folder",
        "originalURL shortURL path title tags createdAt folder",
    ),
    "Bitly": ("title,long_url,link,created_at,tags,custom_bitlinks", "title originalURL - createdAt tags shortURL"),
    "Rebrandly": ("id,title,slashtag,destination,createdAt,shortUrl", "- title path originalURL createdAt shortURL"),
    "Shlink": (
        "createdAt,shortUrl,domain,shortCode,longUrl,title,tags,visits",
        "createdAt shortURL - path originalURL title tags -",
    ),
    "YOURLS": ("keyword,url,title,timestamp,ip,clicks", "path originalURL title createdAt - -"),
    "Kutt": ("id,address,target,description,expire_in,created_at", "- - originalURL title expiresAt createdAt"),
    "Dub": ("Short link,Destination URL,Clicks,Created at,Tags", "shortURL originalURL - createdAt tags"),
    "a list": ("URL;Slug;UTM Source;E", "originalURL path utmSource -"),
}


@pytest.mark.parametrize("service", EXPORTS)
def test_heads_of_exports_are_known(service: str):
    heads, fields = EXPORTS[service]
    names = heads.replace(";", ",").split(",")
    expected = {field: place for place, field in enumerate(fields.split()) if field != "-"}
    found = guessed_columns(names)
    assert {field: found.get(field) for field in expected} == expected


def test_addresses_are_found_without_heads():
    assert guessed_columns(["#1", "#2"], ["x", "https://a.example/"])["originalURL"] == 1


def test_columns_are_checked():
    assert checked_columns({"originalURL": 0}, 1) == {"originalURL": 0}
    for columns in ({}, {"path": 0}, {"originalURL": 3}, {"originalURL": -1}, {"originalURL": 0, "__class__": 0}):
        with pytest.raises(InvalidField):
            checked_columns(columns, 2)


@pytest.mark.parametrize(
    ("field", "cell", "expected"),
    [
        ("path", "/", ""),
        ("path", "'=sum", "=sum"),
        ("shortURL", "https://go.example/a%20b", "a b"),
        ("shortURL", "bit.ly/3xY", "3xY"),
        ("tags", "a; b|c,", ("a", "b", "c")),
        ("tags", '["a,b","c"]', ("a,b", "c")),
        ("tags", "[broken", ("[broken",)),
        ("archived", "Yes", True),
        ("createdAt", "2024-05-01 12:30:00", "2024-05-01T12:30:00+00:00"),
        ("createdAt", "2024-05-01T12:30:00+02:00", "2024-05-01T10:30:00+00:00"),
        ("createdAt", "1714566600", "2024-05-01T12:30:00+00:00"),
        ("createdAt", "1714566600000", "2024-05-01T12:30:00+00:00"),
        ("clicksLimit", " 12 ", 12),
    ],
)
def test_cells_become_values(field: str, cell: str, expected: object):
    row = read_row(FileRow(1, 2, ["https://a.example/", cell]), {"originalURL": 0, field: 1})
    assert not isinstance(row.draft, Refusal)
    name = {"shortURL": "path", "createdAt": "created_at", "clicksLimit": "clicks_limit"}.get(field, field)
    value = getattr(row.draft, name)
    assert (value.isoformat() if field == "createdAt" else value) == expected


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        *(("archived", "maybe"), ("createdAt", "0001-01-01"), ("createdAt", "99999-99-99"), ("createdAt", "9" * 14)),
        *(
            ("clicksLimit", "-1"),
            ("clicksLimit", "1e9"),
            ("clicksLimit", "٣"),
            ("splitPercent", "9" * 40),
            ("title", "x" * 70_000),
        ),
        ("hasPassword", "true"),
    ],
)
def test_cells_that_cannot_be_read_are_named(field: str, cell: str):
    row = read_row(FileRow(1, 2, ["https://a.example/", cell]), {"originalURL": 0, field: 1})
    assert isinstance(row.draft, Refusal)
    assert row.draft.field == field
